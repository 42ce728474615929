"""Colours told in advance, as training shows them to a network: a few points, things of one colour, or the mean of all.

Zhang et al. 2017 (Real-Time User-Guided Image Colorization) reveal small squares and, in another network, global
statistics; here both are one map.
"""

from __future__ import annotations

import cv2
import numpy as np

from handtint.types import Float

ABSENT, GLOBAL = 0.5, 0.05  # shares of samples without hints, and with the mean colour of all alone
WHOLE = np.float32(0.25)  # how known a pixel is of which only the mean of the picture is told
MEAN_POINTS = 6.0


def hints(rng: np.random.Generator, L: Float, ab: Float) -> Float:
    """Hints for a picture of L* (h, w) 0..100 and a*b* (h, w, 2): (h, w, 3) float32 of a*, b* and how known they are.

    Known is 1 where a colour is told and 0 elsewhere, where a* and b* are 0, too; 0.25 everywhere where the mean colour
    of the whole is all that is told.
    """
    known = np.zeros((*L.shape, 3), np.float32)
    chance = rng.random()
    if chance < ABSENT:
        return known
    if chance < ABSENT + GLOBAL:
        known[..., :2], known[..., 2] = ab.mean(axis=(0, 1)), WHOLE
        return known
    for _ in range(min(20, int(rng.geometric(1 / MEAN_POINTS)))):
        _point(rng, ab, known)
    if rng.random() < 0.3:
        _hint_thing(rng, L, ab, known)
    return known


def _point(rng: np.random.Generator, ab: Float, known: Float) -> None:
    """The mean colour of a small square."""
    h, w = ab.shape[:2]
    radius = int(rng.integers(0, 5))
    y, x = int(rng.integers(h)), int(rng.integers(w))
    place = np.s_[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1]
    known[place] = [*ab[place].mean(axis=(0, 1)), 1]


def _hint_thing(rng: np.random.Generator, L: Float, ab: Float, known: Float) -> None:
    """The mean colour of a stretch of about one colour, grown from a random pixel."""
    h, w = L.shape
    levels = np.clip(np.dstack([L[..., None] * 1.2, ab * 1.5 + 128]), 0, 255).astype(np.uint8)
    grown = np.zeros((h + 2, w + 2), np.uint8)
    seed = (int(rng.integers(w)), int(rng.integers(h)))
    flags = 4 | (1 << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
    cv2.floodFill(np.ascontiguousarray(levels), grown, seed, 0, (40, 15, 15), (40, 15, 15), flags)
    inside = grown[1:-1, 1:-1] == 1
    known[inside] = [*ab[inside].mean(axis=0), 1]
