"""The language of `--hint`: what colour something was, as WHERE=COLOUR.

hint   = [ "page:" number ] where "=" colour
where  = what `keep` can name: a point, a box, one object, a mask file, added with + and subtracted with -
colour = "#rrggbb" | a CSS colour name, "gray" among them
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from handtint.errors import OptionError
from handtint.keep.parser import parse
from handtint.keep.terms import Point, Step, show
from handtint.settings import hint as nearest

_PAGE = re.compile(r"\s*page\s*:\s*([0-9]{1,6})(?![0-9])\s*", re.IGNORECASE)
_HEX = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Hint:
    """A known colour. where: what has it, as steps of `keep`. rgb: sRGB 0..255. page: of the photo, from 1."""

    where: tuple[Step, ...]
    rgb: tuple[int, int, int]
    page: int = 1

    @property
    def point(self) -> Point | None:
        """The point, if the hint names only that; its colour is propagated over its surroundings."""
        is_point = len(self.where) == 1 and isinstance(self.where[0].term, Point)
        return self.where[0].term if is_point else None  # type: ignore[return-value]

    def __str__(self) -> str:
        page = "" if self.page == 1 else f"page:{self.page} "
        return f"{page}{show(self.where)}=#{bytes(self.rgb).hex()}"


def parse_hint(text: str) -> Hint:
    """Parse a hint. Raises OptionError, which names the wrong part and suggests a correction."""
    target, separator, color = text.rpartition("=")
    if not separator or not target.strip():
        raise OptionError(f"hint: {text!r} is not WHERE=COLOUR, as in @52%,60%=navy or person:1=#8a2b22")
    page = _PAGE.match(target)
    steps = parse(target[page.end() :] if page else target, name="hint")
    number = int(page[1]) if page else 1
    if number < 1:
        raise OptionError(f"hint: {text!r}: the number of a page is at least 1")
    return Hint(steps, rgb_of(color), number)


def rgb_of(text: str) -> tuple[int, int, int]:
    """The sRGB 0..255 of "#rrggbb" or a CSS name. Raises OptionError, which suggests the nearest name."""
    word = text.strip().lower()
    names = _names()
    if not _HEX.fullmatch(names.get(word, word)):
        suggestion = nearest(word, names)
        raise OptionError(f"hint: unknown colour {text.strip()!r}; {suggestion if 'mean' in suggestion else _COLORS}")
    red, green, blue = bytes.fromhex(names.get(word, word)[1:])
    return red, green, blue


_COLORS = "a colour is #rrggbb, a CSS name as navy, or gray"


def _names() -> dict[str, str]:
    """CSS's colour names, each with its #rrggbb."""
    from PIL.ImageColor import colormap  # imported here: `handtint --help` must not import an image library

    return {name: value if isinstance(value, str) else f"#{bytes(value[:3]).hex()}" for name, value in colormap.items()}
