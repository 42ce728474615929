"""Near-duplicates of photographs are found whatever their names."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from handtint.data import near_duplicates
from handtint.data.sources import Item, open_sources

ROOT = Path(__file__).parents[2]


def photo(name: str) -> np.ndarray:
    return cv2.imread(str(ROOT / "tests" / "photos" / name))


def shrink(pixels: np.ndarray, factor: float) -> np.ndarray:
    return cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


@pytest.fixture
def items(tmp_path: Path) -> dict[str, Item]:
    cat = photo("cat.jpg")
    pictures = {
        "a cat.png": cat,
        "b the same, smaller.jpg": shrink(cat, 0.6),
        "c mirrored.png": cat[:, ::-1],
        "d half of it.png": cat[:, : cat.shape[1] // 2],
        "e darker.png": cat // 2,
    }
    for name, pixels in pictures.items():
        cv2.imwrite(str(tmp_path / name), pixels)
    return {item.name[0]: item for item in open_sources([tmp_path])}


@pytest.mark.parametrize(("held", "expected"), [("", "acde"), ("a", "cde"), ("b", "cde"), ("c", "ade")])
def test_near_duplicates_of_held_out_and_earlier_photographs_are_removed(
    items: dict[str, Item], held: str, expected: str
) -> None:
    candidates = [item for letter, item in items.items() if letter not in held]
    output: list[str] = []
    rest = near_duplicates.without_near_duplicates(candidates, [items[letter] for letter in held], say=output.append)
    assert "".join(item.name[0] for item in rest) == expected
    assert output[-1].startswith(f"{len(candidates) - len(expected)} of {len(candidates)} ")


def test_pairs_are_compared_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    small = rng.uniform(0, 255, (40, 432)).astype(np.float32)
    small[[7, 31, 39]] = small[[2, 30, 2]] + rng.normal(0, 2, (3, 432)).astype(np.float32)
    monkeypatch.setattr(near_duplicates, "_ROWS", 16)
    assert list(np.flatnonzero(near_duplicates.duplicates(small))) == [7, 31, 39]


def test_flat_pictures_are_no_near_duplicates() -> None:
    assert not near_duplicates.duplicates(np.full((3, 432), 200, np.float32)).any()
