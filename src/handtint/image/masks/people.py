"""People who touch one another, separated by their faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handtint.types import Array, Float

BODY = 6.0  # assumed length of a body below the centre of its face, in face widths
COLUMN = 1.2  # in face widths: a face this near to the vertical line below another one is in front of that body


@dataclass(frozen=True, slots=True)
class _Body:
    """A face and the vertical line through the body below it, in pixels of a region. end: the line's lower y."""

    x: float
    y: float
    width: float
    end: float


def separate(regions: Sequence[Array], faces: Sequence[tuple[float, float, float, float]]) -> list[Array]:
    """Divide each region (h, w) bool of people with several faces into one region per face.

    faces: boxes (left, top, right, bottom), relative to the sides, 0..1. A face belongs to the region that contains its
    centre. A body is modelled as a vertical line below its face, down to the next face in front of it. Each pixel
    belongs to the nearest body, where distances are in widths of the face.
    """
    if len(faces) < 2 or not regions:
        return [*regions]
    height, width = regions[0].shape
    scale = np.array([width, height, width, height])
    boxes = _distinct([np.asarray(face) * scale for face in faces])
    return [part for region in regions for part in _divide(region, [b for b in boxes if _inside(b, region)])]


def _distinct(boxes: Sequence[Float]) -> list[Float]:
    """The boxes, the widest first, without those whose centre lies in a wider one: they show the same face."""
    selected: list[Float] = []
    for box in sorted(boxes, key=lambda box: float(box[0] - box[2])):
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if not any(wider[0] <= x <= wider[2] and wider[1] <= y <= wider[3] for wider in selected):
            selected.append(box)
    return selected


def _inside(box: Float, region: Array) -> bool:
    """Whether the centre of a box is in the region."""
    height, width = region.shape
    x, y = int((box[0] + box[2]) / 2), int((box[1] + box[3]) / 2)
    return 0 <= x < width and 0 <= y < height and bool(region[y, x])


def _divide(region: Array, boxes: Sequence[Float]) -> list[Array]:
    if len(boxes) < 2:
        return [region]
    axes = _body_axes(boxes)
    y, x = np.mgrid[: region.shape[0], : region.shape[1]].astype(np.float32) + np.float32(0.5)
    nearest = np.argmin([_distance(axis, x, y) for axis in axes], axis=0)
    parts = [region & (nearest == index) for index in range(len(axes))]
    return [part for part in parts if part.any()]


def _body_axes(boxes: Sequence[Float]) -> list[_Body]:
    faces = [((b[0] + b[2]) / 2, (b[1] + b[3]) / 2, max(b[2] - b[0], 1.0)) for b in boxes]
    return [_Body(x, y, w, _end(x, y, w, faces)) for x, y, w in faces]


def _end(x: float, y: float, width: float, faces: Sequence[tuple[float, float, float]]) -> float:
    """The y at which the line below a face ends: a body's length further down, or above the next face below it."""
    in_front = [v - w for u, v, w in faces if v - w > y and abs(u - x) < COLUMN * max(w, width)]
    return min([y + BODY * width, *in_front])


def _distance(axis: _Body, x: Float, y: Float) -> Float:
    """The distance of each pixel from a body's line, in widths of its face."""
    return np.hypot(x - axis.x, y - np.clip(y, axis.y, axis.end)) / axis.width
