"""Photographs without colour are found, and the results are cached."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from handtint.data import screen
from handtint.data.sources import open_sources
from handtint.errors import InputError
from handtint.image.color import lab

ROOT = Path(__file__).parents[2]


def photo() -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(ROOT / "tests" / "photos" / "cat.jpg")), cv2.COLOR_BGR2RGB)


def test_a_photograph_in_colour_is_coloured() -> None:
    assert screen.is_colored(photo())


@pytest.mark.parametrize("ab", [(0, 0), (2, 3), (8, 25)], ids=["gray", "yellowed", "sepia"])
def test_gray_and_toned_photographs_are_not_coloured(ab: tuple[int, int]) -> None:
    L = lab.lightness(photo())
    toned = np.broadcast_to(np.array(ab, np.float32), (*L.shape, 2)) * (1 - L / 200)[..., None]
    assert not screen.is_colored(lab.join(L, toned.astype(np.float32)))


def test_a_photograph_with_few_coloured_pixels_is_not_coloured() -> None:
    L = lab.lightness(photo())
    pixels = lab.join(L, np.zeros((*L.shape, 2), np.float32))
    pixels[:6, :6] = 255, 0, 0
    assert not screen.is_colored(pixels)


def test_gray_photographs_are_removed_and_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, cache, output = tmp_path / "photos", tmp_path / "cache", list[str]()
    folder.mkdir()
    for i in range(4):
        pixels = photo()[i * 8 : i * 8 + 80, :96]
        cv2.imwrite(str(folder / f"{i}.png"), pixels if i % 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    items = open_sources([folder])
    for _ in range(2):
        colored = screen.keep_colored(items, cache=cache, say=output.append)
        assert [item.name for item in colored] == ["1.png", "3.png"]
        monkeypatch.setattr(screen, "is_colored", None)  # the second time the cache is used
    assert [line.split()[0] for line in output] == ["looking", "2", "2"]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(screen, "is_colored", lambda pixels: False)
    assert screen.keep_colored(items) == []
    assert list((tmp_path / "home" / "handtint").glob("gray-*.json"))


def test_a_changed_file_is_read_again_and_a_bad_one_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    cv2.imwrite(str(path), photo()[:80, :80])
    assert screen.keep_colored(open_sources([tmp_path]), cache=tmp_path / "cache")
    path.write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"x\.png"):
        screen.keep_colored(open_sources([tmp_path]), cache=tmp_path / "cache")


def test_screening_works_without_a_cache(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "x.png"), photo()[:80, :80])
    (tmp_path / "file").write_text("not a folder")
    assert len(screen.keep_colored(open_sources([tmp_path]), cache=tmp_path / "file")) == 1
