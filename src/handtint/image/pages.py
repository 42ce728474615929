"""The pages of a TIFF file: which of its directories are pictures of their own."""

from __future__ import annotations

from dataclasses import dataclass

from handtint.image import tiff

_SUBFILE = 0x00FE
_REDUCED, _MASK = 1, 4  # a smaller copy of another page; a mask of one


@dataclass(frozen=True, slots=True)
class Page:
    """A picture of a file: its number as libvips counts, and the file offset of its TIFF directory, if it has one."""

    number: int = 0
    at: int | None = None


def find(data: bytes, most: int) -> list[Page]:
    """The pages of a TIFF file, at most `most` directories; small copies and masks of others are not pages.

    Raises ValueError where there is no directory, or the file is cut short before the last.
    """
    found = [Page(number, at) for number, at in enumerate(tiff.directories(data, most))]
    return [page for page in found if page.number == 0 or not _kind(data, page) & (_REDUCED | _MASK)]


def _kind(data: bytes, page: Page) -> int:
    entry = tiff.read(data, page.at or 0, {_SUBFILE}).get(_SUBFILE)
    return (entry.numbers() or (0,))[0] if entry else 0
