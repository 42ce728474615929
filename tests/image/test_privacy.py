"""`--metadata`: what is written in every format; the oracle is another reader, Pillow."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from handtint.image.io import codec
from handtint.image.metadata import privacy
from handtint.image.photo import Photo

FORMATS = ["jpeg", "png", "tiff", "webp"]
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="48,51.5N" '
    b'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:City="Paris" photoshop:Credit="Jane" '
    b'xmlns:drone="http://www.dji.com/drone-dji/1.0/" drone:GpsLongitude="2.29">'
    b'<ext:LocationShown xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><rdf:Bag><rdf:li>Quai</rdf:li></rdf:Bag>'
    b"</ext:LocationShown></rdf:Description></rdf:RDF></x:xmpmeta>"
)
PLACES = (b"48,51.5N", b"Paris", b"2.29", b"Quai", b"Rue X")


def data_set(number: int, value: bytes) -> bytes:
    return struct.pack(">BBBH", 0x1C, 2, number, len(value)) + value


IPTC = data_set(5, b"a title") + data_set(90, b"Paris") + data_set(92, b"Rue X") + data_set(80, b"Jane")


def photo_with_metadata() -> Photo:
    exif = Image.Exif()
    exif[0x010E] = "A street"
    exif[0x8298] = "(c) Jane"
    exif.get_ifd(0x8769).update({0x9003: "1969:07:20 20:17:40", 0x927C: b"MAKER Rue X"})
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 30.5)})
    metadata: dict[str, Any] = {
        "exif-data": b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0"),
        "xmp-data": XMP,
        "iptc-data": IPTC,
        "xres": 300 / 25.4,
        "yres": 300 / 25.4,
        "resolution-unit": "in",
    }
    return Photo(np.zeros((20, 30, 3), np.uint8), metadata=metadata)


def written(policy: str, format: str) -> tuple[bytes, Photo]:
    photo = photo_with_metadata()
    released = Photo(photo.pixels, metadata=privacy.apply_policy(photo.metadata, policy))
    file = codec.encode(released, format=format)
    return file, codec.decode(file)


@pytest.mark.parametrize("format", FORMATS)
def test_keep_preserves_all_metadata(format: str) -> None:
    _, photo = written("keep", format)
    assert photo.metadata["xmp-data"] == XMP
    exif = Image.Exif()
    exif.load(photo.metadata["exif-data"])
    assert exif.get_ifd(0x8825)[1] == "N"


@pytest.mark.parametrize("format", FORMATS)
def test_safe_removes_the_location_only(format: str) -> None:
    file, photo = written("safe", format)
    for place in PLACES:
        assert place not in file
    exif = Image.open(io.BytesIO(file)).getexif()
    assert not exif.get_ifd(0x8825)
    assert (exif[0x010E], exif[0x8298]) == ("A street", "(c) Jane")
    assert exif.get_ifd(0x8769)[0x9003] == "1969:07:20 20:17:40"
    assert b'photoshop:Credit="Jane"' in photo.metadata["xmp-data"]
    if format in ("jpeg", "tiff"):
        assert photo.metadata["iptc-data"] == data_set(5, b"a title") + data_set(80, b"Jane")


@pytest.mark.parametrize("policy", ["keep", "safe", "strip"])
@pytest.mark.parametrize("format", FORMATS)
def test_the_resolution_is_always_preserved(format: str, policy: str) -> None:
    _, photo = written(policy, format)
    assert photo.metadata["xres"] * 25.4 == pytest.approx(300, abs=0.1)


@pytest.mark.parametrize("format", FORMATS)
def test_strip_removes_all_metadata(format: str) -> None:
    file, photo = written("strip", format)
    for text in (*PLACES, b"A street", b"Jane", b"a title"):
        assert text not in file
    assert "xmp-data" not in photo.metadata
    assert "iptc-data" not in photo.metadata


@given(st.binary(max_size=60), st.integers(0, len(IPTC)))
def test_damaged_records_are_removed_without_errors(noise: bytes, offset: int) -> None:
    released = privacy.apply_policy({"iptc-data": IPTC[:offset] + noise, "exif-data": noise, "xmp-data": noise}, "safe")
    assert b"Paris" not in released.get("iptc-data", b"") or b"Paris" in noise
