"""The directories of TIFF files, classic and BigTIFF: read, written, chained, joined.

Sources: TIFF 6.0 (Adobe 1992), the BigTIFF layout of libtiff, Exif 2.32 (CIPA DC-008).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

Data = bytes | bytearray | mmap.mmap
EXIF, GPS = 0x8769, 0x8825
STRIPS = ((0x0111, 0x0117), (0x0144, 0x0145))  # offsets and byte counts, of strips and of tiles
_POINTERS = {EXIF, GPS, 0xA005}  # directories within directories: Exif, GPS, interoperability
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_RATIONALS = {5, 10}  # two numbers each
_MAX_ENTRIES = 4096  # entries of one directory; real ones have tens
_MAX_BYTES = 1 << 26  # of all directories together
_MAX_DEPTH = 3  # directories within directories


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
class Layout:
    """The byte order of a TIFF file, "<" or ">", and whether it is a BigTIFF with wider fields."""

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
        return 8 if self.big else 4  # position in the header of the offset of the first directory

    def little(self, value: bytes, kind: int) -> bytes:
        """The value with its numbers converted from this byte order to little-endian, or back."""
        size = _number_size(kind)
        if self.order == "<" or size == 1:
            return value
        return b"".join(value[i : i + size][::-1] for i in range(0, len(value), size))


def layout(data: Data) -> Layout:
    """The layout of a TIFF file, or of an EXIF block without its prefix. Raises ValueError, struct.error."""
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]))
    magic = struct.unpack_from(f"{order}H", data, 2)[0] if order and len(data) >= 8 else 0
    if order is None or magic not in (42, 43):
        raise ValueError("not a TIFF header")
    return Layout(order, magic == 43)


def rows(data: Data, offset: int, layout: Layout) -> Iterator[tuple[int, int, int, int]]:
    """(tag, type, count, offset of the value field) of each entry in the directory at a file offset."""
    (count,) = layout.head.unpack_from(data, offset)
    if count > _MAX_ENTRIES:
        raise ValueError("too many entries")
    for i in range(count):
        row_offset = offset + layout.head.size + i * layout.row.size
        tag, kind, number, _ = layout.row.unpack_from(data, row_offset)
        yield tag, kind, number, row_offset + layout.row.size - layout.word.size


def first(data: Data) -> int:
    """The file offset of the first directory. Raises ValueError if there is none."""
    try:
        form = layout(data)
        (offset,) = form.word.unpack_from(data, form.first)
    except (struct.error, OverflowError) as error:
        raise ValueError("a damaged TIFF header") from error
    return int(offset)


def read(data: Data, offset: int, tags: Container[int] | None = None) -> Directory:
    """The directory at a file offset: all of its entries, or those with the given tags.

    Entries that cannot be read are left out. Raises ValueError if there is no directory at all.
    """
    try:
        return _Reader(data, layout(data), tags, budget=min(2 * len(data), _MAX_BYTES)).directory(offset, 1)
    except (struct.error, OverflowError) as error:
        raise ValueError("a damaged TIFF directory") from error


def directories(data: Data, max_count: int) -> list[int]:
    """The file offsets of the chained directories, one per page, at most the first `max_count`.

    Raises ValueError if there is none, or if the chain leads beyond the end of a truncated file.
    """
    offsets: list[int] = []
    offset, form = first(data), layout(data)
    try:
        while offset and offset not in offsets and len(offsets) < max_count:
            offsets.append(offset)
            (offset,) = form.word.unpack_from(data, _link(data, offset, form))
    except (struct.error, OverflowError) as error:
        raise ValueError("a chain of TIFF directories that is cut short") from error
    if not offsets:
        raise ValueError("no TIFF directory")
    return offsets


@dataclass(slots=True)
class _Reader:
    """A reader of directories that reads at most `budget` bytes, since entries of a hostile file may overlap."""

    data: Data
    layout: Layout
    tags: Container[int] | None  # of the first directory, None for all
    budget: int  # bytes that may still be read

    def directory(self, offset: int, depth: int) -> Directory:
        entries: Directory = {}
        for tag, kind, number, value_offset in rows(self.data, offset, self.layout):
            self._spend(self.layout.row.size)
            if depth == 1 and self.tags is not None and tag not in self.tags:
                continue
            value = self._value(kind, number, value_offset)
            if value is None:
                continue
            if tag not in _POINTERS:
                entries[tag] = Entry(kind, value)
            elif depth < _MAX_DEPTH:
                entries |= self._inner(tag, kind, value, depth)
        return entries

    def _spend(self, size: int) -> None:
        self.budget -= size
        if self.budget < 0:
            raise ValueError("more entries than bytes")

    def _value(self, kind: int, number: int, value_offset: int) -> bytes | None:
        size, word = _SIZES.get(kind, 0) * number, self.layout.word
        start = value_offset if size <= word.size else word.unpack_from(self.data, value_offset)[0]
        if not 0 < size <= len(self.data) - start:
            return None
        self._spend(size)
        return self.layout.little(bytes(self.data[start : start + size]), kind)

    def _inner(self, tag: int, kind: int, value: bytes, depth: int) -> Directory:
        try:
            return {tag: Entry(kind, self.directory(int.from_bytes(value, "little"), depth + 1))}
        except (struct.error, OverflowError):  # an offset beyond all files
            return {}


def rows_of(entries: Directory, offset: int, layout: Layout) -> tuple[dict[int, bytes], bytes]:
    """(the entries as rows, the values that are too long for a row, to be stored from the file offset on)."""
    rows: dict[int, bytes] = {}
    body = bytearray()
    for tag, entry in entries.items():
        if isinstance(entry.value, bytes):
            value, kind = layout.little(entry.value, entry.kind), entry.kind
            number = len(value) // _SIZES[kind]
            field = value if len(value) <= layout.word.size else layout.word.pack(offset + len(body))
            body += b"" if len(value) <= layout.word.size else value + bytes(len(value) % 2)
        else:
            kind, number, field = 16 if layout.big else 4, 1, layout.word.pack(offset + len(body))
            body += serialize(entry.value, offset + len(body), layout)
        rows[tag] = layout.row.pack(tag, kind, number, field)
    return rows, bytes(body)


def serialize(entries: Directory, offset: int, layout: Layout) -> bytes:
    """The bytes of a directory, the last of its chain, followed by its long values. offset: where it will be stored."""
    head = layout.head.size + len(entries) * layout.row.size + layout.word.size
    rows, body = rows_of(entries, offset + head, layout)
    return layout.head.pack(len(rows)) + b"".join(rows[tag] for tag in sorted(rows)) + bytes(layout.word.size) + body


def join(pages: Sequence[bytes]) -> bytes:
    """TIFF files of one picture each and of one layout, joined into one file. Raises ValueError, struct.error."""
    out = bytearray(pages[0])
    form = layout(out)
    link = _link(out, first(pages[0]), form)
    for page in pages[1:]:
        base = _pad_to_even(out)
        out += page
        entries = _relocated(read(page, first(page)), base, form)
        offset = _pad_to_even(out)
        out += serialize(entries, offset, form)
        form.word.pack_into(out, link, offset)
        link = _link(out, offset, form)
    return bytes(out)


def _pad_to_even(out: bytearray) -> int:
    """The length of the file, rounded up to an even number: directories start at even offsets."""
    out += bytes(len(out) % 2)
    return len(out)


def _link(data: Data, offset: int, form: Layout) -> int:
    """The offset at which the directory at a file offset stores the link to the next one."""
    (count,) = form.head.unpack_from(data, offset)
    return int(offset + form.head.size + count * form.row.size)


def _relocated(entries: Directory, base: int, form: Layout) -> Directory:
    """The entries of a file that is moved to the offset `base`."""
    kind = 16 if form.big else 4
    for tag, _ in STRIPS:
        if tag in entries:
            offsets = [place + base for place in entries[tag].numbers()]
            value = b"".join(place.to_bytes(_SIZES[kind], "little") for place in offsets)
            entries[tag] = Entry(kind, value)
    return entries
