"""Every kind of picture file is decoded to the right pixels, depth and alpha; the oracle is the data it was made of."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from handtint.errors import DecodeError, LimitError
from handtint.image.io import codec
from handtint.types import Array

RAMP16 = np.arange(65536, dtype=np.uint16).reshape(256, 256)
RAMP8 = (RAMP16 >> 8).astype(np.uint8)
RGB16 = np.dstack([RAMP16, RAMP16.T, RAMP16[::-1]])
RGB8 = (RGB16 >> 8).astype(np.uint8)
ALPHA16 = RAMP16[:, ::-1].copy()
ALPHA8 = (ALPHA16 >> 8).astype(np.uint8)


def pillow(picture: Image.Image | Array, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    picture.save(file, format, **options)
    return file.getvalue()


def tiff(array: Array, **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, array, **options)
    return file.getvalue()


def png16(array: Array) -> bytes:
    """A 16-bit PNG by OpenCV, which Pillow cannot write in colour."""
    import cv2

    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[array.shape[2] if array.ndim == 3 else 1]
    encoded, data = cv2.imencode(".png", array[..., order] if array.ndim == 3 else array)
    assert encoded
    return data.tobytes()


LOSSLESS = {
    "png gray 8": (pillow(RAMP8, "PNG"), RAMP8, None),
    "png gray 16": (png16(RAMP16), RAMP16, None),
    "png rgb 8": (pillow(RGB8, "PNG"), RGB8, None),
    "png rgb 16": (png16(RGB16), RGB16, None),
    "png rgba 8": (pillow(np.dstack([RGB8, ALPHA8]), "PNG"), RGB8, ALPHA8),
    "png rgba 16": (png16(np.dstack([RGB16, ALPHA16])), RGB16, ALPHA16),
    "png gray and alpha": (pillow(np.dstack([RAMP8, ALPHA8]), "PNG"), RAMP8, ALPHA8),
    "png neutral rgb": (pillow(np.dstack([RAMP8] * 3), "PNG"), np.dstack([RAMP8] * 3), None),
    "tiff gray 8": (tiff(RAMP8), RAMP8, None),
    "tiff gray 16": (tiff(RAMP16), RAMP16, None),
    "tiff gray 16 big-endian": (tiff(RAMP16, byteorder=">"), RAMP16, None),
    "tiff gray 16 BigTIFF": (tiff(RAMP16, bigtiff=True), RAMP16, None),
    "tiff gray 16 min-is-white": (tiff(RAMP16, photometric="miniswhite"), 65535 - RAMP16, None),
    "tiff rgb 16": (tiff(RGB16, photometric="rgb"), RGB16, None),
    "tiff rgb 16 planar": (
        tiff(np.moveaxis(RGB16, 2, 0).copy(), photometric="rgb", planarconfig="separate"),
        RGB16,
        None,
    ),
    "tiff rgb 16 called gray": (tiff(RGB16, photometric="minisblack", planarconfig="contig"), RGB16, None),
    "tiff rgb 16 tiled": (tiff(RGB16, photometric="rgb", tile=(64, 64), compression="deflate"), RGB16, None),
    "tiff rgba 16": (
        tiff(np.dstack([RGB16, ALPHA16]), photometric="rgb", extrasamples=["unassalpha"]),
        RGB16,
        ALPHA16,
    ),
    "webp lossless": (pillow(RGB8, "WEBP", lossless=True), RGB8, None),
    "webp lossless alpha": (
        pillow(np.dstack([RGB8, ALPHA8]), "WEBP", lossless=True, exact=True),
        RGB8,
        ALPHA8,
    ),
}


@pytest.mark.parametrize("kind", LOSSLESS)
def test_lossless_files_are_decoded_exactly(kind: str) -> None:
    data, pixels, alpha = LOSSLESS[kind]
    photo = codec.decode(data)
    assert photo.pixels.dtype == pixels.dtype
    assert np.array_equal(photo.pixels, pixels)
    assert photo.native is None
    assert photo.icc is None
    assert photo.format == kind.split()[0]
    if alpha is None:
        assert photo.alpha is None
    else:
        assert photo.alpha is not None
        assert photo.alpha.dtype == alpha.dtype
        assert np.array_equal(photo.alpha, alpha)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "GIF"])
def test_one_bit_files_become_black_and_white(format: str) -> None:
    bits = RAMP8 > 100
    photo = codec.decode(pillow(Image.fromarray(bits), format))
    values = photo.pixels if photo.pixels.ndim == 2 else photo.pixels[..., 0]
    assert np.array_equal(values, bits * np.uint8(255))


def test_palettes_become_rgb_and_their_transparency_alpha() -> None:
    picture = Image.fromarray(RGB8).quantize(16)
    photo = codec.decode(pillow(picture, "PNG", transparency=3))
    assert np.array_equal(photo.pixels, np.asarray(picture.convert("RGB")))
    assert photo.alpha is not None
    assert np.array_equal(photo.alpha, np.where(np.asarray(picture) == 3, 0, 255))


@pytest.mark.parametrize(("array", "key"), [(RAMP8, 7), (RGB8, (0, 0, 255))])
def test_a_transparent_colour_becomes_alpha(array: Array, key: Any) -> None:
    photo = codec.decode(pillow(array, "PNG", transparency=key))
    matches = array == key if array.ndim == 2 else (array == key).all(axis=2)
    assert photo.alpha is not None
    assert matches.any()
    assert np.array_equal(photo.alpha == 0, matches)


def test_premultiplied_alpha_is_undone() -> None:
    alpha = np.full_like(ALPHA8, 128)
    half = (RGB8 * 0.5).astype(np.uint8)
    data = tiff(np.dstack([half, alpha]), photometric="rgb", extrasamples=["assocalpha"])
    assert np.abs(codec.decode(data).pixels.astype(int) - RGB8).max() <= 2


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_agrees_with_pillow(mode: str, progressive: bool) -> None:
    data = pillow(Image.fromarray(RGB8).convert(mode), "JPEG", quality=90, progressive=progressive)
    photo = codec.decode(data)
    oracle = np.asarray(Image.open(io.BytesIO(data)))
    assert photo.pixels.shape == oracle.shape
    assert np.abs(photo.pixels.astype(int) - oracle).mean() < 0.5


@pytest.mark.parametrize(("format", "kind"), [("AVIF", "heif"), ("GIF", "gif")])
def test_avif_and_gif_are_decoded(format: str, kind: str) -> None:
    smooth = np.dstack([RAMP8, RAMP8.T, RAMP8])
    photo = codec.decode(pillow(smooth, format))
    assert photo.format == kind
    assert np.abs(photo.pixels.astype(int) - smooth).mean() < 12


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk_becomes_srgb(format: str) -> None:
    inks = Image.new("CMYK", (32, 32), (0, 0, 0, 0))
    inks.paste((0, 0, 0, 255), (16, 0, 32, 16))  # black ink
    inks.paste((0, 255, 255, 0), (0, 16, 16, 32))  # red
    photo = codec.decode(pillow(inks, format))
    white, black, red = (photo.pixels[y, x].astype(int) for y, x in ((4, 4), (4, 24), (24, 4)))
    assert photo.pixels.shape == (32, 32, 3)
    assert photo.icc is None
    assert white.min() > 240
    assert black.max() < 70
    assert red[0] > 180
    assert red[1:].max() < 90


def test_cmyk_of_16_bits_keeps_16_bits() -> None:
    photo = codec.decode(tiff(np.zeros((8, 8, 4), np.uint16), photometric="separated"))
    assert photo.depth == 16
    assert photo.pixels.min() > 60000


def test_lab_tiff_becomes_srgb() -> None:
    lab = np.zeros((8, 8, 3), np.uint16)
    lab[..., 0] = 35000  # 53.4 of 100, the L* of sRGB gray 128
    photo = codec.decode(tiff(lab, photometric="cielab"))
    assert photo.depth == 16
    assert np.abs(photo.pixels.astype(int) / 257 - 127.6).max() < 1.5


UNSUPPORTED = {
    "icclab": (tiff(RGB8, photometric="icclab"), "an unknown colour space"),
    "complex": (tiff(RAMP16.astype(np.complex64)), "cannot be decoded as tiff: not supported here (samples of type"),
}


@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_unsupported_kinds_are_errors_that_say_so(kind: str) -> None:
    data, text = UNSUPPORTED[kind]
    with pytest.raises(DecodeError) as error:
        codec.decode(data, name="scan.tif")
    assert str(error.value).startswith(f"scan.tif: {text}")
    assert "\n" not in str(error.value)


def _stored(array: Array, orientation: int) -> Array:
    """The stored array of an upright one, by the definition of EXIF's orientations."""
    inverse = {1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud}
    inverse |= {5: lambda a: np.swapaxes(a, 0, 1), 6: np.rot90, 7: lambda a: np.rot90(np.swapaxes(a, 0, 1), 2)}
    inverse |= {8: lambda a: np.rot90(a, -1)}
    return np.ascontiguousarray(inverse[orientation](array))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_every_orientation_is_decoded_upright(orientation: int, format: str) -> None:
    upright = np.zeros((48, 80, 3), np.uint8)
    upright[:16, :16] = 255, 0, 0
    upright[:16, -16:] = 0, 255, 0
    upright[-16:, :16] = 0, 0, 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if format == "WEBP" else {"quality": 95} if format == "JPEG" else {}
    data = pillow(_stored(upright, orientation), format, exif=exif, **options)
    photo = codec.decode(data)
    assert photo.pixels.shape == upright.shape
    assert np.abs(photo.pixels.astype(int) - upright).mean() < (3 if format == "JPEG" else 0.001)
    decoded = Image.open(io.BytesIO(codec.encode(photo)))
    assert decoded.getexif().get(0x0112, 1) == 1
    assert decoded.size == (80, 48)


