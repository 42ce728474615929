"""The terms of `keep`, and steps that add or subtract them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from handtint.types import VOC

CLASSES = VOC[1:]
BARE = re.compile(r"[^\s+,=\"']+")  # a file name that needs no quotes


def _plain(value: float) -> str:
    """The shortest decimal that reads as value, never with an exponent."""
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _time(at: float | None) -> str:
    return "" if at is None else f"@{_plain(at)}s"


@dataclass(frozen=True, slots=True)
class Length:
    """A distance from a photo's left or upper edge: pixels, or percent of its width or height."""

    value: float
    percent: bool = False

    def __str__(self) -> str:
        return _plain(self.value) + "%" * self.percent

    def share(self, side: int) -> float:
        """The distance relative to a side of a length in pixels: 0 at the left or upper edge, 1 at the other."""
        return self.value / 100 if self.percent else self.value / side


@dataclass(frozen=True, slots=True)
class Subject:
    """The foreground."""

    def __str__(self) -> str:
        return "subject"


@dataclass(frozen=True, slots=True)
class Everything:
    """The whole photo."""

    def __str__(self) -> str:
        return "all"


@dataclass(frozen=True, slots=True)
class Class:
    """A VOC class, or one instance of it: 1 is the largest; or, of a person, one of PARTS."""

    name: str
    number: int | None = None
    part: str = ""

    def __str__(self) -> str:
        whole = self.name if self.number is None else f"{self.name}:{self.number}"
        return f"{whole}.{self.part}" if self.part else whole


@dataclass(frozen=True, slots=True)
class Point:
    """The object at a point. at: the time in a film, in seconds, at which it is there; None for the first frame."""

    x: Length
    y: Length
    at: float | None = None

    def __str__(self) -> str:
        return f"@{self.x},{self.y}{_time(self.at)}"


@dataclass(frozen=True, slots=True)
class Box:
    """The object in a box, from its upper left corner to its lower right one. at: as for a point."""

    left: Length
    top: Length
    right: Length
    bottom: Length
    at: float | None = None

    def __str__(self) -> str:
        return f"@{self.left},{self.top},{self.right},{self.bottom}{_time(self.at)}"


@dataclass(frozen=True, slots=True)
class Hue:
    """The photo's own colours from one hue to another, in degrees of the colour circle: red 0, green 120, blue 240."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"hue:{_plain(self.low)}-{_plain(self.high)}"


@dataclass(frozen=True, slots=True)
class MaskFile:
    """A file with a mask: white keeps colour, black does not."""

    path: str

    def __str__(self) -> str:
        if BARE.fullmatch(self.path):
            return f"file:{self.path}"
        return 'file:"{}"'.format(self.path.replace('"', '""'))


Term = Subject | Everything | Class | Point | Box | Hue | MaskFile


@dataclass(frozen=True, slots=True)
class Step:
    """One part of `keep`: a term, added or subtracted, at a strength 0..1."""

    term: Term
    strength: float = 1.0
    subtract: bool = False

    def __str__(self) -> str:
        return str(self.term) if self.strength == 1 else f"{self.term}={_plain(self.strength)}"


def show(steps: Sequence[Step]) -> str:
    """The steps as text, which `parse` parses into the same steps."""
    signs = (" - " if step.subtract else " + " for step in steps)
    return "".join(sign + str(step) for sign, step in zip(signs, steps, strict=True)).removeprefix(" + ")


def files(steps: Sequence[Step]) -> list[str]:
    """The paths of the mask files that steps name, which must be rejected in a `keep` from an untrusted source."""
    return [step.term.path for step in steps if isinstance(step.term, MaskFile)]


def names_one(term: Term) -> bool:
    """Whether a term names one whole object, which can be tracked through a film."""
    return isinstance(term, Point | Box) or (isinstance(term, Class) and term.number is not None and not term.part)


def needs_segmentation(steps: Sequence[Step]) -> bool:
    """Whether steps need a segmentation of the photo."""
    return any(isinstance(step.term, Subject | Class | Point | Box) for step in steps)


def needs_parts(steps: Sequence[Step]) -> bool:
    """Whether steps need a segmentation that has the parts of people."""
    return any(isinstance(step.term, Class) and bool(step.term.part) for step in steps)
