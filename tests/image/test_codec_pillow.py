"""Pillow images of every mode become photos, and photos Pillow images."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageCms

from handtint.errors import InputError
from handtint.image.io import pillow
from handtint.image.photo import Photo
from handtint.types import Array

GRAY = np.arange(256, dtype=np.uint8).reshape(16, 16)
RGB = np.dstack([GRAY, GRAY.T, GRAY[::-1]])
GRAY16 = GRAY.astype(np.uint16) * 257
RGBA = np.dstack([RGB, GRAY.T])
PALETTE = Image.fromarray(RGB).quantize(8)

MODES = {
    "1": (Image.fromarray(GRAY > 99), (GRAY > 99) * np.uint8(255), None),
    "L": (Image.fromarray(GRAY), GRAY, None),
    "LA": (Image.fromarray(np.dstack([GRAY, GRAY.T])), GRAY, GRAY.T),
    "P": (PALETTE, np.asarray(PALETTE.convert("RGB")), None),
    "PA": (PALETTE.convert("PA"), np.asarray(PALETTE.convert("RGB")), np.full_like(GRAY, 255)),
    "RGB": (Image.fromarray(RGB), RGB, None),
    "RGBA": (Image.fromarray(RGBA), RGB, GRAY.T),
    "RGBX": (Image.fromarray(RGB).convert("RGBX"), RGB, None),
    "I;16": (Image.fromarray(GRAY16), GRAY16, None),
    "I;16B": (Image.frombytes("I;16B", (16, 16), GRAY16.astype(">u2").tobytes()), GRAY16, None),
    "I": (Image.fromarray(GRAY16.astype(np.int32)), GRAY16, None),
}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_becomes_a_photo(mode: str) -> None:
    picture, pixels, alpha = MODES[mode]
    assert picture.mode == mode
    photo = Photo.from_pillow(picture)
    assert photo.pixels.dtype == pixels.dtype
    assert np.array_equal(photo.pixels, pixels)
    assert (photo.alpha is None) == (alpha is None)
    assert alpha is None or np.array_equal(photo.alpha, alpha)


def test_other_colour_models_are_converted() -> None:
    flat = Image.new("RGB", (8, 8), (200, 90, 40))
    for mode in ("YCbCr", "HSV"):
        photo = Photo.from_pillow(flat.convert(mode))
        assert np.abs(photo.pixels.astype(int) - (200, 90, 40)).max() <= 3
    red = Photo.from_pillow(Image.new("CMYK", (8, 8), (0, 255, 255, 0))).pixels[0, 0]
    assert red[0] > 180
    assert red[1:].max() < 90
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    gray = ImageCms.applyTransform(Image.new("RGB", (8, 8), (128, 128, 128)), to_lab)
    assert np.abs(Photo.from_pillow(gray).pixels.astype(int) - 128).max() <= 2
    converted = Photo.from_pillow(ImageCms.applyTransform(flat, to_lab)).pixels.astype(int)
    assert np.abs(converted - (200, 90, 40)).max() <= 12  # the profile's Lab is of D50, libvips' of D65


def test_transparency_and_orientation_are_applied() -> None:
    picture = PALETTE.copy()
    picture.info["transparency"] = 2
    alpha = Photo.from_pillow(picture).alpha
    assert alpha is not None
    assert np.array_equal(alpha == 0, np.asarray(PALETTE) == 2)
    rotated = Image.fromarray(np.ascontiguousarray(np.rot90(RGB)))
    rotated.getexif()[0x0112] = 6
    photo = Photo.from_pillow(rotated)
    assert np.array_equal(photo.pixels, RGB)


@pytest.mark.parametrize(
    "picture",
    [
        Image.fromarray(np.full((4, 4), 70000, np.int32)),
        Image.fromarray(np.full((4, 4), -1, np.int32)),
    ],
    ids=["I too large", "I negative"],
)
def test_values_outside_of_16_bits_are_rejected(picture: Image.Image) -> None:
    with pytest.raises(InputError, match="a Pillow image of mode"):
        Photo.from_pillow(picture)


@pytest.mark.parametrize(
    ("array", "mode"),
    [(GRAY, "L"), (RGB, "RGB"), (RGBA, "RGBA"), (GRAY16, "L")],
)
def test_photos_become_8_bit_pillow_images(array: Array, mode: str) -> None:
    picture = pillow.to_pillow(Photo.of(array))
    assert picture.mode == mode
    assert np.array_equal(np.asarray(picture), array if array.dtype == np.uint8 else GRAY)
    assert pillow.to_pillow(Photo(GRAY, alpha=GRAY.T)).mode == "LA"


def test_methods_of_photo_convert_and_encode() -> None:
    photo = Photo.from_pillow(Image.fromarray(RGB))
    assert np.array_equal(np.asarray(photo.pillow()), RGB)
    assert np.array_equal(Photo.read(photo.encode()).pixels, RGB)
