"""The state of a tracker between frames, and its serialization, so that a stopped film continues unchanged."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from handtint import keep
from handtint.image.color import tone
from handtint.image.color.transfer import ColorShifts
from handtint.keep import Point, Term
from handtint.types import Array, Float
from handtint.video.hint_tracking import HintPoints
from handtint.video.predictions import Predictions


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A frame on which the networks ran, with what they predicted for it.

    lightness: its L* (h, w). motion: the optical flow (h, w, 2) from the latest frame to it. age: how many frames ago
    it was. residual: the difference that fades out after it, so that the colours do not jump; None for the first of a
    scene. hint_change: the change of its colours by hints, (h', w', 4); None without hints. hint_points: the positions
    of their points in it. color_shifts: those to a reference, learned in this scene; None without one.
    """

    lightness: Float
    predictions: Predictions
    motion: Float
    age: int = 0
    residual: Predictions | None = None
    hint_change: Float | None = None
    hint_points: HintPoints = field(default_factory=dict)
    color_shifts: ColorShifts | None = None


@dataclass(frozen=True, slots=True)
class TrackerState:
    """The state between two frames.

    keyframe: whose predictions are warped to the next frame; None at the start. lightness: L* (h, w) of the latest
    frame. previous_keyframe: that of the scene before the last cut, as long as the scene may come back.
    frames_since_cut: counted for that. kind: of the scene. resolved: the points and boxes whose object has already
    been searched for.
    """

    keyframe: Keyframe | None = None
    lightness: Float | None = None
    previous_keyframe: Keyframe | None = None
    frames_since_cut: int = 0
    kind: tone.Kind = "gray"
    resolved: tuple[Term, ...] = ()


def dump(state: TrackerState) -> bytes:
    """The state as the bytes of an NPZ file."""
    resolved = list(map(str, state.resolved))
    header: dict[str, Any] = {"since": state.frames_since_cut, "kind": state.kind, "named": resolved}
    arrays: dict[str, Any] = {} if state.lightness is None else {"last": state.lightness}
    for name, keyframe in (("key", state.keyframe), ("before", state.previous_keyframe)):
        if keyframe is not None:
            header[name] = _header(keyframe)
            arrays |= {f"{name}.{part}": array for part, array in _arrays(keyframe)}
    file = io.BytesIO()
    np.savez(file, facts=np.frombuffer(json.dumps(header).encode(), np.uint8), **arrays)
    return file.getvalue()


def load(data: bytes) -> TrackerState:
    """The state that `dump` serialized."""
    with np.load(io.BytesIO(data)) as file:
        arrays = dict(file)
    header = json.loads(arrays["facts"].tobytes())
    keyframe, previous = (
        _keyframe(name, header[name], arrays) if name in header else None for name in ("key", "before")
    )
    resolved = tuple(map(_term, header["named"]))
    return TrackerState(keyframe, arrays.get("last"), previous, header["since"], header["kind"], resolved)


def _header(keyframe: Keyframe) -> dict[str, Any]:
    predictions = keyframe.predictions
    return {
        "age": keyframe.age,
        "layers": len(predictions.layers),
        "things": list(map(str, predictions.objects)),
        "lag": bool(keyframe.residual),
        "spots": [[str(point), *position] for point, position in keyframe.hint_points.items()],
    }


def _arrays(keyframe: Keyframe) -> Iterator[tuple[str, Array]]:
    yield from (("view", keyframe.lightness), ("move", keyframe.motion), ("count", keyframe.predictions.count))
    if keyframe.predictions.colors is not None:
        yield "colors", keyframe.predictions.colors
    yield from ((f"layer{i}", layer) for i, layer in enumerate(keyframe.predictions.layers))
    yield from ((f"thing{i}", thing) for i, thing in enumerate(keyframe.predictions.objects.values()))
    if keyframe.hint_change is not None:
        yield "told", keyframe.hint_change
    if keyframe.color_shifts is not None:
        yield from ((f"shifts.{part.name}", getattr(keyframe.color_shifts, part.name)) for part in fields(ColorShifts))
    if keyframe.residual is not None:
        yield "lag.count", keyframe.residual.count
        if keyframe.residual.colors is not None:
            yield "lag.colors", keyframe.residual.colors
        yield from ((f"lag.layer{i}", layer) for i, layer in enumerate(keyframe.residual.layers))


def _keyframe(name: str, header: Mapping[str, Any], arrays: Mapping[str, Array]) -> Keyframe:
    def array(what: str) -> Array:
        return arrays[f"{name}.{what}"]

    predictions = Predictions(
        arrays.get(f"{name}.colors"),
        tuple(array(f"layer{i}") for i in range(header["layers"])),
        array("count"),
        {_term(term): array(f"thing{i}") for i, term in enumerate(header["things"])},
    )
    residual = None
    if header["lag"]:
        layers = tuple(array(f"lag.layer{i}") for i in range(header["layers"]))
        residual = Predictions(arrays.get(f"{name}.lag.colors"), layers, array("lag.count"))
    change, points, shifts = arrays.get(f"{name}.told"), _hint_points(header["spots"]), _shifts(name, arrays)
    return Keyframe(array("view"), predictions, array("move"), header["age"], residual, change, points, shifts)


def _shifts(name: str, arrays: Mapping[str, Array]) -> ColorShifts | None:
    parts = {part.name: arrays.get(f"{name}.shifts.{part.name}") for part in fields(ColorShifts)}
    known = {part: array for part, array in parts.items() if array is not None}
    return ColorShifts(**known) if known else None


def _hint_points(rows: Iterable[tuple[str, float, float]]) -> HintPoints:
    return {point: (x, y) for name, x, y in rows if isinstance(point := _term(name), Point)}


def _term(text: str) -> Term:
    return keep.parse(text)[0].term
