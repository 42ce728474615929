"""Checks of values that come from files and command lines: type, range, known names; every complaint is one line."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from handtint.errors import HandtintError

_WORDS = {
    bool: "true or false",
    str: "text",
    int: "a whole number",
    float: "a number",
    dict: "a table",
    list: "a list",
}
_PLURALS = {int: "whole numbers", float: "numbers", str: "texts", dict: "tables"}


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers from low to high, both included; without high if `below`."""

    low: float = -math.inf
    high: float = math.inf
    below: bool = False

    def __contains__(self, value: float) -> bool:
        return self.low <= value < self.high if self.below else self.low <= value <= self.high

    def __str__(self) -> str:
        if self.high == math.inf:
            return f"{self.low:g} or more"
        return f"from {self.low:g} to below {self.high:g}" if self.below else f"from {self.low:g} to {self.high:g}"


def typed(value: Any, kind: Any, where: str, error: type[HandtintError], allowed: Range | None = None) -> Any:
    """The value as `kind`: whole numbers become floats where floats are wanted, lists become tuples.

    kind: bool, int, float, str, a dict, list[kind], or a tuple of kinds or of any number of one. allowed: what numbers
    may be, each of them.
    Raises `error` for any other value: "WHERE is VALUE; it has to be WHAT".
    """
    found = _converted(value, kind)
    if found is None or (allowed is not None and not all(v in allowed for v in _numbers(found))):
        limits = f", {allowed}" if allowed is not None else ""
        raise error(f"{where} is {value!r}; it has to be {describe(kind)}{limits}")
    return found


def describe(kind: Any) -> str:
    """A kind in words: "a whole number", "a list of 2 numbers"."""
    args = get_args(kind)
    if get_origin(kind) is tuple and Ellipsis not in args:
        return f"a list of {len(args)} {_PLURALS[args[0]]}"
    if get_origin(kind) in (tuple, list):
        return f"a list of {_PLURALS[get_origin(args[0]) or args[0]]}"
    return _WORDS[kind]


def known(given: Iterable[str], names: Iterable[str], where: str, error: type[HandtintError]) -> None:
    """Raise `error` for a name that is not among `names`, with the nearest one that is."""
    names = tuple(names)
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names)}"
            raise error(f"{where}: unknown key {name!r}; {hint}")


def _converted(value: Any, kind: Any) -> Any:
    """The value as `kind`, or None."""
    if get_origin(kind) in (tuple, list):
        return _sequence(value, kind)
    kind = get_origin(kind) or kind
    if isinstance(value, bool) and kind is not bool:
        return None
    if kind is float:
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
    return value if isinstance(value, kind) else None


def _sequence(value: Any, kind: Any) -> Any:
    if not isinstance(value, list | tuple):
        return None
    args = get_args(kind)
    fixed = get_origin(kind) is tuple and Ellipsis not in args
    kinds = args if fixed else args[:1] * len(value)
    if len(kinds) != len(value):
        return None
    found = [_converted(v, k) for v, k in zip(value, kinds, strict=True)]
    return None if any(v is None for v in found) else get_origin(kind)(found)


def _numbers(value: Any) -> list[float]:
    if isinstance(value, list | tuple):
        return [number for part in value for number in _numbers(part)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []
