"""Predicted colours in the manner of another photograph, thing by thing."""

from __future__ import annotations

import numpy as np

from handtint.image.arrays import resize
from handtint.image.arrays.resize import GuidedCoefficients
from handtint.image.color import lab, likeness
from handtint.image.color.likeness import Shifts, View
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

    segmentation, other_segmentation: what is where in the two.
    """
    own = predicted(colors, pixels, segmentation)
    return applied(likeness.learned(own, colored(other, other_segmentation)), colors, own)


def predicted(colors: GuidedCoefficients, pixels: Pixels, segmentation: Segmentation) -> View:
    """A photo (H, W) or (H, W, 3) in the colours that were predicted for it, as it is compared."""
    size = resize.fit(pixels.shape[:2], SIDE)
    L = lab.lightness(resize.shrink(pixels, size))
    return View(L, np.dstack(colors.planes(L * np.float32(0.01), 0, size[0])), segmentation)


def colored(pixels: Pixels, segmentation: Segmentation) -> View:
    """A photo (H, W, 3) in its own colours, as it is compared."""
    return View(*lab.split(resize.shrink(pixels, resize.fit(pixels.shape[:2], SIDE))), segmentation)


def applied(shifts: Shifts, colors: GuidedCoefficients, own: View) -> GuidedCoefficients:
    """The colours predicted for a photo, by what was learned of a reference. own: as `predicted` makes it."""
    guide = own.L * np.float32(0.01)
    added = resize.shrink(likeness.applied(shifts, own), own.L.shape)
    return colors.plus(resize.guided_coefficients(guide, added, radius=RADIUS, epsilon=EPSILON))
