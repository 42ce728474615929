"""The pages of a TIFF file: its directories without thumbnails and masks."""

from __future__ import annotations

from dataclasses import dataclass

from handtint.image.metadata import tiff

_SUBFILE, _WIDTH, _HEIGHT = 0x00FE, 0x0100, 0x0101
_MAX_SIDE = 10_000_000  # pixels: libvips' own limit, beyond which it prints to standard error
_TAGS = (_SUBFILE, _WIDTH, _HEIGHT)
_REDUCED, _MASK = 1, 4  # a smaller copy of another page; a mask of one


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its number in libvips, and the file offset of its TIFF directory, if it has one."""

    number: int = 0
    offset: int | None = None


def find(data: tiff.Data, max_pages: int) -> list[Page]:
    """The pages of a TIFF file, among its first `max_pages` directories, without thumbnails and masks.

    Raises ValueError if there is no directory, or the file is truncated before the last one.
    """
    page_list = [Page(number, offset) for number, offset in enumerate(tiff.directories(data, max_pages))]
    return [page for page in page_list if _is_picture(data, page)]


def _is_picture(data: tiff.Data, page: Page) -> bool:
    """Whether a directory is a page: the first, or one that is no copy or mask. Raises ValueError for bad sizes."""
    entries = tiff.read(data, page.offset or 0, _TAGS)
    kind, *sides = (max(entries[tag].numbers(), default=0) if tag in entries else 0 for tag in _TAGS)
    if max(sides) > _MAX_SIDE:
        raise ValueError("sides of millions of pixels")
    return page.number == 0 or not kind & (_REDUCED | _MASK)
