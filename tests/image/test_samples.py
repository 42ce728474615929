"""Samples of neither 8 nor 16 bits are read at 16 bits, with a note."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from handtint.image.arrays.samples import sixteen_bits
from handtint.image.io import codec
from handtint.image.photo import Photo
from handtint.types import Array

RAMP = np.arange(65536, dtype=np.uint16).reshape(256, 256)
RGB = np.dstack([RAMP, RAMP.T, RAMP[::-1]])
UNIT = RGB / np.float64(65535)


def tiff(array: Array, **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, array, **options)
    return file.getvalue()


SCIENTIFIC = {
    "float32 of 0 to 1": (UNIT.astype(np.float32), "32-bit floating-point samples (0 to 1)"),
    "float32 of 0 to 65535": (RGB.astype(np.float32), "32-bit floating-point samples (0 to 65535)"),
    "float64 of 0 to 1": (UNIT, "64-bit floating-point samples (0 to 1)"),
    "uint32 of 0 to 65535": (RGB.astype(np.uint32), "32-bit integer samples (0 to 65535)"),
    "uint32 of all its bits": (RGB.astype(np.uint32) * 65537, "32-bit integer samples (0 to 4294967295)"),
    "int32 of 0 to 65535": (RGB.astype(np.int32), "32-bit integer samples (0 to 65535)"),
    "float32 beyond 16 bits": (
        RGB.astype(np.float32) * 20,
        "32-bit floating-point samples (0 to 1.3107e+06, stretched)",
    ),
    "float32 below zero": (UNIT.astype(np.float32) - 1, "32-bit floating-point samples (-1 to 0, stretched)"),
}


@pytest.mark.parametrize("kind", SCIENTIFIC)
@pytest.mark.parametrize("channels", [1, 3])
def test_scientific_tiffs_are_read_at_16_bits_with_a_note(kind: str, channels: int) -> None:
    values, note = SCIENTIFIC[kind]
    values, pixels = (values, RGB) if channels == 3 else (np.ascontiguousarray(values[..., 0]), RAMP)
    photo = codec.decode(tiff(values, photometric="rgb" if channels == 3 else "minisblack"))
    assert photo.depth == 16
    assert np.abs(photo.pixels.astype(int) - pixels).max() <= 1
    assert photo.note == f"{note} are read at 16 bits"


def test_half_floats_are_read_at_their_precision() -> None:
    photo = codec.decode(tiff(UNIT.astype(np.float16), photometric="rgb"))
    assert np.abs(photo.pixels.astype(int) - RGB).max() <= 65535 / 2048


def test_integers_of_8_bits_are_scaled() -> None:
    values = (RAMP >> 8).astype(np.int16)
    pixels, note = sixteen_bits(values)
    assert np.array_equal(pixels, values.astype(int) * 257)
    assert "0 to 255" in note


def test_nan_becomes_black_and_infinity_white() -> None:
    pixels, _ = sixteen_bits(np.array([[np.nan, 0.5, np.inf, 1.0]], np.float32))
    assert pixels.tolist() == [[0, 32768, 65535, 65535]]


@pytest.mark.parametrize("value", [0.0, 1.0, 300.0, -4.0])
def test_constant_pictures_are_read(value: float) -> None:
    pixels, _ = sixteen_bits(np.full((4, 4), value, np.float32))
    assert pixels.min() == pixels.max()


@pytest.mark.parametrize(
    ("options", "count", "pixels", "note"),
    [
        ({"photometric": "minisblack"}, 7, RAMP, "of 7 channels the first is read"),
        ({"photometric": "rgb"}, 5, RGB, "of 5 channels the first three are read"),
        (
            {"photometric": "rgb", "extrasamples": ["unassalpha", "unspecified"]},
            5,
            RGB,
            "of 5 channels the first four are read",
        ),
        ({"photometric": "rgb"}, 8, RGB, "of 8 channels the first three are read"),
    ],
)
def test_of_more_than_four_channels_the_first_are_read(
    options: dict[str, Any], count: int, pixels: Array, note: str
) -> None:
    many = np.dstack([RGB, RGB[::-1], RGB])[..., :count]
    photo = codec.decode(tiff(many, planarconfig="contig", **options))
    assert np.array_equal(photo.pixels, pixels)
    assert (photo.alpha is not None) == ("four" in note)
    assert photo.note == note


def test_pillows_floating_point_mode_is_read_at_16_bits() -> None:
    photo = Photo.from_pillow(Image.fromarray(UNIT[..., 0].astype(np.float32)))
    assert np.abs(photo.pixels.astype(int) - RAMP).max() <= 1
    assert photo.note == "32-bit floating-point samples (0 to 1) are read at 16 bits"
