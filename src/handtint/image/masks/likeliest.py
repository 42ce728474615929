"""The likeliest subject if the foreground is uncertain: the objects at the points that are most probably foreground.

A building or a tree belongs to no class that the network has learned, so that its foreground has no clear outline
there. The regions (see `points`) at the strongest points of foreground and saliency together do have one.
"""

from __future__ import annotations

import cv2
import numpy as np

from handtint.image.arrays import resize
from handtint.image.color import lab
from handtint.image.masks import points, saliency
from handtint.types import Float, Pixels, Segmentation

SIDE = 128  # pixels: saliency is computed at about SIDE * SIDE
SALIENCY_WEIGHT = np.float32(0.5)  # relative to the foreground's probability
MAX_POINTS = 3
MIN_STRENGTH = 0.1  # of a point
MIN_OF_STRONGEST = 0.5  # strength of a point, relative to the strongest one
MIN_DISTANCE = 0.1  # between points, relative to the map's mean side
BLUR = 1.5  # cells


def subject(segmentation: Segmentation, pixels: Pixels) -> Float:
    """Alpha (h, w) float32 0..1 at the size of the feature map: the likeliest subject of pixels (H, W) or (H, W, 3)."""
    return points.region(segmentation, points.Prompt(_peaks(_strength(segmentation, pixels))))


def _strength(segmentation: Segmentation, pixels: Pixels) -> Float:
    """(h, w): the weighted sum of the network's foreground and the saliency of the lightness."""
    L = lab.lightness(resize.shrink(pixels, resize.fit(pixels.shape[:2], SIDE)))
    size = segmentation.features.shape[:0:-1]
    maps = (cv2.resize(m, size, interpolation=cv2.INTER_AREA) for m in (segmentation.foreground, saliency.saliency(L)))
    foreground, salient = (cv2.GaussianBlur(m, (0, 0), BLUR) for m in maps)
    return foreground + SALIENCY_WEIGHT * salient


def _peaks(strength: Float) -> tuple[points.Position, ...]:
    """The strongest points, at some distance from one another."""
    remaining = strength.copy()
    h, w = remaining.shape
    peaks: list[points.Position] = []
    threshold = max(MIN_STRENGTH, MIN_OF_STRONGEST * float(strength.max()))
    while len(peaks) < MAX_POINTS and remaining.max() >= threshold:
        row, column = np.unravel_index(int(remaining.argmax()), remaining.shape)
        peaks.append(((float(column) + 0.5) / w, (float(row) + 0.5) / h))
        cv2.circle(remaining, (int(column), int(row)), max(1, round(MIN_DISTANCE * (h * w) ** 0.5)), -1.0, -1)
    return tuple(peaks)
