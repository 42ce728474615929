"""Brush strokes that add to a mask or erase from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from handtint.types import Alpha

_BITS = 4  # of a pixel's fraction in the drawn lines' coordinates
_FARTHEST = 1e6  # pixels: what is drawn farther outside is drawn there


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
        spots = np.round(np.clip(scaled, -_FARTHEST, _FARTHEST) * 2**_BITS).astype(np.int32)
        across = max(1, round(2 * stroke.radius * max(height, width)))
        value = 0 if stroke.erase else 255
        if len(spots) == 1:
            spots = np.repeat(spots, 2, axis=0)
        cv2.polylines(out, [spots], False, value, min(across, 32767), cv2.LINE_AA, _BITS)
    return out
