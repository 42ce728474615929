"""Labels that tell less than masks: the classes that a photograph shows, or boxes around them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TypeVar

from handtint.data.sources import Item, identity
from handtint.errors import InputError
from handtint.types import VOC

_T = TypeVar("_T")
Box = tuple[float, float, float, float]  # x0, y0, x1, y1 in pixels


@dataclass(slots=True)
class WeakLabel:
    """What is known of one photograph.

    classes: VOC indices of what it shows. boxes: where each of them is, if known: then a class stands in its boxes
    alone. unclear: boxes of things that belong to no class, or to which is not said.
    """

    classes: set[int] = field(default_factory=set)
    boxes: list[tuple[int, Box]] = field(default_factory=list)
    unclear: list[Box] = field(default_factory=list)


def read_labels(path: Path) -> dict[str, WeakLabel]:
    """File name -> hint, from a CSV: the file in the first column, VOC classes parted by spaces in `labels`.

    Of "SHARD:FOLDER/FILE" the last part counts. Raises InputError.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = [(next(iter(row.values())), row["labels"].split()) for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, AttributeError, StopIteration) as error:
        raise InputError(f"{path}: not a table of labels: {error!r}") from error
    return {file_name(file): WeakLabel(classes={_index(path, name) for name in names}) for file, names in rows if names}


def read_boxes(path: Path) -> dict[str, WeakLabel]:
    """File name -> hint, from a JSON list of {"image", "cls", "box": [x0, y0, x1, y1]}; of class "ignore": unclear.

    Raises InputError.
    """
    hints: dict[str, WeakLabel] = {}
    try:
        for entry in json.loads(path.read_text(encoding="utf-8")):
            hint = hints.setdefault(file_name(entry["image"]), WeakLabel())
            x0, y0, x1, y1 = map(float, entry["box"])
            if entry["cls"] == "ignore":
                hint.unclear.append((x0, y0, x1, y1))
                continue
            index = _index(path, entry["cls"])
            hint.classes.add(index)
            hint.boxes.append((index, (x0, y0, x1, y1)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a list of boxes: {error!r}") from error
    return {name: hint for name, hint in hints.items() if hint.classes}


def file_name(path: str) -> str:
    """The last part of "SHARD:FOLDER/FILE", by which photographs are known."""
    return PurePosixPath(path.rpartition(":")[2]).name


def weakly_labelled(items: Iterable[Item], hints: Mapping[str, _T]) -> list[tuple[Item, _T]]:
    """The photographs of which something is told, with what that is, but not those that have a mask in any set."""
    items = list(items)
    masked = {identity(item) for item in items if "/masks/" in f"/{item.name}"}
    told = [(item, hints[name]) for item in items if (name := file_name(item.name)) in hints]
    return [(item, hint) for item, hint in told if identity(item) not in masked]


def _index(path: Path, name: str) -> int:
    if name not in VOC:
        raise InputError(f"{path}: {name!r} is not a class; there are {', '.join(VOC[1:])}")
    return VOC.index(name)
