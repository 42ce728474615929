"""All pages of a TIFF are read, tinted and written; the oracle is tifffile."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from handtint.errors import DecodeError, LimitError, OutputError
from handtint.image.io import codec
from handtint.image.metadata import tiff
from handtint.image.raster import Raster
from handtint.options import Options
from handtint.pipeline import Tinter

RNG = np.random.default_rng(3)
GRAY8 = RNG.integers(0, 256, (30, 40)).astype(np.uint8)
GRAY16 = RNG.integers(0, 65536, (50, 20)).astype(np.uint16)
RGB16 = RNG.integers(0, 65536, (24, 36, 3)).astype(np.uint16)
PAGES = [GRAY8, GRAY16, RGB16]


def file_of(*pages: np.ndarray, **options: Any) -> bytes:
    file = io.BytesIO()
    layout = {key: options.pop(key) for key in ("bigtiff", "byteorder") if key in options}
    with tifffile.TiffWriter(file, **layout) as writer:
        for number, page in enumerate(pages):
            photometric = "rgb" if page.ndim == 3 else "minisblack"
            tags = {"resolution": (300 + number, 300), "description": f"page {number}", "metadata": None}
            writer.write(page, photometric=photometric, **tags, **options)
    return file.getvalue()


@pytest.mark.parametrize("layout", [{}, {"bigtiff": True}, {"byteorder": ">"}, {"compression": "deflate"}], ids=str)
def test_pages_of_any_size_and_depth_are_read_and_written(layout: dict[str, Any]) -> None:
    photo = codec.decode(file_of(*PAGES, **layout))
    assert len(photo.pages) == 2
    encoded = codec.encode(photo)
    with tifffile.TiffFile(io.BytesIO(encoded)) as written:
        assert len(written.pages) == 3
        for number, (page, pixels) in enumerate(zip(written.pages, PAGES, strict=True)):
            assert np.array_equal(page.asarray(), pixels)
            assert page.tags["ImageDescription"].value == f"page {number}"
            assert page.tags["XResolution"].value[0] / page.tags["XResolution"].value[1] == pytest.approx(300 + number)
    assert codec.encode(codec.decode(encoded)) == encoded


def test_thumbnails_and_masks_are_not_pages() -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(GRAY8, photometric="minisblack")
        writer.write(GRAY8[::2, ::2], photometric="minisblack", subfiletype=1)
        writer.write(GRAY8 > 128, photometric="minisblack", subfiletype=4)
        writer.write(GRAY16, photometric="minisblack", subfiletype=2)
    photo = codec.decode(file.getvalue())
    assert [page.size for page in (photo, *photo.pages)] == [GRAY8.shape, GRAY16.shape]


def test_every_page_is_tinted(tinter: Tinter) -> None:
    data = tinter.tint(file_of(*PAGES), keep="all")
    photo = codec.decode(data)
    assert len(photo.pages) == 2
    for page, pixels in zip((photo, *photo.pages), PAGES, strict=True):
        assert page.size == pixels.shape[:2]
        assert page.depth == 8 * pixels.dtype.itemsize
        assert page.pixels.ndim == 3
        assert b"compositeWithTrainedAlgorithmicMedia" in page.metadata["xmp-data"]
    assert np.ptp(photo.pages[0].pixels.astype(int), axis=2).max() > 0
    assert data == tinter.tint(file_of(*PAGES), keep="all")


def test_notes_name_their_page(tinter: Tinter) -> None:
    photo = codec.decode(file_of(GRAY8, GRAY16))
    assert tinter.run(photo, Options(keep="dog")).note.count("page 2: ") == 1


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_other_formats_reject_several_pages(format: str) -> None:
    photo = replace(codec.decode(file_of(*PAGES)), name="album.tif")
    with pytest.raises(OutputError, match=rf"^album\.tif: {format} holds one page, the photo has 3; use tiff$"):
        codec.encode(photo, format=format)


def test_limits_apply_to_all_pages_together() -> None:
    data = file_of(GRAY8, GRAY8, GRAY8, GRAY8)
    with pytest.raises(LimitError, match="over the limit of 4000 pixels"):
        codec.decode(data, limits=codec.Limits(pixels=4000))
    with pytest.raises(LimitError, match="over the limit of 3 pages"):
        codec.decode(data, limits=codec.Limits(pages=3))
    assert len(codec.decode(data, limits=codec.Limits(pages=4)).pages) == 3


def test_a_truncated_file_is_an_error() -> None:
    data = file_of(*PAGES)
    for cut in range(0, len(data), len(data) // 40):
        with pytest.raises(DecodeError):
            codec.decode(data[:cut])


def test_a_cyclic_chain_of_pages_ends() -> None:
    data = bytearray(file_of(GRAY8, GRAY16))
    first, second = tiff.directories(bytes(data), 9)
    (count,) = tiff.layout(data).head.unpack_from(data, second)
    data[second + 2 + 12 * count : second + 6 + 12 * count] = first.to_bytes(4, "little")
    assert len(codec.decode(bytes(data)).pages) == 1


@given(st.binary(min_size=1, max_size=12), st.integers(0, 10**6))
@settings(max_examples=150, deadline=None)
def test_damaged_pages_are_decoded_or_an_error(noise: bytes, offset: int) -> None:
    data = bytearray(file_of(GRAY8, GRAY16[:20, :8]))
    offset %= len(data)
    data[offset : offset + len(noise)] = noise
    try:
        photo = codec.decode(bytes(data), limits=codec.Limits(pixels=1_000_000))
    except (DecodeError, LimitError):
        return
    assert isinstance(photo, Raster)
