"""Random colour hints for training: a few points, regions of one colour, or the mean colour of the picture.

Zhang et al. 2017 (Real-Time User-Guided Image Colorization) reveal small squares to one network and global statistics
to another; here both are in one map.
"""

from __future__ import annotations

import cv2
import numpy as np

from handtint.types import Float

NO_HINT_PROB, MEAN_ONLY_PROB = 0.5, 0.05  # of a sample without hints, and of one with the picture's mean colour alone
MEAN_CERTAINTY = np.float32(0.25)  # of each pixel where only the picture's mean colour is revealed
MEAN_POINTS = 6.0  # expected number of points in a sample with hints


def hints(rng: np.random.Generator, L: Float, ab: Float) -> Float:
    """Random hints for a picture: a*, b* and their certainty, (h, w, 3) float32.

    L: L* (h, w) 0..100. ab: a*b* (h, w, 2). The certainty is 1 where a colour is revealed and 0 elsewhere, where a* and
    b* are 0, too. If only the picture's mean colour is revealed, it is everywhere, with a certainty of 0.25.
    """
    hint_map = np.zeros((*L.shape, 3), np.float32)
    draw = rng.random()
    if draw < NO_HINT_PROB:
        return hint_map
    if draw < NO_HINT_PROB + MEAN_ONLY_PROB:
        hint_map[..., :2], hint_map[..., 2] = ab.mean(axis=(0, 1)), MEAN_CERTAINTY
        return hint_map
    for _ in range(min(20, int(rng.geometric(1 / MEAN_POINTS)))):
        _point(rng, ab, hint_map)
    if rng.random() < 0.3:
        _region(rng, L, ab, hint_map)
    return hint_map


def _point(rng: np.random.Generator, ab: Float, hint_map: Float) -> None:
    """Reveal the mean colour of a small random square."""
    h, w = ab.shape[:2]
    radius = int(rng.integers(0, 5))
    y, x = int(rng.integers(h)), int(rng.integers(w))
    square = np.s_[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1]
    hint_map[square] = [*ab[square].mean(axis=(0, 1)), 1]


def _region(rng: np.random.Generator, L: Float, ab: Float, hint_map: Float) -> None:
    """Reveal the mean colour of a region of nearly one colour, grown from a random pixel."""
    h, w = L.shape
    features = np.clip(np.dstack([L[..., None] * 1.2, ab * 1.5 + 128]), 0, 255).astype(np.uint8)
    flooded = np.zeros((h + 2, w + 2), np.uint8)
    seed = (int(rng.integers(w)), int(rng.integers(h)))
    flags = 4 | (1 << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
    cv2.floodFill(np.ascontiguousarray(features), flooded, seed, 0, (40, 15, 15), (40, 15, 15), flags)
    inside = flooded[1:-1, 1:-1] == 1
    hint_map[inside] = [*ab[inside].mean(axis=0), 1]
