"""The pages of a TIFF file: its directories without thumbnails and masks."""

from __future__ import annotations

from dataclasses import dataclass

from handtint.image.metadata import tiff

_SUBFILE, _WIDTH, _HEIGHT = 0x00FE, 0x0100, 0x0101
_LONGEST = 10_000_000  # pixels a side, libvips' own limit: past it it complains on standard error
_TAGS = (_SUBFILE, _WIDTH, _HEIGHT)
_REDUCED, _MASK = 1, 4  # a smaller copy of another page; a mask of one


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its number in libvips, and the file offset of its TIFF directory, if it has one."""

    number: int = 0
    at: int | None = None


def find(data: tiff.Data, most: int) -> list[Page]:
    """The pages of a TIFF file, among its first `most` directories, without thumbnails and masks.

    Raises ValueError if there is no directory, or the file is truncated before the last one.
    """
    located = [Page(number, at) for number, at in enumerate(tiff.directories(data, most))]
    return [page for page in located if _is_picture(data, page)]


def _is_picture(data: tiff.Data, page: Page) -> bool:
    """Whether a directory is a page: the first, or one that belongs to no other. Raises ValueError for bad sizes."""
    entries = tiff.read(data, page.at or 0, _TAGS)
    kind, *sides = (max(entries[tag].numbers(), default=0) if tag in entries else 0 for tag in _TAGS)
    if max(sides) > _LONGEST:
        raise ValueError("sides of millions of pixels")
    return page.number == 0 or not kind & (_REDUCED | _MASK)
