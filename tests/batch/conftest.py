"""Fixtures of runs over many photographs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from photo_runs import InProcessWorker, kill_started, make_photos


@pytest.fixture(autouse=True)
def _no_processes_remain() -> Iterator[None]:
    yield
    kill_started()


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch, tinter: object) -> None:
    """Runs in this process, without weights."""
    monkeypatch.setattr("handtint.batch.local.spawn", InProcessWorker)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Six small photos in a tree."""
    return make_photos(tmp_path / "in", 6)
