"""The metadata that results keep: all of it, none, or all but the location.

Sources: Exif 2.32 (GPS IFD), IPTC IIM 4.2 (record 2), IPTC Photo Metadata Standard (location fields).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handtint.image.metadata import exif, tiff, xmp

_MAKER_NOTE = 0x927C
_XMP_LOCATION_FIELDS = {
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": {"LocationCreated", "LocationShown"},
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": {"Location", "CountryCode"},
    "http://ns.adobe.com/photoshop/1.0/": {"City", "State", "Country"},
}
_COORDINATES = ("gps", "latitude", "longitude")  # in any namespace
_IPTC_LOCATION_FIELDS = {26, 27, 90, 92, 95, 100, 101}  # location codes and names, city, sublocation, province, country
_TAG_MARKER = 0x1C  # the byte that begins every IPTC data set
_DESCRIPTIVE_BLOCKS = ("exif-data", "xmp-data", "iptc-data")


def apply_policy(metadata: Mapping[str, Any], policy: str) -> dict[str, Any]:
    """The metadata that a policy allows: "keep", "strip" or "safe". The resolution is always kept.

    "safe" drops GPS, the location fields of XMP and IPTC, and the makers' notes, which may contain anything.
    """
    if policy == "keep":
        return dict(metadata)
    remaining = {key: value for key, value in metadata.items() if key not in _DESCRIPTIVE_BLOCKS}
    if policy == "strip":
        return remaining
    safe = {
        "exif-data": _exif_without_location(metadata.get("exif-data", b"")),
        "xmp-data": xmp.without_properties(metadata.get("xmp-data", b""), _is_location),
        "iptc-data": _iptc_without_location(metadata.get("iptc-data", b"")),
    }
    return remaining | {key: value for key, value in safe.items() if value}


def _exif_without_location(block: bytes) -> bytes:
    """The block without the location, rewritten so that no removed bytes remain; empty if it is damaged."""
    try:
        entries = exif.descriptive(exif.read(block))
    except ValueError:
        return b""
    entries.pop(tiff.GPS, None)
    inner = entries.get(tiff.EXIF)
    if inner and isinstance(inner.value, dict):
        inner.value.pop(_MAKER_NOTE, None)
    return exif.block(entries) if entries else b""


def _is_location(namespace: str, name: str) -> bool:
    return name in _XMP_LOCATION_FIELDS.get(namespace, ()) or any(word in name.casefold() for word in _COORDINATES)


def _iptc_without_location(records: bytes) -> bytes:
    """The data sets without those of a location; everything after a damaged one is dropped."""
    result, offset = b"", 0
    while offset + 5 <= len(records) and records[offset] == _TAG_MARKER:
        size = int.from_bytes(records[offset + 3 : offset + 5], "big")
        end = offset + 5 + size
        if size & 0x8000 or end > len(records):  # an extended size, which captions do not need
            break
        if not (records[offset + 1] == 2 and records[offset + 2] in _IPTC_LOCATION_FIELDS):
            result += records[offset:end]
        offset = end
    return result
