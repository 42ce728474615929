from pathlib import Path

import pytest
from clips import Clip

from handtint.pipeline import Tinter


@pytest.fixture(autouse=True)
def _simple_networks(tinter: Tinter) -> None:
    """Everything red-brown, a person in the left half."""


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A short film with sound."""
    return Clip(sound="aac", metadata={"title": "A pan", "comment": "by hand"}).write(tmp_path / "in.mp4")
