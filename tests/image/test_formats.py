"""Formats that libvips does not decode are read by other libraries; unsupported files are not called damaged."""

from __future__ import annotations

import io
import sys
from typing import Any

import cv2
import imagecodecs
import numpy as np
import pillow_heif
import pillow_jxl  # noqa: F401 - teaches Pillow to write JPEG XL
import pytest
import pyvips
import tifffile
from PIL import Image, ImageCms

from handtint.errors import DecodeError, LimitError
from handtint.image.io import codec
from handtint.image.io.formats import FORMATS, recognize
from handtint.types import Array

RAMP16 = np.arange(65536, dtype=np.uint16).reshape(256, 256)
RGB16 = np.dstack([RAMP16, RAMP16.T, RAMP16[::-1]])
RGB8 = (RGB16 >> 8).astype(np.uint8)
GRAY8 = RGB8[..., 0].copy()
SMOOTH16 = np.dstack([RAMP16[::-1], RAMP16[:, ::-1], RAMP16])


def pillow(array: Array, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, format, **options)
    return file.getvalue()


def tiff(array: Array, **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, array, **options)
    return file.getvalue()


def psd(array: Array) -> bytes:
    """A flattened Photoshop file: header, three empty sections, the planes uncompressed."""
    planes = np.moveaxis(array, -1, 0) if array.ndim == 3 else array[None]
    jp2h = b"8BPS" + (1).to_bytes(2, "big") + bytes(6) + len(planes).to_bytes(2, "big")
    height, width = array.shape[:2]
    jp2h += height.to_bytes(4, "big") + width.to_bytes(4, "big") + (8 * array.itemsize).to_bytes(2, "big")
    mode = 3 if array.ndim == 3 else 1
    return (
        jp2h + mode.to_bytes(2, "big") + bytes(12) + bytes(2) + planes.astype(planes.dtype.newbyteorder(">")).tobytes()
    )


def pnm(array: Array, highest: int) -> bytes:
    kind = b"P6" if array.ndim == 3 else b"P5"
    dtype = ">u2" if highest > 255 else "u1"
    return (
        b"%s\n# a comment\n%d %d\n%d\n" % (kind, array.shape[1], array.shape[0], highest)
        + array.astype(dtype).tobytes()
    )


def jp2(array: Array) -> bytes:
    encoded, data = cv2.imencode(".jp2", array[..., ::-1] if array.ndim == 3 else array)
    assert encoded
    return data.tobytes()


LOSSLESS = {
    "bmp rgb": (pillow(RGB8, "BMP"), RGB8),
    "bmp gray": (pillow(GRAY8, "BMP"), GRAY8),
    "pnm rgb 8": (pnm(RGB8, 255), RGB8),
    "pnm rgb 16": (pnm(RGB16, 65535), RGB16),
    "pnm gray 8": (pnm(GRAY8, 255), GRAY8),
    "pnm gray 16": (pnm(RAMP16, 65535), RAMP16),
    "tga rgb": (pillow(RGB8, "TGA"), RGB8),
    "tga gray rle": (pillow(GRAY8, "TGA", compression="tga_rle"), GRAY8),
    "pcx rgb": (pillow(RGB8, "PCX"), RGB8),
    "psd rgb": (psd(RGB8), RGB8),
    "psd gray": (psd(GRAY8), GRAY8),
    "sgi rgb": (pillow(RGB8, "SGI"), RGB8),
    "qoi rgb": (pillow(RGB8, "QOI"), RGB8),
    "jp2k rgb 8": (pillow(RGB8, "JPEG2000"), RGB8),
    "jp2k gray 8": (pillow(GRAY8, "JPEG2000"), GRAY8),
    "jp2k rgb 16": (jp2(RGB16), RGB16),
    "jp2k gray 16": (jp2(RAMP16), RAMP16),
    "jxl rgb": (pillow(RGB8, "JXL", lossless=True), RGB8),
    "jxl gray": (pillow(GRAY8[:100], "JXL", lossless=True), GRAY8[:100]),
    "tiff zstd": (tiff(RGB8, photometric="rgb", compression="zstd"), RGB8),
    "tiff zstd 16": (tiff(RGB16, photometric="rgb", compression="zstd", predictor=True), RGB16),
    "tiff zstd gray 16": (tiff(RAMP16, compression="zstd"), RAMP16),
    "tiff lzma": (tiff(RGB8, photometric="rgb", compression="lzma"), RGB8),
    "tiff jpeg 2000": (tiff(RGB8, photometric="rgb", compression="jpeg2000"), RGB8),
    "tiff jxl": (tiff(RGB8, photometric="rgb", compression="jpegxl", compressionargs={"lossless": True}), RGB8),
    "tiff zstd planar": (
        tiff(np.moveaxis(RGB16, 2, 0).copy(), photometric="rgb", planarconfig="separate", compression="zstd"),
        RGB16,
    ),
}


@pytest.mark.parametrize("kind", LOSSLESS)
def test_formats_of_other_libraries_are_decoded_exactly(kind: str) -> None:
    data, pixels = LOSSLESS[kind]
    assert recognize(data[:1024]) == kind.split()[0]
    photo = codec.decode(data)
    assert photo.format == kind.split()[0]
    assert photo.pixels.dtype == pixels.dtype
    assert np.array_equal(photo.pixels, pixels)
    assert photo.note == ""


