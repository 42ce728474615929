"""The language of `--keep`: what keeps its colour, as terms added with + and subtracted with -.

keep     = step { ("+" | "-" | ",") step }      a comma repeats the sign before it: all - person, dog
step     = term [ "=" strength ]                strength 0..1
term     = "subject" | "all" | class [ ":" number ] [ "." part ] | "@" x "," y [ "," x "," y ] [ "@" time ]
         | "hue:" degrees "-" degrees | "file:" name | quoted name
part     = "skin" | "hair" | "clothes"          of a person
x, y     = number [ "%" ]                       pixels of the upright photo, or percent of its width and height
time     = [ [ hours ":" ] minutes ":" ] seconds [ "s" ]        of a film

Words may be in capitals, and spaces are allowed anywhere between them. The name of a file extends to the next space,
plus, comma, equals sign or quote; in single or double quotes it may contain anything, with a doubled quote for a quote.
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

MAX_PIXELS = 1e6  # no photo has a longer side

_SPACE = re.compile(r"\s*")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_WHOLE_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")  # a number that a full stop may follow
_PERCENT = re.compile(r"\s*%")
_TIME = re.compile(r"(?:(?:(?P<hours>[0-9]{1,4}):)?(?P<minutes>[0-9]{1,4}):)?(?P<seconds>[0-9]{1,9}(?:\.[0-9]*)?)\s*s?")
_WORD = re.compile(r"[^\W\d]\w*")
_QUOTED = re.compile(r"\"((?:[^\"]|\"\")*)\"|'((?:[^']|'')*)'")


def parse(text: str, *, name: str = "keep") -> tuple[Step, ...]:
    """Parse `keep` into steps. Raises OptionError, which names the wrong part and its position, and suggests another.

    name: of the setting, which the error message begins with.
    """
    reader = _Reader(text, name)
    reader.skip()
    if reader.peek() in ("", "-"):
        problem = (
            "nothing to take subtract from: begin with all or subject" if reader.peek() else "names nothing to keep"
        )
        raise OptionError(f"{name}: {text!r}: {problem}")
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
    """A text and the position up to which it has been read."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name, self.position = text, name, 0

    def peek(self) -> str:
        """The next character, or "" at the end."""
        return self.text[self.position : self.position + 1]

    def skip(self) -> None:
        """Skip spaces."""
        self.position = _SPACE.match(self.text, self.position).end()  # type: ignore[union-attr]

    def take(self, characters: str) -> str:
        """Read one of the characters, and the spaces around it; "" if the next character is none of them."""
        self.skip()
        token = self.peek()
        if not token or token not in characters:
            return ""
        self.position += 1
        self.skip()
        return token

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what the pattern matches at the current position; None if it does not match."""
        match = pattern.match(self.text, self.position)
        if match:
            self.position = match.end()
        return match

    def rest(self) -> str:
        """The text up to the next sign, for a message."""
        return re.split(r"(?<=.)[\s+,=-]", self.text[self.position :], maxsplit=1)[0]

    def wrong(self, part: str, why: str, at: int | None = None) -> OptionError:
        """The error that names a part of the text and its position, counted from 1."""
        place = (self.position if at is None else at) + 1
        return OptionError(f"{self.name}: {part!r} at character {place}: {why}")


def _step(reader: _Reader, subtract: bool) -> Step:
    term = _term(reader)
    if not reader.take("="):
        return Step(term, subtract=subtract)
    at = reader.position
    strength = _number(reader, "a strength between 0 and 1")
    if strength > 1:
        raise reader.wrong(reader.text[at : reader.position], "a strength is between 0 and 1", at)
    return Step(term, strength, subtract)


def _term(reader: _Reader) -> Term:
    if reader.peek() == "@":
        return _point_or_box(reader)
    if reader.peek() in ('"', "'"):
        return _quoted(reader)
    at = reader.position
    word = reader.match(_WORD)
    if not word:
        raise reader.wrong(reader.rest(), f"expected {_TERM_FORMS}")
    name = word[0].lower()
    if name in _PREFIXES and reader.take(":"):
        return _PREFIXES[name](reader, at)
    return _subject_or_class(reader, name, at)


_TERM_FORMS = "subject, all, a class, @x,y, hue:20-50 or file:mask.png"


def _subject_or_class(reader: _Reader, name: str, at: int) -> Term:
    if name in ("subject", "all"):
        return Subject() if name == "subject" else Everything()
    if name not in CLASSES:
        raise _unknown(reader, at)
    number = _instance(reader, name, at) if reader.take(":") else None
    return Class(name, number, _part(reader, name) if reader.peek() == "." else "")


def _instance(reader: _Reader, name: str, at: int) -> int:
    number = reader.match(_WHOLE_NUMBER)
    if not number or not number[0].isdecimal() or not 1 <= int(number[0][:9]) < 10**8:
        wrong = number[0] if number else reader.rest()
        raise reader.wrong(f"{name}:{wrong}", "an instance is a number from 1, the largest: person:1", at)
    return int(number[0])


def _part(reader: _Reader, name: str) -> str:
    at = reader.position
    reader.position += 1
    word = reader.match(_WORD)
    part = word[0].lower() if word else ""
    if name == "person" and part in PARTS:
        return part
    reader.position = at
    parts = f"a person's parts are {', '.join(f'person.{part}' for part in PARTS)}; a mask from a file is file:mask.png"
    raise reader.wrong(reader.rest(), f"expected +, -, a comma or = here; {parts}")


def _unknown(reader: _Reader, at: int) -> OptionError:
    name = (re.match(r"[^\s+,=:@\"'-]+", reader.text[at:]) or [""])[0]
    if name.lower() in _PREFIXES:
        return reader.wrong(name, f"expected a colon, as in {'hue:20-50' if name == 'hue' else 'file:mask.png'}", at)
    if re.search(r"[./\\]", name):
        return reader.wrong(name, f"unknown class; a mask from a file is file:{name}", at)
    matches = difflib.get_close_matches(name.lower(), (*CLASSES, "subject", "all", *_PREFIXES), 1)
    hint = f"did you mean {matches[0]!r}?" if matches else f"use subject, all or any of {', '.join(CLASSES)}"
    return reader.wrong(name, f"unknown class; {hint}", at)


def _point_or_box(reader: _Reader) -> Point | Box:
    start = reader.position
    reader.take("@")
    lengths = [_length(reader)]
    while _comma_and_number(reader):
        lengths.append(_length(reader))
    text = reader.text[start : reader.position]
    if len(lengths) not in (2, 4):
        raise reader.wrong(text, f"a point has 2 numbers and a box 4, not {len(lengths)}", start)
    if len(lengths) == 4:
        _check_corners(reader, text, start, lengths)
    at = _point_in_time(reader) if reader.take("@") else None
    if len(lengths) == 2:
        return Point(lengths[0], lengths[1], at)
    return Box(lengths[0], lengths[1], lengths[2], lengths[3], at)


def _point_in_time(reader: _Reader) -> float:
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
    for start_length, end_length in (lengths[::2], lengths[1::2]):
        if start_length.percent == end_length.percent and start_length.value >= end_length.value:
            raise reader.wrong(text, "a box goes from its upper left corner to its lower right one", start)


def _comma_and_number(reader: _Reader) -> bool:
    """Read a comma that a number follows; a comma before another term is left for the next step."""
    position = reader.position
    if reader.take(",") and (_NUMBER.match(reader.text, reader.position) or reader.peek() in ("", "-")):
        return True
    reader.position = position
    return False


def _length(reader: _Reader) -> Length:
    at = reader.position
    value = _number(reader, "a number of pixels or percent")
    percent = bool(reader.match(_PERCENT))
    if value > (100 if percent else MAX_PIXELS):
        limit = "100%" if percent else f"{MAX_PIXELS:.0f} pixels"
        raise reader.wrong(reader.text[at : reader.position], f"farther than {limit}", at)
    return Length(value, percent)


def _number(reader: _Reader, expected: str) -> float:
    match = reader.match(_NUMBER)
    if not match:
        raise reader.wrong(reader.rest(), f"expected {expected}")
    return float(match[0])


def _hue(reader: _Reader, start: int) -> Hue:
    low = _number(reader, "a range of hues: hue:20-50")
    if not reader.take("-"):
        raise reader.wrong(reader.text[start : reader.position], "expected a range of hues: hue:20-50", start)
    high = _number(reader, "a range of hues: hue:20-50")
    if max(low, high) > 360:
        raise reader.wrong(reader.text[start : reader.position], "hues are degrees from 0 to 360", start)
    return Hue(low, high)


def _file(reader: _Reader, start: int) -> MaskFile:
    if reader.peek() in ('"', "'"):
        return _quoted(reader)
    name = reader.match(BARE)
    if not name:
        raise reader.wrong(
            reader.text[start : reader.position], "expected the name of a mask file: file:mask.png", start
        )
    return MaskFile(name[0])


def _quoted(reader: _Reader) -> MaskFile:
    at, quote = reader.position, reader.peek()
    match = reader.match(_QUOTED)
    if not match:
        raise reader.wrong(reader.text[at:], f"the closing {quote} is missing", at)
    name = match[0][1:-1].replace(quote * 2, quote)
    if not name or "\0" in name:
        raise reader.wrong(match[0], "not the name of a file", at)
    return MaskFile(name)


_PREFIXES: dict[str, Callable[[_Reader, int], Term]] = {"hue": _hue, "file": _file}
