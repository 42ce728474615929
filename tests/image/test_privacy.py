"""`--metadata`: what goes out with a photo, in every format, as another reader (Pillow) sees it."""

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


def described() -> Photo:
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


def released(policy: str, format: str) -> tuple[bytes, Photo]:
    photo = described()
    out = Photo(photo.pixels, metadata=privacy.released(photo.metadata, policy))
    file = codec.encode(out, format=format)
    return file, codec.decode(file)


@pytest.mark.parametrize("format", FORMATS)
def test_keep_keeps_all(format: str) -> None:
    _, photo = released("keep", format)
    assert photo.metadata["xmp-data"] == XMP
    seen = Image.Exif()
    seen.load(photo.metadata["exif-data"])
    assert seen.get_ifd(0x8825)[1] == "N"


@pytest.mark.parametrize("format", FORMATS)
def test_safe_drops_the_place_and_nothing_else(format: str) -> None:
    file, photo = released("safe", format)
    for place in PLACES:
        assert place not in file
    seen = Image.open(io.BytesIO(file)).getexif()
    assert not seen.get_ifd(0x8825)
    assert (seen[0x010E], seen[0x8298]) == ("A street", "(c) Jane")
    assert seen.get_ifd(0x8769)[0x9003] == "1969:07:20 20:17:40"
    assert b'photoshop:Credit="Jane"' in photo.metadata["xmp-data"]
    if format in ("jpeg", "tiff"):
        assert photo.metadata["iptc-data"] == data_set(5, b"a title") + data_set(80, b"Jane")


@pytest.mark.parametrize("policy", ["keep", "safe", "strip"])
@pytest.mark.parametrize("format", FORMATS)
def test_the_resolution_always_stays(format: str, policy: str) -> None:
    _, photo = released(policy, format)
    assert photo.metadata["xres"] * 25.4 == pytest.approx(300, abs=0.1)


@pytest.mark.parametrize("format", FORMATS)
def test_strip_says_nothing(format: str) -> None:
    file, photo = released("strip", format)
    for word in (*PLACES, b"A street", b"Jane", b"a title"):
        assert word not in file
    assert "xmp-data" not in photo.metadata
    assert "iptc-data" not in photo.metadata


@given(st.binary(max_size=60), st.integers(0, len(IPTC)))
def test_damaged_records_are_cut_not_raised(noise: bytes, at: int) -> None:
    out = privacy.released({"iptc-data": IPTC[:at] + noise, "exif-data": noise, "xmp-data": noise}, "safe")
    assert b"Paris" not in out.get("iptc-data", b"") or b"Paris" in noise
