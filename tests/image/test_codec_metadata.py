"""Metadata is preserved between formats; the oracle is another reader, Pillow."""

from __future__ import annotations

import contextlib
import io
import struct
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2

from handtint.image.io import codec
from handtint.image.metadata import exif, fields, tiff
from handtint.image.photo import Photo

PIXELS = np.random.default_rng(5).integers(0, 256, (30, 40, 3)).astype(np.uint8)
TAGS = {
    0x010E: "A street",
    0x010F: "ACME",
    0x0110: "Rolleiflex",
    0x0131: "Scanner 9",
    0x0132: "2021:02:03 04:05:06",
    0x013B: "Jane Doe",
    0x8298: "(c) Jane",
}
EXPOSURE = {
    0x829A: IFDRational(1, 125),
    0x8827: 400,
    0x9003: "1969:07:20 20:17:40",
    0x9286: b"ASCII\0\0\0hello",
    0xA434: "Tessar 75 mm",
    0x927C: b"MAKER\0" + bytes(range(64)),
}
GPS = {1: "N", 2: (48.0, 51.0, 30.5), 3: "E", 4: (2.0, 17.0, 40.0)}
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
)
IPTC = b"\x1c\x02\x78\x00\x07a title\x1c\x02\x50\x00\x04Jane"
FORMATS = ["jpeg", "png", "tiff", "webp"]


def example_exif(orientation: int = 1) -> Image.Exif:
    example = Image.Exif()
    example.update(TAGS)
    example[0x0112] = orientation
    example.get_ifd(0x8769).update(EXPOSURE)
    example.get_ifd(0x8825).update(GPS)
    return example


def file_of(format: str, *, orientation: int = 1) -> bytes:
    file = io.BytesIO()
    options: dict[str, Any] = {"exif": example_exif(orientation)}
    if format == "png":
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", XMP.decode())
        options |= {"pnginfo": text, "dpi": (300, 300)}
    elif format == "tiff":
        tags: dict[int, Any] = TAGS | {0x0112: orientation, 0x8769: EXPOSURE, 0x8825: GPS, 700: XMP}
        directory = ImageFileDirectory_v2()
        directory.update(tags)
        options = {"tiffinfo": directory, "dpi": (300, 300)}
    else:
        options |= {"xmp": XMP} | ({"dpi": (300, 300)} if format == "jpeg" else {})
    Image.fromarray(PIXELS).save(file, format, **options)
    return file.getvalue()


def assert_has_exif(file: bytes) -> None:
    directory = Image.open(io.BytesIO(file)).getexif()
    assert {tag: directory.get(tag) for tag in TAGS} == TAGS
    exposure = directory.get_ifd(0x8769)
    assert {tag: exposure.get(tag) for tag in EXPOSURE} == EXPOSURE
    assert {tag: directory.get_ifd(0x8825).get(tag) for tag in GPS} == GPS
    assert directory.get(0x0112, 1) == 1


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_exif_is_preserved_between_all_formats(source: str, target: str) -> None:
    file = codec.encode(codec.decode(file_of(source, orientation=6)), format=target)
    assert_has_exif(file)
    assert_has_exif(codec.encode(codec.decode(file), format=source))


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_xmp_is_preserved_with_upright_orientation(source: str, target: str) -> None:
    decoded = codec.decode(codec.encode(codec.decode(file_of(source)), format=target))
    assert decoded.metadata["xmp-data"].rstrip(b"\0") == XMP.replace(b'Orientation="6"', b'Orientation="1"')


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", ["jpeg", "png", "tiff"])
def test_the_resolution_is_preserved(source: str, target: str) -> None:
    file = codec.encode(codec.decode(file_of(source)), format=target)
    if target != "webp":
        assert Image.open(io.BytesIO(file)).info["dpi"] == pytest.approx((300, 300), abs=0.1)
    decoded = codec.decode(file)
    assert decoded.metadata["xres"] * 25.4 == pytest.approx(300, abs=0.1)


def test_a_photo_without_metadata_gets_no_exif() -> None:
    for target in FORMATS:
        file = codec.encode(Photo.of(PIXELS), format=target)
        assert b"Exif" not in file
        assert not Image.open(io.BytesIO(file)).getexif().get_ifd(0x8769)


@pytest.mark.parametrize("format", FORMATS)
def test_resolution_needs_no_exif(format: str) -> None:
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "PNG", dpi=(150, 150))
    written = codec.encode(codec.decode(file.getvalue()), format=format)
    assert codec.decode(written).metadata["xres"] * 25.4 == pytest.approx(150, abs=0.1)
    if format == "jpeg":
        assert Image.open(io.BytesIO(written)).getexif().get_ifd(0x8769)[0xA001] == 1


