"""EXIF as TIFF directories: read, made upright, and copied from and to TIFF files.

libvips keeps the EXIF of JPEG, PNG and WebP as one block ("Exif" + a small TIFF file), but neither reads nor writes
the EXIF of a TIFF file, whose entries are in its first directory, among those that describe the pixels.

Sources: TIFF 6.0 (Adobe 1992), Exif 2.32 (CIPA DC-008).
"""

from __future__ import annotations

import mmap
import struct
from typing import BinaryIO

from handtint.image.metadata.tiff import (
    EXIF,
    GPS,
    STRIPS,
    Data,
    Directory,
    Entry,
    Layout,
    first,
    layout,
    rows,
    rows_of,
    serialize,
)
from handtint.image.metadata.tiff import read as read_directory

PREFIX = b"Exif\0\0"
ORIENTATION, IPTC, COLOR_SPACE = 0x0112, 0x83BB, 0xA001
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x011A, 0x011B, 0x0128
_COMPRESSION, _EXTRA_SAMPLES = 0x0103, 0x0152
_PIXEL_SIZE = (0xA002, 0xA003)  # width and height, which a TIFF has in its own entries
# Entries that are added to TIFF files: names, dates, rights, descriptions; 0x9C9B.. are Windows' title, comment, ...
_DESCRIPTIVE = {0x010D, 0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x4746, 0x4749, 0x8298, IPTC}
_DESCRIPTIVE |= {EXIF, GPS, *range(0x9C9B, 0x9CA0)}
_STORAGE = {tag for pair in STRIPS for tag in pair} | {_COMPRESSION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT}
_TAGS = _DESCRIPTIVE | _STORAGE


def read(data: Data, offset: int | None = None) -> Directory:
    """The entries that handtint uses of an EXIF block, with or without its prefix, or of a TIFF file's first directory.

    Entries that cannot be read are left out. Raises ValueError if there is no directory at all.
    """
    data = data[len(PREFIX) :] if data[: len(PREFIX)] == PREFIX else data
    return read_directory(data, first(data) if offset is None else offset, _TAGS)


def block(entries: Directory) -> bytes:
    """An EXIF block, prefix included, of a directory."""
    return PREFIX + b"II*\0\x08\0\0\0" + serialize(entries, 8, Layout("<", False))


def descriptive(entries: Directory) -> Directory:
    """The entries that describe the picture, without those that describe how its pixels are stored."""
    selected = {tag: entry for tag, entry in entries.items() if tag in _DESCRIPTIVE}
    exif = selected.get(EXIF)
    if exif and isinstance(exif.value, dict):
        selected[EXIF] = Entry(4, {tag: entry for tag, entry in exif.value.items() if tag not in _PIXEL_SIZE})
    return selected


def add_to_tiff(file: bytes, entries: Directory) -> bytes:
    """The TIFF file with entries added to its first directory, which is written anew at the end of the file.

    Entries that the file already has are unchanged. Raises ValueError if the file is not a TIFF.
    """
    form = layout(file)
    offset, directory = _extended_directory(file, entries, form)
    header = file[: form.first] + form.word.pack(offset)
    return b"".join((header, memoryview(file)[len(header) :], bytes(offset - len(file)), directory))


def add_to_tiff_file(file: BinaryIO, entries: Directory) -> None:
    """The same as `add_to_tiff` for an open file that can be read and written, without reading all of it."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        form = layout(data)
        offset, directory = _extended_directory(data, entries, form)
    file.seek(offset)
    file.write(directory)
    file.seek(form.first)
    file.write(form.word.pack(offset))


def _extended_directory(file: bytes | mmap.mmap, entries: Directory, form: Layout) -> tuple[int, bytes]:
    """(even file offset past the end, the first directory with entries added, to be written there)."""
    (old,) = form.word.unpack_from(file, form.first)
    size = form.row.size
    directory = {tag: file[at - size + form.word.size : at + form.word.size] for tag, _, _, at in rows(file, old, form)}
    new = {tag: entry for tag, entry in entries.items() if tag not in directory}
    link = file[old + form.head.size + len(directory) * size :][: form.word.size]
    at = len(file) + len(file) % 2
    head = form.head.size + (len(directory) + len(new)) * size + form.word.size
    added, body = rows_of(new, at + head, form)
    directory |= added
    return at, form.head.pack(len(directory)) + b"".join(directory[tag] for tag in sorted(directory)) + link + body


def make_upright(exif: bytes) -> bytes | None:
    """The EXIF block, prefix included, with orientation 1 and no thumbnail; None if it is damaged.

    Everything else stays at its offset, because maker notes contain offsets that cannot be updated.
    """
    data = bytearray(exif.removeprefix(PREFIX))
    try:
        form = layout(data)
        (offset,) = form.word.unpack_from(data, form.first)
        directory = list(rows(data, offset, form))
        for tag, kind, _, value_offset in directory:
            if tag == ORIENTATION and kind == 3:
                struct.pack_into(form.order + "H", data, value_offset, 1)
        link = offset + form.head.size + len(directory) * form.row.size
        form.word.pack_into(data, link, 0)  # the second directory holds the thumbnail
    except (struct.error, OverflowError, ValueError):
        return None
    return PREFIX + bytes(data)


def has_alpha(file: Data, offset: int | None = None) -> bool:
    """Whether the first channel beyond the colours of a TIFF file's page is alpha, by its ExtraSamples."""
    try:
        entries = read_directory(file, first(file) if offset is None else offset, (_EXTRA_SAMPLES,))
    except ValueError:
        return False
    return _EXTRA_SAMPLES in entries and entries[_EXTRA_SAMPLES].numbers()[:1] in ((1,), (2,))


def has_all_strips(file: Data, offset: int | None = None) -> bool:
    """Whether every uncompressed strip or tile of a TIFF file's page lies inside the file.

    offset: of the page's directory in the file, by default the first one's.

    Missing compressed ones cause an error when they are decoded.
    """
    try:
        entries = read(file, offset)
    except ValueError:
        return False
    if _COMPRESSION in entries and entries[_COMPRESSION].numbers() != (1,):
        return True
    for offsets, counts in STRIPS:
        if offsets in entries and counts in entries:
            pairs = zip(entries[offsets].numbers(), entries[counts].numbers(), strict=False)
            return all(start + count <= len(file) for start, count in pairs)
    return True
