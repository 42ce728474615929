"""What the page says of an edit, as an Edit: settings, strokes, and which mask."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from handtint import keep, recipe
from handtint.errors import InputError, OptionError
from handtint.image.masks.strokes import Stroke
from handtint.image.photo import Photo
from handtint.keep import Step
from handtint.options import Options
from handtint.session import SCREEN, Edit

LONGEST = 4000  # characters of `keep`
STROKES = 500  # of one edit
POINTS = 50_000  # of all its strokes
SCREENS = (640, 960, SCREEN)  # pixels: the sizes of previews
_SAME = ("model", "mask_model")  # what the page was started with


def read(said: Mapping[str, Any], masks: Mapping[str, Photo]) -> Edit:
    """The edit that the page says: {"options": {...}, "strokes": [...], "mask": sha256 or null}.

    masks: those the page was given for this photo, by sha256. Raises OptionError.
    """
    name = said.get("mask")
    if name is not None and name not in masks:
        raise OptionError("edit: this mask was not given to this photo: choose its file again")
    options = settings(said.get("options", {}))
    return Edit(options=options, mask=masks[name] if name else None, strokes=_strokes(said.get("strokes", [])))


def table(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises InputError where it is none."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError("not JSON") from error
    if not isinstance(said, dict):
        raise InputError("expected a JSON object")
    return said


def screen(said: Mapping[str, Any]) -> int:
    """The longer side of a preview that fills the page's picture: one of SCREENS, the largest where it says none."""
    wanted = said.get("screen")
    fit = [side for side in SCREENS if isinstance(wanted, int | float) and side >= wanted]
    return fit[0] if fit else SCREENS[-1]


def settings(said: object) -> Options:
    """The options of an edit, fit for a page: no files, no other models. Raises OptionError."""
    if not isinstance(said, dict):
        raise OptionError("edit: options should be a table")
    return allowed(recipe.settings({key: value for key, value in said.items() if value is not None}, name="edit"))


def allowed(options: Options) -> Options:
    """The same options, where a page may have them. Raises OptionError."""
    default = Options()
    for name in _SAME:
        if getattr(options, name) != getattr(default, name):
            raise OptionError(f"{name}: the page works with {getattr(default, name)} only; use the command line")
    steps(options.keep)
    return options


def steps(text: str) -> Sequence[Step]:
    """What `keep` says, fit for a page: a file is given to it, never named. Raises OptionError."""
    if len(text) > LONGEST:
        raise OptionError(f"keep: longer than {LONGEST} characters")
    said = keep.parse(text)
    if keep.files(said):
        raise OptionError("keep: the page reads no files by name; give it the mask with 'Load' instead")
    return said


def terms(said: Sequence[Step]) -> list[dict[str, Any]]:
    """Steps as the page lists them."""
    return [{"text": str(step), "away": step.away} for step in said]


def _strokes(said: object) -> tuple[Stroke, ...]:
    if not isinstance(said, list) or len(said) > STROKES:
        raise OptionError(f"strokes: expected at most {STROKES}")
    strokes = tuple(map(_stroke, said))
    if sum(len(stroke.points) for stroke in strokes) > POINTS:
        raise OptionError(f"strokes: more than {POINTS} points")
    return strokes


def _stroke(said: object) -> Stroke:
    try:
        points = tuple((float(x), float(y)) for x, y in said["points"])  # type: ignore[index]
        radius, erase = float(said["radius"]), said["erase"] is True  # type: ignore[index]
    except (KeyError, TypeError, ValueError) as error:
        raise OptionError("strokes: each has points, a radius and erase") from error
    if not points or not all(-1 <= value <= 2 for point in points for value in point) or not 0 < radius <= 1:
        raise OptionError("strokes: points are shares of the photo's sides, a radius is up to 1")
    return Stroke(points, radius, erase)
