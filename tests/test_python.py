"""The types that Python programs pass and get back."""

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
def test_floating_point_arrays_give_floating_point_results(tinter: Tinter, dtype: type) -> None:
    out = tinter.tint((GRAY / 255).astype(dtype), keep="all")
    assert (out.dtype, out.shape) == (dtype, (64, 96, 3))
    expected = tinter.tint(np.rint((GRAY / 255).astype(dtype).astype(float) * 65535).astype(np.uint16), keep="all")
    assert np.abs(out.astype(float) - expected / 65535).max() < 1e-3


def test_bool_arrays_and_gray_with_alpha_are_tinted(tinter: Tinter) -> None:
    out = tinter.tint(GRAY > 100, keep="all")
    assert (out.dtype, out.shape) == (np.uint8, (64, 96, 3))
    assert np.array_equal(out, tinter.tint((GRAY > 100) * np.uint8(255), keep="all"))
    alpha = GRAY[:, ::-1]
    result = tinter.tint(np.dstack([GRAY, alpha]), keep="all")
    assert result.shape == (64, 96, 4)
    assert np.array_equal(result[..., 3], alpha)
    assert np.array_equal(result[..., :3], tinter.tint(GRAY, keep="all"))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (GRAY / 2.0, "floating-point values of 15 to 110, expected 0 to 1"),
        (np.full((4, 4), np.nan), "expected 0 to 1"),
        (GRAY.astype(np.int64), "dtype int64, expected uint8, uint16, bool or floating point"),
        (np.zeros((4, 4, 5), np.uint8), "shape"),
        (np.zeros((0, 4), np.float32), "shape"),
        (np.zeros(4, bool), "shape"),
    ],
)
def test_invalid_arrays_are_errors(array: Array, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Photo.of(array)


def test_open_files_give_the_bytes_of_a_file(tinter: Tinter, sample: Path) -> None:
    data = sample.read_bytes()
    expected = tinter.tint(data)
    assert tinter.tint(io.BytesIO(data)) == expected
    with sample.open("rb") as file:
        assert tinter.tint(file) == expected
    assert np.array_equal(Photo.read(io.BytesIO(data)).pixels, Photo.read(data).pixels)


def test_unreadable_file_objects_are_errors(sample: Path, tmp_path: Path) -> None:
    with sample.open(encoding="latin-1") as text, pytest.raises(InputError, match=r"astronaut.jpg: is open as text"):
        Photo.read(text)  # type: ignore[arg-type]
    closed = io.BytesIO(b"x")
    closed.close()
    with pytest.raises(InputError, match="closed file"):
        Photo.read(closed)


@pytest.mark.parametrize("source", [None, 5, [1, 2]])
def test_other_types_are_errors(tinter: Tinter, source: Any) -> None:
    with pytest.raises(InputError, match=f"not {type(source).__name__}"):
        tinter.tint(source)


def test_pillows_floating_point_mode_is_tinted(tinter: Tinter) -> None:
    out = tinter.tint(Image.fromarray((GRAY / 255).astype(np.float32)), keep="all")
    assert out.mode == "RGB"
    assert np.abs(np.asarray(out).astype(int) - tinter.tint(GRAY, keep="all")).max() <= 1


def test_an_unknown_option_is_an_error_with_the_nearest_name(tinter: Tinter) -> None:
    with pytest.raises(OptionError, match="unknown option 'strenght'; did you mean 'strength'"):
        tinter.tint(GRAY, strenght=0.5)
    with pytest.raises(OptionError, match="unknown option 'zzz'; there are: keep, "):
        tinter.tint(GRAY, zzz=1)


def test_a_tinter_can_be_pickled(sample: Path) -> None:
    tinter = handtint.open()
    expected = tinter.tint(GRAY, keep="all")
    assert np.array_equal(pickle.loads(pickle.dumps(tinter)).tint(GRAY, keep="all"), expected)
    with get_context("spawn").Pool(1) as pool:
        assert np.array_equal(pool.apply(tinter.tint, (GRAY,), {"keep": "all"}), expected)


def test_levels_stretch_a_scan_of_12_bits(tinter: Tinter) -> None:
    full = np.tile(np.linspace(0, 65535, 400).astype(np.uint16), (50, 1))
    scan = Photo(full >> 4)
    default = tinter.run(scan, Options(keep="all"))
    assert "--levels auto" in default.note
    stretched = tinter.run(scan, Options(keep="all", levels="auto"))
    assert "--levels" not in stretched.note
    expected = tinter.run(Photo(full), Options(keep="all")).photo.pixels
    assert np.abs(stretched.photo.pixels.astype(int) - expected).max() < 700


def test_the_note_includes_that_of_reading(tinter: Tinter) -> None:
    result = tinter.run(Photo(GRAY, note="of 7 channels the first is read"), Options(keep="cat"))
    assert result.note.startswith("of 7 channels the first is read; no cat found")
