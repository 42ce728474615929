"""EXIF as TIFF directories: read, made upright, and carried in and out of TIFF files.

libvips keeps the EXIF of JPEG, PNG and WebP as one block ("Exif" + a little TIFF file) but neither reads nor writes
the EXIF of a TIFF file, whose entries stand in its first directory among those that describe the pixels.

Sources: TIFF 6.0 (Adobe 1992), the BigTIFF layout of libtiff, Exif 2.32 (CIPA DC-008).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

PREFIX = b"Exif\0\0"
ORIENTATION, IPTC, EXIF, COLOR_SPACE = 0x0112, 0x83BB, 0x8769, 0xA001
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x011A, 0x011B, 0x0128
_STRIPS = ((0x0111, 0x0117), (0x0144, 0x0145))  # offsets and byte counts, of strips and of tiles
_COMPRESSION = 0x0103
_PIXEL_SIZE = (0xA002, 0xA003)  # width and height once more: a TIFF says them itself
_POINTERS = {EXIF, 0x8825, 0xA005}  # directories within directories: Exif, GPS, interoperability
# what a TIFF may be given: names, dates, rights, what it shows; 0x9C9B.. are Windows' title, comment, author, keywords
_DESCRIPTIVE = {0x010D, 0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x4746, 0x4749, 0x8298, IPTC}
_DESCRIPTIVE |= {EXIF, 0x8825, *range(0x9C9B, 0x9CA0)}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_RATIONALS = {5, 10}  # two numbers each
_STORAGE = {tag for pair in _STRIPS for tag in pair} | {_COMPRESSION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT}
_WANTED = _DESCRIPTIVE | _STORAGE
_MOST = 4096  # entries of one directory; real ones have tens
_MOST_BYTES = 1 << 26  # of all directories together
_DEPTH = 3  # directories within directories


def _number_size(kind: int) -> int:
    return 4 if kind in _RATIONALS else _SIZES[kind]


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a directory.

    kind: TIFF's field type, a key of _SIZES. value: its bytes, numbers little-endian whatever the file's order;
    or, for an entry that points to a directory, that directory.
    """

    kind: int
    value: bytes | Directory

    def numbers(self) -> tuple[int, ...]:
        """The values of an entry of unsigned integers; of a rational, numerator and denominator alternate."""
        if not isinstance(self.value, bytes):
            return ()
        size = _number_size(self.kind)
        return tuple(int.from_bytes(self.value[i : i + size], "little") for i in range(0, len(self.value), size))


Directory = dict[int, Entry]


@dataclass(frozen=True, slots=True)
class _Layout:
    """How numbers stand in a TIFF file: order "<" or ">", and the wider fields of BigTIFF."""

    order: str
    big: bool

    @property
    def head(self) -> struct.Struct:
        return struct.Struct(self.order + ("Q" if self.big else "H"))

    @property
    def word(self) -> struct.Struct:
        return struct.Struct(self.order + ("Q" if self.big else "I"))

    @property
    def row(self) -> struct.Struct:
        return struct.Struct(self.order + ("HHQ8s" if self.big else "HHI4s"))

    @property
    def first(self) -> int:
        return 8 if self.big else 4  # where the header says the place of the first directory

    def little(self, value: bytes, kind: int) -> bytes:
        """The value with its numbers turned from this order to little-endian, or back."""
        size = _number_size(kind)
        if self.order == "<" or size == 1:
            return value
        return b"".join(value[i : i + size][::-1] for i in range(0, len(value), size))


def _layout(data: bytes | bytearray) -> _Layout:
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]))
    magic = struct.unpack_from(f"{order}H", data, 2)[0] if order and len(data) >= 8 else 0
    if order is None or magic not in (42, 43):
        raise ValueError("not a TIFF header")
    return _Layout(order, magic == 43)


def _rows(data: bytes | bytearray, at: int, layout: _Layout) -> Iterator[tuple[int, int, int, int]]:
    """Tag, type, count and the place of the value field of each entry of the directory at a file offset."""
    (count,) = layout.head.unpack_from(data, at)
    if count > _MOST:
        raise ValueError("too many entries")
    for i in range(count):
        place = at + layout.head.size + i * layout.row.size
        tag, kind, number, _ = layout.row.unpack_from(data, place)
        yield tag, kind, number, place + layout.row.size - layout.word.size


def read(data: bytes) -> Directory:
    """What handtint uses of a TIFF file's first directory, or of an EXIF block's with or without its prefix.

    Entries that cannot be read are left out. Raises ValueError where there is no directory at all.
    """
    data = data.removeprefix(PREFIX)
    try:
        layout = _layout(data)
        (first,) = layout.word.unpack_from(data, layout.first)
        return _Reader(data, layout, left=min(2 * len(data), _MOST_BYTES)).directory(first, 1)
    except struct.error as error:
        raise ValueError("a damaged TIFF directory") from error


