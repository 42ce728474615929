"""From file to file: depth, lightness, tone, resolution, metadata and profile are preserved."""

from __future__ import annotations

import io

import numpy as np
import pytest
import pyvips
import tifffile
from PIL import Image
from test_privacy import PLACES, photo_with_metadata

from handtint.errors import DecodeError
from handtint.image.color import blend, lab
from handtint.image.io import codec, formats
from handtint.image.metadata import profile
from handtint.image.photo import Photo
from handtint.pipeline import Tinter

RAMP = np.arange(65536, dtype=np.uint16).reshape(256, 256)
TONED_RGB = np.dstack([RAMP, (RAMP * 0.9).astype(np.uint16), (RAMP * 0.7).astype(np.uint16)])


STEP = 0.003  # L*: two of the steps of 16 bits


def levels(pixels: np.ndarray) -> int:
    """The number of distinct lightness levels, to 0.001 L*."""
    return np.unique(np.round(lab.lightness(pixels), 3)).size


@pytest.mark.parametrize("format", ["png", "tiff"])
@pytest.mark.parametrize("pixels", [RAMP, TONED_RGB], ids=["gray", "rgb"])
@pytest.mark.parametrize("keep", ["all", "person"])
def test_16_bits_are_preserved_without_banding(format: str, pixels: np.ndarray, keep: str, tinter: Tinter) -> None:
    out = codec.decode(tinter.tint(Photo(pixels).encode(format=format), keep=keep))
    assert out.depth == 16
    if pixels.ndim == 2 or keep == "person":  # a colour of three channels has levels between those of 16 bits
        assert levels(out.pixels) >= 0.99 * levels(pixels)
    assert np.abs(lab.lightness(out.pixels) - lab.lightness(pixels)).max() < STEP


@pytest.mark.parametrize("format", ["jpeg", "png", "tiff", "webp"])
def test_the_resolution_is_preserved(format: str, tinter: Tinter) -> None:
    file = io.BytesIO()
    Image.fromarray((RAMP >> 8).astype(np.uint8)).save(file, "TIFF", dpi=(1200, 600))
    out = codec.decode(tinter.tint(file.getvalue(), format=format))
    assert out.metadata["xres"] * 25.4 == pytest.approx(1200, abs=0.5)
    assert out.metadata["yres"] * 25.4 == pytest.approx(600, abs=0.5)


def sepia_scan() -> np.ndarray:
    """A scan of a sepia print, 16-bit RGB."""
    gray = (np.sin(np.arange(160) / 12) * np.cos(np.arange(120)[:, None] / 9) * 24000 + 34000).astype(np.uint16)
    return blend.render_backdrop(gray, "sepia")


@pytest.mark.parametrize("background", [None, "original"])
def test_a_toned_scan_keeps_its_tone(background: str | None, tinter: Tinter) -> None:
    scan = sepia_scan()
    file = io.BytesIO()
    tifffile.imwrite(file, scan, photometric="rgb")
    result = tinter.tint(Photo(scan), keep="person", background=background)
    out = codec.decode(tinter.tint(file.getvalue(), keep="person", background=background)).pixels
    assert np.array_equal(out, result.pixels)
    right = np.s_[:, 100:]  # the subject is in the left half
    assert np.array_equal(out[right], scan[right])
    assert np.abs(lab.split(out)[1][right] - lab.split(scan)[1][right]).max() == 0
    left = np.s_[:, :60]
    assert np.abs(lab.split(out)[1][left] - lab.split(scan)[1][left]).mean() > 3


def test_strength_0_returns_a_toned_scan(tinter: Tinter) -> None:
    scan = sepia_scan()
    assert np.array_equal(tinter.tint(Photo(scan), strength=0, background="original").pixels, scan)


def test_avif_is_read_and_written_as_png(tinter: Tinter) -> None:
    file = io.BytesIO()
    Image.fromarray((TONED_RGB >> 8).astype(np.uint8)).save(file, "AVIF")
    out = codec.decode(tinter.tint(file.getvalue()))
    assert (out.format, out.size) == ("png", (256, 256))


def test_a_damaged_heic_is_an_error_that_says_so() -> None:
    header = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    assert formats.recognize(header) == "heif"
    with pytest.raises(DecodeError, match="cannot be decoded as heif: damaged or cut short"):
        codec.decode(header + bytes(200))


@pytest.mark.parametrize("policy", ["keep", "safe", "strip"])
@pytest.mark.parametrize("format", ["jpeg", "png", "tiff", "webp"])
def test_metadata_is_written_according_to_the_policy(policy: str, format: str, tinter: Tinter) -> None:
    data = tinter.tint(photo_with_metadata().encode(format="tiff"), format=format, metadata=policy)
    picture = Image.open(io.BytesIO(data))
    picture.load()
    exif = picture.getexif()
    assert exif.get(0x010E) == (None if policy == "strip" else "A street")
    assert bool(exif.get_ifd(0x8825)) == (policy == "keep")
    assert (b"Quai" in data) == (policy == "keep")
    assert policy == "keep" or not any(place in data for place in PLACES)
    assert (b"photoshop:Credit" in data) == (policy != "strip")
    assert codec.decode(data).metadata["xres"] * 25.4 == pytest.approx(300, abs=0.1)


def test_the_result_has_the_profile_of_the_photo(tinter: Tinter) -> None:
    p3: bytes = pyvips.Operation.call("profile_load", "p3")
    scan = TONED_RGB[::4, ::4]
    file = io.BytesIO()
    tifffile.imwrite(file, scan, photometric="rgb", iccprofile=p3)
    out = codec.decode(tinter.tint(file.getvalue(), keep="all"))
    assert out.icc == p3
    assert out.native is not None
    expected = tinter.tint(Photo(profile.to_srgb(scan, p3)), keep="all").pixels
    assert np.abs(lab.lightness(out.pixels) - lab.lightness(expected)).max() < 0.05
    assert np.abs(lab.split(out.pixels)[1] - lab.split(expected)[1]).max() < 0.5
