"""Photographs that stand twice are found, whatever they are called."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from handtint.data import near_duplicates
from handtint.data.sources import Item, open_sources

ROOT = Path(__file__).parents[2]


def photo(name: str) -> np.ndarray:
    return cv2.imread(str(ROOT / "tests" / "photos" / name))


def shrunk(pixels: np.ndarray, factor: float) -> np.ndarray:
    return cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


@pytest.fixture
def items(tmp_path: Path) -> dict[str, Item]:
    cat = photo("cat.jpg")
    pictures = {
        "a cat.png": cat,
        "b the same, smaller.jpg": shrunk(cat, 0.6),
        "c mirrored.png": cat[:, ::-1],
        "d half of it.png": cat[:, : cat.shape[1] // 2],
        "e darker.png": cat // 2,
    }
    for name, pixels in pictures.items():
        cv2.imwrite(str(tmp_path / name), pixels)
    return {item.name[0]: item for item in open_sources([tmp_path])}


@pytest.mark.parametrize(("held", "kept"), [("", "acde"), ("a", "cde"), ("b", "cde"), ("c", "ade")])
def test_near_duplicates_of_what_is_held_out_or_came_before_are_left_out(
    items: dict[str, Item], held: str, kept: str
) -> None:
    given = [item for letter, item in items.items() if letter not in held]
    said: list[str] = []
    left = near_duplicates.without_near_duplicates(given, [items[letter] for letter in held], say=said.append)
    assert "".join(item.name[0] for item in left) == kept
    assert said[-1].startswith(f"{len(given) - len(kept)} of {len(given)} ")


def test_all_pairs_are_compared_however_many(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    small = rng.uniform(0, 255, (40, 432)).astype(np.float32)
    small[[7, 31, 39]] = small[[2, 30, 2]] + rng.normal(0, 2, (3, 432)).astype(np.float32)
    monkeypatch.setattr(near_duplicates, "_ROWS", 16)
    assert list(np.flatnonzero(near_duplicates.duplicates(small))) == [7, 31, 39]


def test_flat_pictures_are_no_near_duplicates() -> None:
    assert not near_duplicates.duplicates(np.full((3, 432), 200, np.float32)).any()
