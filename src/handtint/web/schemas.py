"""The JSON of an edit, as the page sends it: validated and converted to an Edit."""

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

MAX_KEEP_LENGTH = 4000  # characters of `keep`
MAX_STROKES = 500  # of one edit
MAX_POINTS = 50_000  # of all strokes together
CLOSE_UP_SIZE = 2560  # pixels: the longer side of a preview for zooming in
PREVIEW_SIZES = (160, 640, 960, SCREEN, CLOSE_UP_SIZE)  # pixels: the longer sides of previews
_FIXED_SETTINGS = ("model", "mask_model")  # set when the page is started


def parse_edit(payload: Mapping[str, Any], files: Mapping[str, Photo]) -> Edit:
    """The edit in a request: {"options": {...}, "strokes": [...], "mask": sha256 or null, "reference": sha256 or null}.

    files: uploaded for this photo, by sha256. Raises OptionError.
    """
    uploads: dict[str, Photo | None] = {}
    for role in ("mask", "reference"):
        name = payload.get(role)
        if name is not None and (not isinstance(name, str) or name not in files):
            raise OptionError(f"edit: this {role} was not uploaded for this photo: choose its file again")
        uploads[role] = files[name] if name else None
    options = parse_options(payload.get("options", {}))
    return Edit(options=options, strokes=_strokes(payload.get("strokes", [])), **uploads)


def parse_point(payload: Mapping[str, Any]) -> tuple[float, float]:
    """The point (x, y) of a request, {"at": [x, y]}, each 0..1. Raises OptionError."""
    at = payload.get("at")
    if not isinstance(at, list) or len(at) != 2 or not all(type(v) in (int, float) and 0 <= v < 1 for v in at):
        raise OptionError("at: x and y are shares of the sides, from 0 to below 1")
    return float(at[0]), float(at[1])


def parse_object(body: bytes) -> dict[str, Any]:
    """Parse a JSON object. Raises InputError for anything else."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError("not JSON") from error
    if not isinstance(payload, dict):
        raise InputError("expected a JSON object")
    return payload


def preview_size(payload: Mapping[str, Any]) -> int:
    """The longer side of a preview, in pixels: the smallest of PREVIEW_SIZES that is large enough, or the largest."""
    requested = payload.get("screen")
    sufficient = [side for side in PREVIEW_SIZES if isinstance(requested, int | float) and side >= requested]
    return sufficient[0] if sufficient else CLOSE_UP_SIZE if isinstance(requested, int | float) else SCREEN


def parse_options(payload: object) -> Options:
    """The options of an edit. Raises OptionError, also for options that the page must not set: files and models."""
    if not isinstance(payload, dict):
        raise OptionError("edit: options should be a table")
    return check_options(
        recipe.settings({key: value for key, value in payload.items() if value is not None}, name="edit")
    )


def check_options(options: Options) -> Options:
    """Return the same options. Raises OptionError for those that the page must not set."""
    default = Options()
    for name in _FIXED_SETTINGS:
        if getattr(options, name) != getattr(default, name):
            raise OptionError(f"{name}: the page supports {getattr(default, name)} only; use the command line")
    parse_keep(options.keep)
    if options.reference:
        raise OptionError("reference: the page cannot open files by name; drop the photo on it instead")
    if keep.files(options.named):
        raise OptionError("hint: the page cannot open files by name; use a point, a box or an object")
    return options


def parse_keep(text: str) -> Sequence[Step]:
    """Parse `keep`, in which the page must not name files: it uploads masks. Raises OptionError."""
    if len(text) > MAX_KEEP_LENGTH:
        raise OptionError(f"keep: longer than {MAX_KEEP_LENGTH} characters")
    parsed = keep.parse(text)
    if keep.files(parsed):
        raise OptionError("keep: the page cannot open files by name; use 'Load recipe or mask' instead")
    return parsed


def terms_json(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The steps of `keep` as JSON."""
    return [{"text": str(step), "subtract": step.subtract} for step in steps]


def _strokes(payload: object) -> tuple[Stroke, ...]:
    if not isinstance(payload, list) or len(payload) > MAX_STROKES:
        raise OptionError(f"strokes: expected at most {MAX_STROKES}")
    strokes = tuple(map(_stroke, payload))
    if sum(len(stroke.points) for stroke in strokes) > MAX_POINTS:
        raise OptionError(f"strokes: more than {MAX_POINTS} points")
    return strokes


def _stroke(payload: object) -> Stroke:
    try:
        points = tuple((float(x), float(y)) for x, y in payload["points"])  # type: ignore[index]
        radius, erase = float(payload["radius"]), payload["erase"] is True  # type: ignore[index]
    except (KeyError, TypeError, ValueError) as error:
        raise OptionError("strokes: each has points, a radius and erase") from error
    if not points or not all(-1 <= value <= 2 for point in points for value in point) or not 0 < radius <= 1:
        raise OptionError("strokes: points are shares of the photo's sides, a radius is up to 1")
    return Stroke(points, radius, erase)
