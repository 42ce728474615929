"""Random colour hints for training: a few points, regions of one colour, or the mean colour of the picture.

Zhang et al. 2017 (Real-Time User-Guided Image Colorization) reveal small squares to one network and global statistics
to another; here both are in one map.
"""

from __future__ import annotations

import cv2
import numpy as np

from handtint.types import Float

ABSENT, GLOBAL = 0.5, 0.05  # shares of samples without hints, and with the mean colour of all alone
WHOLE = np.float32(0.25)  # how known a pixel is of which only the mean of the picture is told
MEAN_POINTS = 6.0


def hints(rng: np.random.Generator, L: Float, ab: Float) -> Float:
    """Random hints for a picture: a*, b* and their certainty, (h, w, 3) float32.

    L: L* (h, w) 0..100. ab: a*b* (h, w, 2). The certainty is 1 where a colour is revealed and 0 elsewhere, where a* and
    b* are 0, too. If only the picture's mean colour is revealed, it is everywhere, with a certainty of 0.25.
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
    """Reveal the mean colour of a small random square."""
    h, w = ab.shape[:2]
    radius = int(rng.integers(0, 5))
    y, x = int(rng.integers(h)), int(rng.integers(w))
    place = np.s_[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1]
    known[place] = [*ab[place].mean(axis=(0, 1)), 1]


def _hint_thing(rng: np.random.Generator, L: Float, ab: Float, known: Float) -> None:
    """Reveal the mean colour of a region of nearly one colour, grown from a random pixel."""
    h, w = L.shape
    levels = np.clip(np.dstack([L[..., None] * 1.2, ab * 1.5 + 128]), 0, 255).astype(np.uint8)
    grown = np.zeros((h + 2, w + 2), np.uint8)
    seed = (int(rng.integers(w)), int(rng.integers(h)))
    flags = 4 | (1 << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
    cv2.floodFill(np.ascontiguousarray(levels), grown, seed, 0, (40, 15, 15), (40, 15, 15), flags)
    inside = grown[1:-1, 1:-1] == 1
    known[inside] = [*ab[inside].mean(axis=0), 1]
