"""The language of `--keep`: what keeps its colour, as terms added with + and subtracted with -.

keep     = step { ("+" | "-" | ",") step }      a comma repeats the sign before it: all - person, dog
step     = term [ "=" strength ]                strength 0..1
term     = "subject" | "all" | class [ ":" number ] [ "." part ] | "@" x "," y [ "," x "," y ] [ "@" time ]
         | "hue:" degrees "-" degrees | "file:" name | quoted name
part     = "skin" | "hair" | "clothes"          of a person
x, y     = number [ "%" ]                       pixels of the upright photo, or percent of its width and height
time     = [ [ hours ":" ] minutes ":" ] seconds [ "s" ]        of a film

Words may be in capitals, and spaces stand anywhere between. A name of a file goes on to the next space, plus, comma,
equals sign or quote; in quotes, single or double, it may hold anything, a doubled quote for one of its own.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator

from handtint.errors import OptionError
from handtint.keep.terms import (
    BARE,
    CLASSES,
    Box,
    Class,
    Everything,
    Hue,
    Length,
    MaskFile,
    Point,
    Step,
    Subject,
    Term,
)
from handtint.types import PARTS

MOST = 1e6  # pixels: no photo has a longer side

_SPACE = re.compile(r"\s*")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_WHOLE = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")  # a number that a full stop may follow
_PERCENT = re.compile(r"\s*%")
_TIME = re.compile(r"(?:(?:(?P<hours>[0-9]{1,4}):)?(?P<minutes>[0-9]{1,4}):)?(?P<seconds>[0-9]{1,9}(?:\.[0-9]*)?)\s*s?")
_WORD = re.compile(r"[^\W\d]\w*")
_QUOTED = re.compile(r"\"((?:[^\"]|\"\")*)\"|'((?:[^']|'')*)'")


def parse(text: str, *, name: str = "keep") -> tuple[Step, ...]:
    """Parse `keep` into steps. Raises OptionError, naming the wrong part, its place, and what may have been meant.

    name: of the setting, with which the error begins.
    """
    reader = _Reader(text, name)
    reader.skip()
    if reader.peek() in ("", "-"):
        wrong = "nothing to take subtract from: begin with all or subject" if reader.peek() else "names nothing to keep"
        raise OptionError(f"{name}: {text!r}: {wrong}")
    reader.take("+")
    return tuple(_steps(reader))


def _steps(reader: _Reader) -> Iterator[Step]:
    subtract = False
    while True:
        yield _step(reader, subtract)
        sign = reader.take("+-,")
        if not sign:
            break
        subtract = subtract if sign == "," else sign == "-"
    if reader.peek():
        hint = "; a mask from a file is file:mask.png" if reader.peek() in "./\\" else ""
        raise reader.wrong(reader.rest(), f"expected +, -, a comma or = here{hint}")


class _Reader:
    """A text and how far it has been read."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name, self.at = text, name, 0

    def peek(self) -> str:
        """The next character, or "" at the end."""
        return self.text[self.at : self.at + 1]

    def skip(self) -> None:
        """Go past spaces."""
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]

    def take(self, characters: str) -> str:
        """Read one of the characters, and the spaces around it, or nothing: ""."""
        self.skip()
        token = self.peek()
        if not token or token not in characters:
            return ""
        self.at += 1
        self.skip()
        return token

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what the pattern matches here."""
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def rest(self) -> str:
        """What would be read next, for a message: up to the next sign."""
        return re.split(r"(?<=.)[\s+,=-]", self.text[self.at :], maxsplit=1)[0]

    def wrong(self, part: str, why: str, at: int | None = None) -> OptionError:
        """The error that names a part of the text and its place, counted from 1."""
        place = (self.at if at is None else at) + 1
        return OptionError(f"{self.name}: {part!r} at character {place}: {why}")


def _step(reader: _Reader, subtract: bool) -> Step:
    term = _term(reader)
    if not reader.take("="):
        return Step(term, subtract=subtract)
    at = reader.at
    strength = _number(reader, "a strength between 0 and 1")
    if strength > 1:
        raise reader.wrong(reader.text[at : reader.at], "a strength is between 0 and 1", at)
    return Step(term, strength, subtract)


def _term(reader: _Reader) -> Term:
    if reader.peek() == "@":
        return _place(reader)
    if reader.peek() in ('"', "'"):
        return _quoted(reader)
    at = reader.at
    word = reader.match(_WORD)
    if not word:
        raise reader.wrong(reader.rest(), f"expected {_KINDS}")
    name = word[0].lower()
    if name in _PREFIXES and reader.take(":"):
        return _PREFIXES[name](reader, at)
    return _named(reader, name, at)


_KINDS = "subject, all, a class, @x,y, hue:20-50 or file:mask.png"


def _named(reader: _Reader, name: str, at: int) -> Term:
    if name in ("subject", "all"):
        return Subject() if name == "subject" else Everything()
    if name not in CLASSES:
        raise _unknown(reader, at)
    number = _instance(reader, name, at) if reader.take(":") else None
    return Class(name, number, _part(reader, name) if reader.peek() == "." else "")


def _instance(reader: _Reader, name: str, at: int) -> int:
    number = reader.match(_WHOLE)
    if not number or not number[0].isdecimal() or not 1 <= int(number[0][:9]) < 10**8:
        wrong = number[0] if number else reader.rest()
        raise reader.wrong(f"{name}:{wrong}", "an instance is a number from 1, the largest: person:1", at)
    return int(number[0])


def _part(reader: _Reader, name: str) -> str:
    at = reader.at
    reader.at += 1
    word = reader.match(_WORD)
    part = word[0].lower() if word else ""
    if name == "person" and part in PARTS:
        return part
    reader.at = at
    parts = f"a person's parts are {', '.join(f'person.{one}' for one in PARTS)}; a mask from a file is file:mask.png"
    raise reader.wrong(reader.rest(), f"expected +, -, a comma or = here; {parts}")


def _unknown(reader: _Reader, at: int) -> OptionError:
    name = (re.match(r"[^\s+,=:@\"'-]+", reader.text[at:]) or [""])[0]
    if name.lower() in _PREFIXES:
        return reader.wrong(name, f"expected a colon, as in {'hue:20-50' if name == 'hue' else 'file:mask.png'}", at)
    if re.search(r"[./\\]", name):
        return reader.wrong(name, f"unknown class; a mask from a file is file:{name}", at)
    near = difflib.get_close_matches(name.lower(), (*CLASSES, "subject", "all", *_PREFIXES), 1)
    hint = f"did you mean {near[0]!r}?" if near else f"use subject, all or any of {', '.join(CLASSES)}"
    return reader.wrong(name, f"unknown class; {hint}", at)


def _place(reader: _Reader) -> Point | Box:
    start = reader.at
    reader.take("@")
    lengths = [_length(reader)]
    while _comma_and_number(reader):
        lengths.append(_length(reader))
    text = reader.text[start : reader.at]
    if len(lengths) not in (2, 4):
        raise reader.wrong(text, f"a point has 2 numbers and a box 4, not {len(lengths)}", start)
    if len(lengths) == 4:
        _check_corners(reader, text, start, lengths)
    at = _moment(reader) if reader.take("@") else None
    if len(lengths) == 2:
        return Point(lengths[0], lengths[1], at)
    return Box(lengths[0], lengths[1], lengths[2], lengths[3], at)


def _moment(reader: _Reader) -> float:
    match = reader.match(_TIME)
    if not match:
        raise reader.wrong(reader.rest(), "expected a time in a film: 12.5s or 1:02:03")
    return _seconds(match)


def seconds(text: str) -> float:
    """The seconds of a time such as 12.5, 12.5s, 2:05 or 1:02:03.5. Raises ValueError."""
    match = _TIME.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a time: 12.5s or 1:02:03")
    return _seconds(match)


def _seconds(match: re.Match[str]) -> float:
    return 3600.0 * int(match["hours"] or 0) + 60.0 * int(match["minutes"] or 0) + float(match["seconds"])


def _check_corners(reader: _Reader, text: str, start: int, lengths: list[Length]) -> None:
    for near, far in (lengths[::2], lengths[1::2]):
        if near.percent == far.percent and near.value >= far.value:
            raise reader.wrong(text, "a box goes from its upper left corner to its lower right one", start)


def _comma_and_number(reader: _Reader) -> bool:
    """Read a comma that a number follows; a comma before another term is left for the next step."""
    before = reader.at
    if reader.take(",") and (_NUMBER.match(reader.text, reader.at) or reader.peek() in ("", "-")):
        return True
    reader.at = before
    return False


def _length(reader: _Reader) -> Length:
    at = reader.at
    value = _number(reader, "a number of pixels or percent")
    percent = bool(reader.match(_PERCENT))
    if value > (100 if percent else MOST):
        most = "100%" if percent else f"{MOST:.0f} pixels"
        raise reader.wrong(reader.text[at : reader.at], f"farther than {most}", at)
    return Length(value, percent)


def _number(reader: _Reader, what: str) -> float:
    match = reader.match(_NUMBER)
    if not match:
        raise reader.wrong(reader.rest(), f"expected {what}")
    return float(match[0])


def _hue(reader: _Reader, start: int) -> Hue:
    low = _number(reader, "a range of hues: hue:20-50")
    if not reader.take("-"):
        raise reader.wrong(reader.text[start : reader.at], "expected a range of hues: hue:20-50", start)
    high = _number(reader, "a range of hues: hue:20-50")
    if max(low, high) > 360:
        raise reader.wrong(reader.text[start : reader.at], "hues are degrees from 0 to 360", start)
    return Hue(low, high)


def _file(reader: _Reader, start: int) -> MaskFile:
    if reader.peek() in ('"', "'"):
        return _quoted(reader)
    name = reader.match(BARE)
    if not name:
        raise reader.wrong(reader.text[start : reader.at], "expected the name of a mask file: file:mask.png", start)
    return MaskFile(name[0])


def _quoted(reader: _Reader) -> MaskFile:
    at, quote = reader.at, reader.peek()
    match = reader.match(_QUOTED)
    if not match:
        raise reader.wrong(reader.text[at:], f"the closing {quote} is missing", at)
    name = match[0][1:-1].replace(quote * 2, quote)
    if not name or "\0" in name:
        raise reader.wrong(match[0], "not the name of a file", at)
    return MaskFile(name)


_PREFIXES: dict[str, Callable[[_Reader, int], Term]] = {"hue": _hue, "file": _file}
