"""What Python programs hand in and get back."""

from __future__ import annotations

import io
import pickle
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import handtint
from handtint.errors import InputError, OptionError
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.types import Array

GRAY = np.tile(np.linspace(30, 220, 96).astype(np.uint8), (64, 1))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floating_point_in_gives_floating_point_of_0_to_1(tinter: Tinter, dtype: type) -> None:
    out = tinter.tint((GRAY / 255).astype(dtype), keep="all")
    assert (out.dtype, out.shape) == (dtype, (64, 96, 3))
    right = tinter.tint(np.rint((GRAY / 255).astype(dtype).astype(float) * 65535).astype(np.uint16), keep="all")
    assert np.abs(out.astype(float) - right / 65535).max() < 1e-3


def test_black_and_white_and_gray_with_alpha(tinter: Tinter) -> None:
    out = tinter.tint(GRAY > 100, keep="all")
    assert (out.dtype, out.shape) == (np.uint8, (64, 96, 3))
    assert np.array_equal(out, tinter.tint((GRAY > 100) * np.uint8(255), keep="all"))
    alpha = GRAY[:, ::-1]
    both = tinter.tint(np.dstack([GRAY, alpha]), keep="all")
    assert both.shape == (64, 96, 4)
    assert np.array_equal(both[..., 3], alpha)
    assert np.array_equal(both[..., :3], tinter.tint(GRAY, keep="all"))


@pytest.mark.parametrize(
    ("array", "named"),
    [
        (GRAY / 2.0, "floating-point values of 15 to 110, expected 0 to 1"),
        (np.full((4, 4), np.nan), "expected 0 to 1"),
        (GRAY.astype(np.int64), "dtype int64, expected uint8, uint16, bool or floating point"),
        (np.zeros((4, 4, 5), np.uint8), "shape"),
        (np.zeros((0, 4), np.float32), "shape"),
        (np.zeros(4, bool), "shape"),
    ],
)
def test_arrays_that_are_no_photo_are_named(array: Array, named: str) -> None:
    with pytest.raises(InputError, match=named):
        Photo.of(array)


def test_open_files_give_bytes(tinter: Tinter, sample: Path) -> None:
    data = sample.read_bytes()
    right = tinter.tint(data)
    assert tinter.tint(io.BytesIO(data)) == right
    with sample.open("rb") as file:
        assert tinter.tint(file) == right
    assert np.array_equal(Photo.read(io.BytesIO(data)).pixels, Photo.read(data).pixels)


def test_files_that_cannot_be_read_are_named(sample: Path, tmp_path: Path) -> None:
    with sample.open(encoding="latin-1") as text, pytest.raises(InputError, match=r"astronaut.jpg: is open as text"):
        Photo.read(text)  # type: ignore[arg-type]
    closed = io.BytesIO(b"x")
    closed.close()
    with pytest.raises(InputError, match="closed file"):
        Photo.read(closed)


@pytest.mark.parametrize("source", [None, 5, [1, 2]])
def test_what_is_no_photo_is_named(tinter: Tinter, source: Any) -> None:
    with pytest.raises(InputError, match=f"not {type(source).__name__}"):
        tinter.tint(source)


def test_pillows_floating_point_mode_goes_through(tinter: Tinter) -> None:
    out = tinter.tint(Image.fromarray((GRAY / 255).astype(np.float32)), keep="all")
    assert out.mode == "RGB"
    assert np.abs(np.asarray(out).astype(int) - tinter.tint(GRAY, keep="all")).max() <= 1


def test_an_unknown_option_is_named_with_the_nearest(tinter: Tinter) -> None:
    with pytest.raises(OptionError, match="unknown option 'strenght'; did you mean 'strength'"):
        tinter.tint(GRAY, strenght=0.5)
    with pytest.raises(OptionError, match="unknown option 'zzz'; there are: keep, "):
        tinter.tint(GRAY, zzz=1)


def test_a_tinter_travels_to_another_process(sample: Path) -> None:
    tinter = handtint.open()
    right = tinter.tint(GRAY, keep="all")
    assert np.array_equal(pickle.loads(pickle.dumps(tinter)).tint(GRAY, keep="all"), right)
    with get_context("spawn").Pool(1) as pool:
        assert np.array_equal(pool.apply(tinter.tint, (GRAY,), {"keep": "all"}), right)


def test_levels_open_a_scan_of_12_bits(tinter: Tinter) -> None:
    full = np.tile(np.linspace(0, 65535, 400).astype(np.uint16), (50, 1))
    scan = Photo(full >> 4)
    plain = tinter.run(scan, Options(keep="all"))
    assert "--levels auto" in plain.note
    opened = tinter.run(scan, Options(keep="all", levels="auto"))
    assert "--levels" not in opened.note
    right = tinter.run(Photo(full), Options(keep="all")).photo.pixels
    assert np.abs(opened.photo.pixels.astype(int) - right).max() < 700


def test_what_was_lost_in_reading_is_in_the_note(tinter: Tinter) -> None:
    result = tinter.run(Photo(GRAY, note="of 7 channels the first is read"), Options(keep="cat"))
    assert result.note.startswith("of 7 channels the first is read; no cat found")
