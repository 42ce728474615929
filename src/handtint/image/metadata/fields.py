"""Metadata of files, by libvips' field names, in one form for all formats.

exif-data: the EXIF block, prefix included, orientation 1, no thumbnail. xmp-data: the XMP packet. iptc-data: the
IPTC records alone, without the Photoshop resources that JPEG wraps them in. xres, yres: pixels per millimetre.
resolution-unit: "in" or "cm", the unit to write them in.
"""

from __future__ import annotations

import contextlib
import os
import re
import struct
import zlib
from collections.abc import Mapping
from typing import Any, BinaryIO

import pyvips

from handtint.image.arrays import vips
from handtint.image.metadata import exif, tiff
from handtint.types import Content

_EXIF, _XMP, _IPTC = "exif-data", "xmp-data", "iptc-data"
_MM_PER_INCH = 25.4
_DEFAULT_RESOLUTION = 72 / _MM_PER_INCH  # pixels per millimetre that viewers assume by default
_SRGB = exif.block(
    {tiff.EXIF: tiff.Entry(4, {exif.COLOR_SPACE: tiff.Entry(3, b"\1\0")})}
)  # libvips would write "unknown"
_XMP_ORIENTATION = re.compile(rb"(tiff:Orientation(?:\s*=\s*[\"']|>)\s*)[2-8]")
_RESOLUTION_IN_EXIF = {"jpeg", "webp"}
_PHOTOSHOP = b"Photoshop 3.0\0"
_PNG_HEADER = 33  # bytes of signature and first chunk
_BLOCK = 1 << 20
_RESOURCE = struct.Struct(">4sHB")  # "8BIM", its number, the length of its name
_IPTC_RESOURCE = 0x0404


def collect(image: pyvips.Image, format: str, data: Content, offset: int | None = None) -> dict[str, Any]:
    """The metadata of a picture whose header libvips has read; damaged parts are left out.

    data: the bytes of the file, since libvips does not read all metadata of a TIFF. offset: the file offset of the
    page's TIFF directory, by default the first.
    """
    fields = {name: image.get(name) for name in (_EXIF, _XMP, _IPTC) if image.get_typeof(name)}
    if format == "tiff":
        fields |= _of_tiff(data, offset)
    metadata: dict[str, Any] = {}
    block = exif.make_upright(fields[_EXIF]) if _EXIF in fields else None
    if block:
        metadata[_EXIF] = block
    if _XMP in fields:
        metadata[_XMP] = _XMP_ORIENTATION.sub(rb"\g<1>1", fields[_XMP])
    records = iptc_records(fields.get(_IPTC, b""))
    if records:
        metadata[_IPTC] = records
    return metadata | _resolution(image, block)


def _of_tiff(data: Content, offset: int | None) -> dict[str, bytes]:
    try:
        entries = exif.descriptive(exif.read(data, offset))
    except ValueError:
        return {}
    records = entries.pop(exif.IPTC, None)
    metadata = {_EXIF: exif.block(entries)} if entries else {}
    if records and isinstance(records.value, bytes):
        metadata[_IPTC] = records.value
    return metadata


def _resolution(image: pyvips.Image, block: bytes | None) -> dict[str, Any]:
    """The resolution in the file's own fields, or else (as for WebP) in its EXIF; {} if there is none."""
    if (image.xres, image.yres) != (1.0, 1.0):  # libvips' values for none
        unit = image.get("resolution-unit") if image.get_typeof("resolution-unit") else "in"
        return {"xres": image.xres, "yres": image.yres, "resolution-unit": unit}
    try:
        entries = exif.read(block or b"")
        x, y = (entries[tag].numbers() for tag in (exif.X_RESOLUTION, exif.Y_RESOLUTION))
        metric = exif.RESOLUTION_UNIT in entries and entries[exif.RESOLUTION_UNIT].numbers() == (3,)
        unit, size = ("cm", 10.0) if metric else ("in", _MM_PER_INCH)
        return {"xres": x[0] / x[1] / size, "yres": y[0] / y[1] / size, "resolution-unit": unit}
    except (ValueError, LookupError, ZeroDivisionError):
        return {}


