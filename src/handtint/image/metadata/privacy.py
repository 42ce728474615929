"""The metadata that results keep: all of it, none, or all but the location.

Sources: Exif 2.32 (GPS IFD), IPTC IIM 4.2 (record 2), IPTC Photo Metadata Standard (location fields).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handtint.image.metadata import exif, tiff, xmp

_MAKER_NOTE = 0x927C
_XMP_PLACES = {
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": {"LocationCreated", "LocationShown"},
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": {"Location", "CountryCode"},
    "http://ns.adobe.com/photoshop/1.0/": {"City", "State", "Country"},
}
_COORDINATES = ("gps", "latitude", "longitude")  # whoever's namespace they stand in
_IPTC_PLACES = {26, 27, 90, 92, 95, 100, 101}  # location codes and names, city, sublocation, province, country
_TAG = 0x1C  # the byte that begins every IPTC data set
_DESCRIPTIVE_BLOCKS = ("exif-data", "xmp-data", "iptc-data")


def released(metadata: Mapping[str, Any], policy: str) -> dict[str, Any]:
    """The metadata that a policy allows: "keep", "strip" or "safe". The resolution is always kept.

    "safe" drops GPS, the location fields of XMP and IPTC, and the makers' notes, which may contain anything.
    """
    if policy == "keep":
        return dict(metadata)
    bare = {key: value for key, value in metadata.items() if key not in _DESCRIPTIVE_BLOCKS}
    if policy == "strip":
        return bare
    safe = {
        "exif-data": _exif_without_place(metadata.get("exif-data", b"")),
        "xmp-data": xmp.without(metadata.get("xmp-data", b""), _is_place),
        "iptc-data": _iptc_without_place(metadata.get("iptc-data", b"")),
    }
    return bare | {key: value for key, value in safe.items() if value}


def _exif_without_place(block: bytes) -> bytes:
    """The block without the location, rewritten so that no removed bytes remain; empty if it is damaged."""
    try:
        entries = exif.described(exif.read(block))
    except ValueError:
        return b""
    entries.pop(tiff.GPS, None)
    inner = entries.get(tiff.EXIF)
    if inner and isinstance(inner.value, dict):
        inner.value.pop(_MAKER_NOTE, None)
    return exif.block(entries) if entries else b""


def _is_place(namespace: str, name: str) -> bool:
    return name in _XMP_PLACES.get(namespace, ()) or any(word in name.casefold() for word in _COORDINATES)


def _iptc_without_place(records: bytes) -> bytes:
    """The data sets without those of a location; everything after a damaged one is dropped."""
    result, at = b"", 0
    while at + 5 <= len(records) and records[at] == _TAG:
        size = int.from_bytes(records[at + 3 : at + 5], "big")
        end = at + 5 + size
        if size & 0x8000 or end > len(records):  # an extended size: nothing that a photo's caption needs
            break
        if not (records[at + 1] == 2 and records[at + 2] in _IPTC_PLACES):
            result += records[at:end]
        at = end
    return result
