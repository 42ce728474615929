"""bench/pack.py: shards to train on elsewhere."""

import importlib.util
import io
import sys
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from handtint.data.sources import open_sources

ROOT = Path(__file__).parents[2]


@pytest.fixture
def pack() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pack", ROOT / "bench" / "pack.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_shards_have_every_photograph_once_at_the_given_size(
    pack: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = ROOT / "tests" / "photos"
    monkeypatch.setattr(sys, "argv", ["pack", str(photos), "--side", "64", "--megabytes", "1", "--out", str(tmp_path)])
    pack.main()
    items = open_sources(tmp_path.glob("*.tar"))
    assert sorted(i.stem for i in items) == sorted({i.stem for i in open_sources([photos])})
    assert all(min(Image.open(io.BytesIO(i.read())).size) <= 64 for i in items)


def test_shards_stay_below_the_size_limit(pack: ModuleType, tmp_path: Path) -> None:
    files = [(f"{n}.webp", bytes(3000)) for n in range(50)]
    groups = list(pack.shards(files, 60_000))
    assert [f for group in groups for f in group] == files
    assert len(groups) > 1
    for number, group in enumerate(groups):
        pack.write(tmp_path / f"{number}.tar", group)
        assert (tmp_path / f"{number}.tar").stat().st_size <= 60_000
