"""The JSON that the page sends for an edit, validated and turned into an Edit: settings, strokes, mask."""

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
CLOSE = 2560  # pixels: the size of a preview that is looked at closely
MAX_POINTS = 50_000  # of all its strokes
PREVIEW_SIZES = (160, 640, 960, SCREEN, CLOSE)  # pixels: the sizes of previews
_FIXED = ("model", "mask_model")  # fixed when the page is started


def read(payload: Mapping[str, Any], files: Mapping[str, Photo]) -> Edit:
    """The edit in a request: {"options": {...}, "strokes": [...], "mask": sha256 or null, "reference": the same}.

    files: those uploaded for this photo, by sha256. Raises OptionError.
    """
    given: dict[str, Photo | None] = {}
    for role in ("mask", "reference"):
        name = payload.get(role)
        if name is not None and (not isinstance(name, str) or name not in files):
            raise OptionError(f"edit: this {role} was not given to this photo: choose its file again")
        given[role] = files[name] if name else None
    options = settings(payload.get("options", {}))
    return Edit(options=options, strokes=_strokes(payload.get("strokes", [])), **given)


def spot(payload: Mapping[str, Any]) -> tuple[float, float]:
    """The place that a request is about: {"at": [x, y]}, shares of the sides. Raises OptionError."""
    at = payload.get("at")
    if not isinstance(at, list) or len(at) != 2 or not all(type(v) in (int, float) and 0 <= v < 1 for v in at):
        raise OptionError("at: x and y are shares of the sides, from 0 to below 1")
    return float(at[0]), float(at[1])


def table(body: bytes) -> dict[str, Any]:
    """Parse a JSON object. Raises InputError for anything else."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError("not JSON") from error
    if not isinstance(payload, dict):
        raise InputError("expected a JSON object")
    return payload


def screen(payload: Mapping[str, Any]) -> int:
    """The longer side of a preview, in pixels: the smallest that fills the page, or the largest there is."""
    wanted = payload.get("screen")
    fit = [side for side in PREVIEW_SIZES if isinstance(wanted, int | float) and side >= wanted]
    return fit[0] if fit else CLOSE if isinstance(wanted, int | float) else SCREEN


def settings(payload: object) -> Options:
    """The options of an edit, as far as a page may set them: no files, no other models. Raises OptionError."""
    if not isinstance(payload, dict):
        raise OptionError("edit: options should be a table")
    return checked(recipe.settings({key: value for key, value in payload.items() if value is not None}, name="edit"))


def checked(options: Options) -> Options:
    """The same options, if a page may use them. Raises OptionError."""
    default = Options()
    for name in _FIXED:
        if getattr(options, name) != getattr(default, name):
            raise OptionError(f"{name}: the page works with {getattr(default, name)} only; use the command line")
    steps(options.keep)
    if options.reference:
        raise OptionError("reference: the page reads no files by name; drop the photo on it instead")
    if keep.files(options.named):
        raise OptionError("hint: the page reads no files by name")
    return options


def steps(text: str) -> Sequence[Step]:
    """Parse `keep` for a page, which uploads mask files and never names them. Raises OptionError."""
    if len(text) > MAX_KEEP_LENGTH:
        raise OptionError(f"keep: longer than {MAX_KEEP_LENGTH} characters")
    parsed = keep.parse(text)
    if keep.files(parsed):
        raise OptionError("keep: the page reads no files by name; give it the mask with 'Load' instead")
    return parsed


def terms(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The steps as the page lists them."""
    return [{"text": str(step), "away": step.subtract} for step in steps]


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