def test_the_old_thumbnail_is_removed() -> None:
    thumbnail = io.BytesIO()
    Image.fromarray(PIXELS).save(thumbnail, "JPEG")
    small = thumbnail.getvalue()
    second = struct.pack("<HHHIIHHIII", 2, 0x201, 4, 1, 26 + 30, 0x202, 4, 1, len(small), 0)
    first = struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, 6, 0, 26)
    block = b"Exif\0\0II*\0\x08\0\0\0" + first + second + small
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "JPEG", exif=block)
    assert dict(Image.open(io.BytesIO(file.getvalue())).getexif()) == {0x0112: 6}
    photo = codec.decode(file.getvalue())
    assert photo.pixels.shape == (40, 30, 3)
    for target in FORMATS:
        written = codec.encode(photo, format=target, quality=50)
        assert not Image.open(io.BytesIO(written)).getexif().get_ifd(0x1)
        assert small[:40] not in written[20:]


def _iptc_jpeg() -> bytes:
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "JPEG")
    data = file.getvalue()
    other = b"8BIM" + struct.pack(">HBB", 0x03ED, 0, 0) + struct.pack(">I", 3) + b"abc\0"
    own = b"8BIM" + struct.pack(">HBB", 0x0404, 0, 0) + struct.pack(">I", len(IPTC)) + IPTC + bytes(len(IPTC) % 2)
    segment = b"Photoshop 3.0\0" + other + own
    return data[:2] + b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment + data[2:]


def test_iptc_is_preserved_between_jpeg_and_tiff() -> None:
    jpeg = codec.decode(_iptc_jpeg())
    assert jpeg.metadata["iptc-data"] == IPTC
    file = codec.encode(jpeg, format="tiff")
    assert Image.open(io.BytesIO(file)).tag_v2[33723] == IPTC
    tiff = codec.decode(file)
    assert tiff.metadata["iptc-data"] == IPTC
    encoded = codec.encode(tiff, format="jpeg")
    assert Image.open(io.BytesIO(encoded)).info["photoshop"][0x0404] == IPTC


def _with_exif(**options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, PIXELS, photometric="rgb", metadata=None, **options)
    return exif.add_to_tiff(file.getvalue(), exif.descriptive(exif.read(example_exif().tobytes())))


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_entries_are_added_to_tiffs_of_any_layout(byteorder: str, bigtiff: bool) -> None:
    file = _with_exif(byteorder=byteorder, bigtiff=bigtiff, tile=(16, 16), software="tifffile")
    with tifffile.TiffFile(io.BytesIO(file)) as reader:
        tags = reader.pages[0].tags
        assert np.array_equal(reader.asarray(), PIXELS)
        assert tags["Software"].value == "tifffile"  # existing tags are preserved
        assert tags["Make"].value == "ACME"
        assert tags["ExifTag"].value["ISOSpeedRatings"] == 400
        assert list(tags.keys()) == sorted(tags.keys())
    assert codec.decode(file).metadata["exif-data"]
    assert np.array_equal(codec.decode(file).pixels, PIXELS)


def test_adding_entries_keeps_further_pages() -> None:
    file = io.BytesIO()
    tifffile.imwrite(file, np.stack([PIXELS, PIXELS[::-1]]), photometric="rgb", metadata=None)
    joined = exif.add_to_tiff(file.getvalue(), {0x010F: tiff.Entry(2, b"ACME\0")})
    assert len(tifffile.TiffFile(io.BytesIO(joined)).pages) == 2


def test_block_and_read_are_inverse() -> None:
    block = b"Exif\0\0" + example_exif().tobytes().removeprefix(b"Exif\0\0")
    entries = exif.descriptive(exif.read(block))
    assert set(TAGS) | {0x8769, 0x8825} == set(entries)
    assert exif.descriptive(exif.read(exif.block(entries))) == entries


@given(st.binary(max_size=400), st.integers(0, 300))
@settings(max_examples=150, deadline=None)
def test_damaged_exif_does_not_prevent_decoding(noise: bytes, offset: int) -> None:
    block = bytearray(b"Exif\0\0" + example_exif(6).tobytes().removeprefix(b"Exif\0\0"))
    block[offset : offset + len(noise)] = noise
    data = bytes(block)
    exif.make_upright(data)
    with contextlib.suppress(ValueError):
        exif.read(data)
    for target in ("tiff", "jpeg"):
        file = codec.encode(Photo(PIXELS, metadata={"exif-data": data}), format=target)
        assert codec.decode(file).size == (30, 40)


@given(st.binary(max_size=200))
def test_damaged_iptc_is_ignored(noise: bytes) -> None:
    assert isinstance(fields.iptc_records(b"Photoshop 3.0\0" + noise), bytes)


def test_overlapping_entries_cannot_exhaust_the_memory() -> None:
    row = struct.pack("<HHII", 0x010E, 7, 1 << 20, 0)
    hostile = b"II*\0\x08\0\0\0" + struct.pack("<H", 4096) + row * 4096 + bytes(1 << 20)
    with pytest.raises(ValueError, match="more entries than bytes"):
        exif.read(hostile)
