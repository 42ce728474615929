"""Brush strokes that add to a mask or erase from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from handtint.types import Alpha

_FRACTION_BITS = 4  # fractional bits of the coordinates of drawn lines
_MAX_COORDINATE = 1e6  # pixels: coordinates are clipped to this


@dataclass(frozen=True, slots=True)
class Stroke:
    """One stroke. points: (x, y) relative to the photo's width and height. radius: relative to its longer side.

    erase: whether it erases instead of adding.
    """

    points: tuple[tuple[float, float], ...]
    radius: float
    erase: bool = False


def paint(alpha: Alpha, strokes: Sequence[Stroke]) -> Alpha:
    """A copy of alpha (H, W) with the strokes drawn over it, one after the other, their edges smoothed."""
    out = alpha.copy()
    height, width = alpha.shape
    for stroke in strokes:
        scaled = np.asarray(stroke.points, np.float64).reshape(-1, 2) * (width, height) - 0.5
        vertices = np.round(np.clip(scaled, -_MAX_COORDINATE, _MAX_COORDINATE) * 2**_FRACTION_BITS).astype(np.int32)
        across = max(1, round(2 * stroke.radius * max(height, width)))
        value = 0 if stroke.erase else 255
        if len(vertices) == 1:
            vertices = np.repeat(vertices, 2, axis=0)
        cv2.polylines(out, [vertices], False, value, min(across, 32767), cv2.LINE_AA, _FRACTION_BITS)
    return out