@dataclass(slots=True)
class _Reader:
    """Reads directories, never more in all than the data can hold: entries of a hostile file may overlap."""

    data: bytes
    layout: _Layout
    left: int  # bytes that may still be read

    def directory(self, at: int, depth: int) -> Directory:
        found: Directory = {}
        for tag, kind, number, place in _rows(self.data, at, self.layout):
            self._spend(self.layout.row.size)
            if depth == 1 and tag not in _WANTED:
                continue
            value = self._value(kind, number, place)
            if value is None:
                continue
            if tag not in _POINTERS:
                found[tag] = Entry(kind, value)
            elif depth < _DEPTH:
                found |= self._inner(tag, kind, value, depth)
        return found

    def _spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise ValueError("more entries than bytes")

    def _value(self, kind: int, number: int, place: int) -> bytes | None:
        size, word = _SIZES.get(kind, 0) * number, self.layout.word
        where = place if size <= word.size else word.unpack_from(self.data, place)[0]
        if not 0 < size <= len(self.data) - where:
            return None
        self._spend(size)
        return self.layout.little(self.data[where : where + size], kind)

    def _inner(self, tag: int, kind: int, value: bytes, depth: int) -> Directory:
        try:
            return {tag: Entry(kind, self.directory(int.from_bytes(value, "little"), depth + 1))}
        except struct.error:
            return {}


def _rows_of(entries: Directory, at: int, layout: _Layout) -> tuple[dict[int, bytes], bytes]:
    """Each entry as its row, and behind them, from file offset `at` on, the values too long for a row."""
    rows: dict[int, bytes] = {}
    body = bytearray()
    for tag, entry in entries.items():
        if isinstance(entry.value, bytes):
            value, kind = layout.little(entry.value, entry.kind), entry.kind
            number = len(value) // _SIZES[kind]
            field = value if len(value) <= layout.word.size else layout.word.pack(at + len(body))
            body += b"" if len(value) <= layout.word.size else value + bytes(len(value) % 2)
        else:
            kind, number, field = 16 if layout.big else 4, 1, layout.word.pack(at + len(body))
            body += _written(entry.value, at + len(body), layout)
        rows[tag] = layout.row.pack(tag, kind, number, field)
    return rows, bytes(body)


def _written(entries: Directory, at: int, layout: _Layout) -> bytes:
    head = layout.head.size + len(entries) * layout.row.size + layout.word.size
    rows, body = _rows_of(entries, at + head, layout)
    return layout.head.pack(len(rows)) + b"".join(rows[tag] for tag in sorted(rows)) + bytes(layout.word.size) + body


def block(entries: Directory) -> bytes:
    """An EXIF block, prefix included, of a directory."""
    return PREFIX + b"II*\0\x08\0\0\0" + _written(entries, 8, _Layout("<", False))


def described(entries: Directory) -> Directory:
    """The entries that say what a picture is, not how its pixels are stored."""
    kept = {tag: entry for tag, entry in entries.items() if tag in _DESCRIPTIVE}
    exif = kept.get(EXIF)
    if exif and isinstance(exif.value, dict):
        kept[EXIF] = Entry(4, {tag: entry for tag, entry in exif.value.items() if tag not in _PIXEL_SIZE})
    return kept


def into_tiff(file: bytes, entries: Directory) -> bytes:
    """The TIFF file with entries added to its first directory, which is written anew at the end of the file.

    Entries that the file has already are left as they are. Raises ValueError if the file is not a TIFF.
    """
    layout = _layout(file)
    (old,) = layout.word.unpack_from(file, layout.first)
    size = layout.row.size
    rows = {
        tag: file[at - size + layout.word.size : at + layout.word.size] for tag, _, _, at in _rows(file, old, layout)
    }
    new = {tag: entry for tag, entry in entries.items() if tag not in rows}
    link = file[old + layout.head.size + len(rows) * size :][: layout.word.size]
    at = len(file) + len(file) % 2
    head = layout.head.size + (len(rows) + len(new)) * size + layout.word.size
    added, body = _rows_of(new, at + head, layout)
    rows |= added
    directory = layout.head.pack(len(rows)) + b"".join(rows[tag] for tag in sorted(rows)) + link
    header = file[: layout.first] + layout.word.pack(at)
    return b"".join((header, memoryview(file)[len(header) :], bytes(at - len(file)), directory, body))


def upright(exif: bytes) -> bytes | None:
    """The EXIF block, prefix included, with orientation 1 and no thumbnail; None where it is damaged.

    Everything else stays where it is, for the makers' notes hold offsets that no rewriting can follow.
    """
    data = bytearray(exif.removeprefix(PREFIX))
    try:
        layout = _layout(data)
        (at,) = layout.word.unpack_from(data, layout.first)
        rows = list(_rows(data, at, layout))
        for tag, kind, _, place in rows:
            if tag == ORIENTATION and kind == 3:
                struct.pack_into(layout.order + "H", data, place, 1)
        link = at + layout.head.size + len(rows) * layout.row.size
        layout.word.pack_into(data, link, 0)  # the second directory holds the thumbnail
    except (struct.error, ValueError):
        return None
    return PREFIX + bytes(data)


def is_whole(file: bytes) -> bool:
    """Whether every uncompressed strip or tile of a TIFF file's first picture lies inside the file.

    Compressed ones that do not are found out when they are decoded.
    """
    try:
        entries = read(file)
    except ValueError:
        return False
    if _COMPRESSION in entries and entries[_COMPRESSION].numbers() != (1,):
        return True
    for offsets, counts in _STRIPS:
        if offsets in entries and counts in entries:
            pairs = zip(entries[offsets].numbers(), entries[counts].numbers(), strict=False)
            return all(offset + count <= len(file) for offset, count in pairs)
    return True
