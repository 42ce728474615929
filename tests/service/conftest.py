"""One service for many tests, and photos for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import live_service
import numpy as np
import pytest

from handtint.image.photo import Photo
from handtint.service.settings import Settings


@pytest.fixture(scope="session")
def site() -> Iterator[httpx.Client]:
    """A client of a service with one worker."""
    with live_service.running(Settings(port=0, jobs=1, megabytes=3, megapixels=1)) as client:
        yield client


@pytest.fixture(scope="session")
def jpeg(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small gray photo's file."""
    rows, columns = np.mgrid[0:60, 0:80]
    gray = (128 + 80 * np.sin(columns / 9) + rows / 3).astype(np.uint8)
    return Photo.of(gray).encode(format="jpeg")


@pytest.fixture(autouse=True)
def _simple_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simple networks of the workers, in this process, too."""
    live_service.install(monkeypatch.setattr)


@pytest.fixture
def old(tmp_path: Path, jpeg: bytes) -> Path:
    """The small photo as a file."""
    path = tmp_path / "old.jpg"
    path.write_bytes(jpeg)
    return path
