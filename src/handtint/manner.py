"""Predicted colours in the manner of another photograph, thing by thing."""

from __future__ import annotations

import numpy as np

from handtint.image.arrays import resize
from handtint.image.arrays.resize import GuidedCoefficients
from handtint.image.color import lab
from handtint.image.color.likeness import View, difference
from handtint.types import Pixels, Segmentation

SIDE = 256  # of the square at which two photos are compared
RADIUS, EPSILON = 3, 4e-3  # of the guided filter that brings the difference to full size


def after(
    colors: GuidedCoefficients,
    pixels: Pixels,
    segmentation: Segmentation,
    other: Pixels,
    other_segmentation: Segmentation,
) -> GuidedCoefficients:
    """The colours predicted for a photo (H, W) or (H, W, 3) brought to those of another, (H', W', 3), on like things.

    here, there: what is where in the two.
    """
    size = resize.fit(pixels.shape[:2], SIDE)
    L = lab.lightness(resize.shrink(pixels, size))
    guide = L * np.float32(0.01)
    own = View(L, np.dstack(colors.planes(guide, 0, size[0])), segmentation)
    wanted = View(*lab.split(resize.shrink(other, resize.fit(other.shape[:2], SIDE))), other_segmentation)
    moved = resize.shrink(difference(own, wanted), size)
    return colors.plus(resize.guided_coefficients(guide, moved, radius=RADIUS, epsilon=EPSILON))