def test_limits_are_checked_from_the_header() -> None:
    data = pillow(Image.new("1", (20000, 20000)), "PNG")
    with pytest.raises(LimitError, match="20000 x 20000 pixels, over the limit of 300000000 pixels"):
        codec.decode(data, name="bomb.png")
    with pytest.raises(LimitError, match="limit of 100 bytes"):
        codec.decode(data, limits=codec.Limits(bytes=100))
    assert codec.decode(pillow(RAMP8, "PNG"), limits=codec.Limits(pixels=65536)).size == (256, 256)


@pytest.mark.parametrize("kind", [k for k in LOSSLESS if LOSSLESS[k][0][:4] != b"RIFF"])
@pytest.mark.parametrize("format", ["png", "tiff"])
def test_lossless_round_trips_are_exact(kind: str, format: str) -> None:
    data, pixels, alpha = LOSSLESS[kind]
    file = codec.encode(codec.decode(data), format=format)
    decoded = codec.decode(file)
    assert decoded.pixels.dtype == pixels.dtype
    assert np.array_equal(decoded.pixels, pixels)
    assert (decoded.alpha is None) == (alpha is None)
    if alpha is not None:
        assert np.array_equal(decoded.alpha, alpha)


def test_other_libraries_read_the_same_16_bits() -> None:
    photo = codec.decode(tiff(RGB16, photometric="rgb"))
    assert np.array_equal(tifffile.imread(io.BytesIO(codec.encode(photo))), RGB16)
    gray = codec.encode(codec.decode(tiff(RAMP16)), format="png")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(gray))), RAMP16)


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_8_bit_formats_round_16_bits(format: str) -> None:
    photo = codec.decode(tiff(np.full((16, 16), 257 * 90 + 129, np.uint16)))
    decoded = codec.decode(codec.encode(photo, format=format, quality=100))
    assert decoded.depth == 8
    assert np.abs(decoded.pixels.astype(int) - 91).max() <= 1


def test_jpeg_composites_alpha_over_white() -> None:
    alpha = np.zeros((16, 16), np.uint8)
    alpha[:, 8:] = 255
    photo = codec.decode(pillow(np.dstack([np.zeros((16, 16, 3), np.uint8), alpha]), "PNG"))
    decoded = codec.decode(codec.encode(photo, format="jpeg"))
    assert decoded.alpha is None
    assert decoded.pixels[:, :7].min() > 245
    assert decoded.pixels[:, 9:].max() < 10


def test_jpeg_keeps_full_chroma_at_high_quality() -> None:
    photo = codec.decode(pillow(RGB8, "PNG"))
    assert Image.open(io.BytesIO(codec.encode(photo, format="jpeg"))).layer[0][1:3] == (1, 1)
    assert Image.open(io.BytesIO(codec.encode(photo, format="jpeg", quality=80))).layer[0][1:3] == (2, 2)
