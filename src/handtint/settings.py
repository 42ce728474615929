"""Settings, declared once in a dataclass, and validated in the same way for every source; each error is one line.

`setting` declares one in a dataclass; edit options and the service's settings are such dataclasses, from which flags,
form fields, JSON Schema and the page's controls are made. `validate` checks a value, `from_text` reads one from a form,
`check_names` refuses unknown names and suggests the nearest. `convert` checks tables of other shapes, read from TOML.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import Field, dataclass, field
from typing import Any, get_args, get_origin

from handtint.errors import HandtintError, OptionError

_WORDS = {
    bool: "true or false",
    str: "text",
    int: "a whole number",
    float: "a number",
    dict: "a table",
    list: "a list",
    tuple: "a list of texts",
}
BOOLEANS = {"true": True, "false": False}
_INTEGER, _NUMBER = re.compile(r"-?[0-9]{1,9}"), re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_PLURALS = {int: "whole numbers", float: "numbers", str: "texts", dict: "tables"}


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers from low to high, both included; `below` excludes high."""

    low: float = -math.inf
    high: float = math.inf
    below: bool = False

    @staticmethod
    def of(declared: Field[Any]) -> Range | None:
        """The range of a setting's numbers, or None if it has no limits."""
        low, high, below = (declared.metadata.get(name) for name in ("low", "high", "below"))
        if low is None:
            return None
        return Range(low, math.inf if high is None else high) if below is None else Range(low, below, below=True)

    def __contains__(self, value: float) -> bool:
        return self.low <= value < self.high if self.below else self.low <= value <= self.high

    def __str__(self) -> str:
        if self.high == math.inf:
            return f"{self.low:g} or more"
        return f"from {self.low:g} to below {self.high:g}" if self.below else f"from {self.low:g} to {self.high:g}"


def setting(
    default: Any,
    help: str,
    *,
    choices: tuple[str, ...] = (),
    low: float | None = None,
    high: float | None = None,
    below: float | None = None,
) -> Any:
    """A field of a dataclass of settings. Its type is that of `default`: None for optional text, a tuple for texts.

    default: dataclasses.MISSING for a required setting. help: its description for users. choices: the possible texts.
    low, high: the smallest and largest number. below: the number must be below this.
    """
    limits = {"low": low, "high": high, "below": below}
    return field(default=default, metadata={"help": help, "choices": choices, **limits})


def kind_of(declared: Field[Any]) -> type:
    """The type of a setting's values."""
    return str if declared.default is None else type(declared.default)


def check_type(value: object, kind: type, location: str) -> None:
    """Raise OptionError, "LOCATION: VALUE is not TYPE", for a value of another type. Integers are valid as floats."""
    fits = isinstance(value, int | float) if kind is float else isinstance(value, kind)
    if not fits or (isinstance(value, bool) and kind is not bool):
        raise OptionError(f"{location}: {value!r} is not {_WORDS[kind]}")


def validate(declared: Field[Any], value: Any) -> Any:
    """The value if it is valid, integers converted to float where the setting is one. Raises OptionError."""
    name, rule, kind = declared.name, declared.metadata, kind_of(declared)
    if value is None and declared.default is None:
        return None
    if kind is tuple:
        return _texts(value, name)
    check_type(value, kind, name)
    if rule["choices"] and value not in rule["choices"]:
        raise OptionError(f"{name}: {value!r} is not one of {', '.join(rule['choices'])}")
    if rule["low"] is not None and not rule["low"] <= value <= rule["high"]:
        raise OptionError(f"{name}: {value} is not between {rule['low']} and {rule['high']}")
    return float(value) if kind is float else value


def _texts(value: object, name: str) -> tuple[str, ...]:
    """A tuple of texts, from a sequence or from a single text. Raises OptionError."""
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
        raise OptionError(f"{name}: {value!r} is not {_WORDS[tuple]}")
    return tuple(value)


def from_text(declared: Field[Any], text: str) -> Any:
    """The value that a text represents, of the setting's type, not yet validated. Raises OptionError."""
    name, kind = declared.name, kind_of(declared)
    if kind is bool:
        return boolean(text, name)
    if kind in (int, float):
        if not (_INTEGER if kind is int else _NUMBER).fullmatch(text):
            raise OptionError(f"{name}: {text!r} is not {_WORDS[kind]}")
        return kind(text)
    return text


def boolean(text: str, location: str) -> bool:
    """True for "true", False for "false". Raises OptionError."""
    if text not in BOOLEANS:
        raise OptionError(f"{location}: {text!r} is not {_WORDS[bool]}")
    return BOOLEANS[text]


def hint(name: str, names: Iterable[str]) -> str:
    """A suggestion for an unknown name: "did you mean 'strength'?", or the list of all names."""
    names = tuple(names)
    matches = difflib.get_close_matches(name, names, 1)
    return f"did you mean {matches[0]!r}?" if matches else f"there are: {', '.join(names)}"


def check_names(keys: Iterable[str], names: Iterable[str], location: str, error: type[HandtintError]) -> None:
    """Raise `error` for a name that is not in `names`, with a suggestion."""
    names = tuple(names)
    for name in keys:
        if name not in names:
            raise error(f"{location}: unknown key {name!r}; {hint(name, names)}")


def convert(value: Any, kind: Any, location: str, error: type[HandtintError], allowed: Range | None = None) -> Any:
    """The value converted to `kind`: integers to floats, lists to tuples, where that is required.

    kind: bool, int, float, str, a dict, list[kind], or a tuple type. allowed: the range of each number. Raises `error`
    for any other value: "LOCATION is VALUE; it has to be TYPE".
    """
    converted = _converted(value, kind)
    if converted is None or (allowed is not None and not all(v in allowed for v in _numbers(converted))):
        limits = f", {allowed}" if allowed is not None else ""
        raise error(f"{location} is {value!r}; it has to be {describe(kind)}{limits}")
    return converted


def describe(kind: Any) -> str:
    """A type in words: "a whole number", "a list of 2 numbers"."""
    args = get_args(kind)
    if get_origin(kind) is tuple and Ellipsis not in args:
        return f"a list of {len(args)} {_PLURALS[args[0]]}"
    if get_origin(kind) in (tuple, list):
        return f"a list of {_PLURALS[get_origin(args[0]) or args[0]]}"
    return _WORDS[kind]


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
    converted = [_converted(v, k) for v, k in zip(value, kinds, strict=True)]
    return None if any(v is None for v in converted) else get_origin(kind)(converted)


def _numbers(value: Any) -> list[float]:
    if isinstance(value, list | tuple):
        return [number for part in value for number in _numbers(part)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []
