"""`dataset.toml`: what the pixels of a data set's masks mean, and which of its photographs belong together.

Without such a file, masks hold VOC class indices and every photograph is a group of its own. docs/training.md has
examples.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from handtint.errors import InputError
from handtint.settings import check_names, convert
from handtint.types import VOC

FILE = "dataset.toml"
INDICES, UNKNOWN = "voc", "unknown"
_KEYS: Mapping[str, Any] = {
    "match": str,
    "stem": str,
    "classes": str,
    "foreground": bool,
    "partial": bool,
    "paste": bool,
    "group": str,
}


@dataclass(frozen=True, slots=True)
class Labelling:
    """What the pixels of a mask mean; 255 is "unknown" in every mask.

    classes: "voc" where pixels are VOC class indices; "unknown" where they mark the foreground alone; or the name of
    the VOC class that everything above 0 belongs to. foreground: whether pixels above 0 are the foreground; otherwise
    the foreground is unknown. partial: whether objects may be missing from the mask, so that 0 means an unknown class.
    paste: whether the objects may be copied onto other photographs in training.
    """

    classes: str = INDICES
    foreground: bool = True
    partial: bool = False
    paste: bool = False


VOC_INDICES = Labelling()  # the default, for files that no rule describes


@dataclass(frozen=True, slots=True)
class Rule:
    """One `[[files]]` table. match: a glob for paths. stem: a regular expression for file names without extension."""

    match: str
    stem: re.Pattern[str]
    labelling: Mapping[str, Any]
    group: str

    def applies(self, name: str) -> re.Match[str] | None:
        """The match of a path inside the data set, or None."""
        return self.stem.fullmatch(PurePosixPath(name).stem) if fnmatchcase(name, self.match) else None


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of a data set in the order of its file; later ones override earlier ones."""

    rules: tuple[Rule, ...] = ()

    def of(self, name: str) -> tuple[Labelling, str]:
        """The labelling and the group of a file, by its path inside the data set; the group is "" without a rule."""
        labelling, group = VOC_INDICES, ""
        for rule in self.rules:
            if match := rule.applies(name):
                labelling = replace(labelling, **rule.labelling)
                group = match.expand(rule.group) or group
        return labelling, group


def parse(text: bytes, location: str) -> Rules:
    """The rules in the bytes of a `dataset.toml`. Raises InputError, which names `location` and the entry."""
    try:
        tables = tomllib.loads(text.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{location}: not TOML: {error}") from error
    check_names(tables, ("files",), location, InputError)
    entries = convert(tables.get("files", []), list[dict[str, Any]], f"{location}: files", InputError)
    return Rules(tuple(_rule(entry, f"{location}: files[{index}]") for index, entry in enumerate(entries)))


def _rule(entry: Mapping[str, Any], location: str) -> Rule:
    check_names(entry, _KEYS, location, InputError)
    for key, value in entry.items():
        convert(value, _KEYS[key], f"{location}: {key}", InputError)
    labelling = {key: entry[key] for key in ("classes", "foreground", "partial", "paste") if key in entry}
    if (classes := labelling.get("classes", INDICES)) not in (allowed := (INDICES, UNKNOWN, *VOC[1:])):
        raise InputError(f"{location}: classes is {classes!r}; it can be one of {', '.join(allowed)}")
    group, pattern = entry.get("group", ""), entry.get("stem", ".*")
    try:
        stem = re.compile(pattern)
        re.compile(f"{pattern}|").fullmatch("").expand(group)  # type: ignore[union-attr]
    except (re.error, IndexError) as error:
        raise InputError(f"{location}: stem {pattern!r} and group {group!r} do not go together: {error}") from error
    return Rule(entry.get("match", "*"), stem, labelling, group)


def nearest(tables: Mapping[str, Rules], name: str) -> tuple[Labelling, str]:
    """A file's labelling and group, by the `dataset.toml` of the nearest folder above it that has one.

    tables: folder inside the source ("" for the source itself) -> its rules. name: the file's path inside the source.
    """
    for folder in _parents(name):
        if folder in tables:
            return tables[folder].of(name[len(folder) :].lstrip("/"))
    return VOC_INDICES, ""


def _parents(name: str) -> Sequence[str]:
    return ["" if str(folder) == "." else str(folder) for folder in PurePosixPath(name).parents]
