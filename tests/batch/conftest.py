"""Fixtures of runs over many photographs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from darkroom import InProcess, end_all, make_photos


@pytest.fixture(autouse=True)
def _nobody_stays() -> Iterator[None]:
    yield
    end_all()


@pytest.fixture
def in_hand(monkeypatch: pytest.MonkeyPatch, tinter: object) -> None:
    """Runs without processes and without weights."""
    monkeypatch.setattr("handtint.batch.local.spawn", InProcess)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Six small photos in a tree."""
    return make_photos(tmp_path / "in", 6)
