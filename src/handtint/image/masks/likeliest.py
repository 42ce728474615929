"""The likeliest subject where the network is unsure: the objects at the points that are most probably foreground.

A building or a tree belongs to no class that the network has learned, so its foreground there has no clear outline.
The regions at the strongest points of that foreground and of the saliency together (see `points`) do have one.
"""

from __future__ import annotations

import cv2
import numpy as np

from handtint.image.arrays import resize
from handtint.image.color import lab
from handtint.image.masks import points, saliency
from handtint.types import Float, Pixels, Segmentation

SIDE = 128  # pixels: the side at which saliency is computed
SALIENCY = np.float32(0.5)  # its weight beside the foreground's probability
MOST = 3  # spots
FAINTEST = 0.1  # strength below which nothing is in front
LEAST = 0.5  # of the strongest spot: a weaker one is none
APART = 0.1  # of the map's mean side: no other spot is nearer to one than this
BLUR = 1.5  # cells


def subject(segmentation: Segmentation, pixels: Pixels) -> Float:
    """Alpha (h, w) float32 0..1 at the size of the feature map: the likeliest subject of pixels (H, W) or (H, W, 3)."""
    return points.region(segmentation, points.Prompt(_spots(_strength(segmentation, pixels))))


def _strength(segmentation: Segmentation, pixels: Pixels) -> Float:
    """(h, w): how probably each cell is foreground, by the network and by the saliency of the lightness."""
    L = lab.lightness(resize.shrink(pixels, resize.fit(pixels.shape[:2], SIDE)))
    size = segmentation.features.shape[:0:-1]
    maps = (cv2.resize(m, size, interpolation=cv2.INTER_AREA) for m in (segmentation.foreground, saliency.saliency(L)))
    front, striking = (cv2.GaussianBlur(m, (0, 0), BLUR) for m in maps)
    return front + SALIENCY * striking


def _spots(strength: Float) -> tuple[points.Spot, ...]:
    """The strongest points, at some distance from one another."""
    left = strength.copy()
    h, w = left.shape
    spots: list[points.Spot] = []
    least = max(FAINTEST, LEAST * float(strength.max()))
    while len(spots) < MOST and left.max() >= least:
        row, column = np.unravel_index(int(left.argmax()), left.shape)
        spots.append(((float(column) + 0.5) / w, (float(row) + 0.5) / h))
        cv2.circle(left, (int(column), int(row)), max(1, round(APART * (h * w) ** 0.5)), -1.0, -1)
    return tuple(spots)