def attach(image: pyvips.Image, metadata: Mapping[str, Any], format: str) -> pyvips.Image:
    """The image with the metadata that the saver of a format writes.

    The EXIF and IPTC of TIFF, and the XMP of PNG, which libvips writes as Latin-1, are added by `add_missing`.
    """
    image = image.copy(xres=metadata.get("xres", _DEFAULT_RESOLUTION), yres=metadata.get("yres", _DEFAULT_RESOLUTION))
    image.set_type(pyvips.GValue.gstr_type, "resolution-unit", metadata.get("resolution-unit", "in"))
    blocks = {_XMP: metadata.get(_XMP) if format != "png" else None}
    if format != "tiff":
        block = exif.make_upright(metadata.get(_EXIF, b""))
        blocks[_EXIF] = block or (None if image.get_typeof(vips.ICC) else _SRGB)
    if format == "jpeg":
        blocks[_IPTC] = _photoshop_block(metadata.get(_IPTC, b""))
    for name, value in blocks.items():
        if value:
            image.set_type(pyvips.GValue.blob_type, name, value)
    return image


def keep_flags(metadata: Mapping[str, Any], format: str) -> int:
    """libvips' flags for what a saver keeps: XMP, IPTC, ICC, and EXIF only if there is any."""
    has_resolution = _EXIF in metadata or (format in _RESOLUTION_IN_EXIF and "xres" in metadata)
    return 2 | 4 | 8 | (1 if has_resolution else 0)


def add_missing(file: bytes, metadata: Mapping[str, Any], format: str) -> bytes:
    """The encoded file with metadata that libvips omits or writes wrong: EXIF and IPTC of TIFF, XMP of PNG."""
    if format == "png" and _XMP in metadata:
        return file[:_PNG_HEADER] + _international_text(metadata[_XMP]) + file[_PNG_HEADER:]
    entries = _missing_entries(metadata, format)
    return exif.add_to_tiff(file, entries) if entries else file


def add_missing_to_file(file: BinaryIO, metadata: Mapping[str, Any], format: str) -> None:
    """The same as `add_missing` for an open file that can be read and written."""
    if format == "png" and _XMP in metadata:
        _insert(file, _PNG_HEADER, _international_text(metadata[_XMP]))
    entries = _missing_entries(metadata, format)
    if entries:
        exif.add_to_tiff_file(file, entries)


def _missing_entries(metadata: Mapping[str, Any], format: str) -> tiff.Directory:
    """The TIFF entries that libvips does not write."""
    if format != "tiff":
        return {}
    entries: tiff.Directory = {}
    with contextlib.suppress(ValueError):
        entries = exif.descriptive(exif.read(metadata.get(_EXIF, b"")))
    if _IPTC in metadata:
        entries[exif.IPTC] = tiff.Entry(7, metadata[_IPTC])
    return entries


def _insert(file: BinaryIO, offset: int, data: bytes) -> None:
    """Insert data into an open file at an offset; the rest of the file is moved, block by block from its end."""
    for stop in range(file.seek(0, os.SEEK_END), offset, -_BLOCK):
        start = max(offset, stop - _BLOCK)
        file.seek(start)
        block = file.read(stop - start)
        file.seek(start + len(data))
        file.write(block)
    file.seek(offset)
    file.write(data)


def _international_text(packet: bytes) -> bytes:
    """The PNG chunk that holds XMP, by XMP Specification Part 3, section 1.1.5."""
    body = b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + packet.rstrip(b"\0")
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def iptc_records(data: bytes) -> bytes:
    """The IPTC records within a JPEG's Photoshop resources, or the data itself if it is bare records; else nothing."""
    if not data.startswith(_PHOTOSHOP):
        return data if data.startswith(b"\x1c") else b""
    offset = len(_PHOTOSHOP)
    while offset + _RESOURCE.size + 5 <= len(data):
        signature, number, name = _RESOURCE.unpack_from(data, offset)
        offset += 6 + (name + 2) // 2 * 2
        size = int.from_bytes(data[offset : offset + 4], "big")
        if signature != b"8BIM":
            break
        if number == _IPTC_RESOURCE:
            return data[offset + 4 : offset + 4 + size]
        offset += 4 + (size + 1) // 2 * 2
    return b""


def _photoshop_block(records: bytes) -> bytes:
    if not 0 < len(records) < 65000:  # the limit of a JPEG segment
        return b""
    header = _RESOURCE.pack(b"8BIM", _IPTC_RESOURCE, 0) + b"\0"
    return _PHOTOSHOP + header + struct.pack(">I", len(records)) + records + bytes(len(records) % 2)
