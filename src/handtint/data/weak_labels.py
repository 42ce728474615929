"""Weak labels, which say less than masks: the classes that a photograph shows, or boxes around objects."""

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
    """The weak label of one photograph.

    classes: VOC indices of what it shows. boxes: (class, box) of each object; a class with boxes is nowhere else.
    ignored_boxes: boxes around objects of an unknown class or of none.
    """

    classes: set[int] = field(default_factory=set)
    boxes: list[tuple[int, Box]] = field(default_factory=list)
    ignored_boxes: list[Box] = field(default_factory=list)


def read_labels(path: Path) -> dict[str, WeakLabel]:
    """Read labels by file name from a CSV: the file in the first column, VOC classes, separated by spaces, in `labels`.

    Only the last part of a name "SHARD:FOLDER/FILE" counts. Raises InputError.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = [(next(iter(row.values())), row["labels"].split()) for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, AttributeError, StopIteration) as error:
        raise InputError(f"{path}: not a table of labels: {error!r}") from error
    return {file_name(file): WeakLabel(classes={_index(path, name) for name in names}) for file, names in rows if names}


def read_boxes(path: Path) -> dict[str, WeakLabel]:
    """Read labels by file name from a JSON list of {"image", "cls", "box": [x0, y0, x1, y1]}, in pixels.

    Boxes of the class "ignore" become `ignored_boxes`. Raises InputError.
    """
    labels: dict[str, WeakLabel] = {}
    try:
        for entry in json.loads(path.read_text(encoding="utf-8")):
            label = labels.setdefault(file_name(entry["image"]), WeakLabel())
            x0, y0, x1, y1 = map(float, entry["box"])
            if entry["cls"] == "ignore":
                label.ignored_boxes.append((x0, y0, x1, y1))
                continue
            index = _index(path, entry["cls"])
            label.classes.add(index)
            label.boxes.append((index, (x0, y0, x1, y1)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a list of boxes: {error!r}") from error
    return {name: label for name, label in labels.items() if label.classes}


def file_name(path: str) -> str:
    """The last part of "SHARD:FOLDER/FILE", by which labels name their photographs."""
    return PurePosixPath(path.rpartition(":")[2]).name


def weakly_labelled(items: Iterable[Item], labels: Mapping[str, _T]) -> list[tuple[Item, _T]]:
    """(photograph, its label) for all photographs that have a label but no mask."""
    items = list(items)
    masked = {identity(item) for item in items if "/masks/" in f"/{item.name}"}
    labelled = [(item, labels[name]) for item in items if (name := file_name(item.name)) in labels]
    return [(item, label) for item, label in labelled if identity(item) not in masked]


def _index(path: Path, name: str) -> int:
    if name not in VOC:
        raise InputError(f"{path}: {name!r} is not a class; there are {', '.join(VOC[1:])}")
    return VOC.index(name)