@pytest.mark.parametrize("kind", LOSSLESS)
def test_formats_of_other_libraries_are_limited_by_their_header(kind: str) -> None:
    data, pixels = LOSSLESS[kind]
    count = pixels.shape[0] * pixels.shape[1]
    with pytest.raises(LimitError, match=f"over the limit of {count - 1} pixels"):
        codec.decode(data, limits=codec.Limits(pixels=count - 1))


def test_twelve_bits_are_scaled_to_sixteen() -> None:
    twelve = RGB16 >> 4
    photo = codec.decode(pnm(twelve, 4095))
    assert np.abs(photo.pixels.astype(int) - np.rint(twelve / 4095 * 65535)).max() <= 1


def test_heic_is_decoded_upright_with_its_metadata() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "A street", 6
    file = io.BytesIO()
    wide = np.ascontiguousarray(RGB8[:100])
    heif = pillow_heif.from_pillow(Image.fromarray(wide))
    heif.save(file, quality=95, exif=exif.tobytes(), icc_profile=profile)
    photo = codec.decode(file.getvalue())
    assert photo.format == "heif"
    assert photo.size == (256, 100)  # turned once, not twice
    assert np.abs(photo.pixels.astype(int) - np.rot90(wide, -1)).mean() < 8
    written_exif = Image.open(io.BytesIO(codec.encode(photo, format="jpeg"))).getexif()
    assert (written_exif[0x010E], written_exif.get(0x0112, 1)) == ("A street", 1)


def test_ten_bits_of_heic_are_preserved() -> None:
    file = io.BytesIO()
    pillow_heif.from_bytes("RGB;16", (256, 256), SMOOTH16.tobytes()).save(file, quality=-1)
    photo = codec.decode(file.getvalue())
    assert photo.depth == 16
    assert np.abs(photo.pixels.astype(int) - SMOOTH16).mean() < 65535 / 200


def test_the_profile_of_a_jp2_is_used() -> None:
    p3: bytes = pyvips.Operation.call("profile_load", "p3")
    original = jp2(np.full((32, 32, 3), (200, 40, 40), np.uint8))
    colr = original.find(b"colr") - 4
    size = int.from_bytes(original[colr : colr + 4], "big")
    box = (len(p3) + 11).to_bytes(4, "big") + b"colr\x02\0\0" + p3
    jp2h = original.find(b"jp2h") - 4
    new_size = int.from_bytes(original[jp2h : jp2h + 4], "big") + len(box) - size
    data = original[:jp2h] + new_size.to_bytes(4, "big") + original[jp2h + 4 : colr] + box + original[colr + size :]
    photo = codec.decode(data)
    assert photo.icc == p3
    assert photo.pixels[0, 0, 0] > 210 > photo.native[0, 0, 0]  # type: ignore[index]


@pytest.mark.parametrize(
    ("kind", "module", "extra"),
    [("jxl rgb", "pillow_jxl", "jxl"), ("tiff jpeg 2000", "tifffile", "tiff")],
)
def test_a_missing_library_is_an_error_that_names_the_extra(
    kind: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DecodeError) as error:
        codec.decode(LOSSLESS[kind][0], name="scan")
    assert f"pip install 'handtint[{extra}]'" in str(error.value)
    assert "not supported here" in str(error.value)
    assert "damaged" not in str(error.value)


def test_without_tifffile_pillow_reads_rare_tiffs_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tifffile", None)
    assert np.array_equal(codec.decode(LOSSLESS["tiff zstd"][0]).pixels, RGB8)
    photo = codec.decode(LOSSLESS["tiff zstd 16"][0])
    assert photo.depth == 8
    assert photo.note == "colours of more than 8 bits are read at 8 bits"


def test_a_photoshop_file_of_16_bits_is_not_called_damaged() -> None:
    with pytest.raises(DecodeError, match="cannot be decoded as psd: not supported here"):
        codec.decode(psd(RGB16))


@pytest.mark.parametrize("kind", [kind for kind in LOSSLESS if "tiff" in kind])
def test_truncated_rare_tiffs_are_damaged(kind: str) -> None:
    data = LOSSLESS[kind][0]
    (offset,) = tifffile.TiffFile(io.BytesIO(data)).pages[0].dataoffsets[:1]
    broken = data[: offset + 8] + bytes(min(500, len(data) - offset - 8)) + data[offset + 508 :]
    with pytest.raises(DecodeError, match="cannot be decoded as tiff: damaged or cut short"):
        codec.decode(broken)


def test_every_ending_belongs_to_one_format() -> None:
    endings = [ending for known in FORMATS for ending in known.extensions]
    assert len(set(endings)) == len(endings)
    assert all(ending == ending.lower() and ending.startswith(".") for ending in endings)


def test_other_content_is_not_recognised_as_tga() -> None:
    for content in (b"", bytes(18), b"\0\0\2" + bytes(15), b"Name,Value\n1,2\n3,4\n", bytes(range(18))):
        assert recognize(content) == ""


def test_imagecodecs_decodes_the_same_jpeg_xl() -> None:
    assert np.array_equal(imagecodecs.jpegxl_decode(LOSSLESS["jxl rgb"][0]), RGB8)
