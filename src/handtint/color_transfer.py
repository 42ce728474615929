"""Colour transfer: predicted colours shifted to those of a reference photograph, region by region."""

from __future__ import annotations

import numpy as np

from handtint.image.arrays import resize
from handtint.image.arrays.resize import GuidedCoefficients
from handtint.image.color import lab, transfer
from handtint.image.color.transfer import ColorShifts, View
from handtint.types import Pixels, Segmentation

SIDE = 256  # pixels: photos are compared at about SIDE * SIDE
RADIUS, EPSILON = 3, 4e-3  # of the guided filter that enlarges the change to full size


def transfer_colors(
    colors: GuidedCoefficients,
    pixels: Pixels,
    segmentation: Segmentation,
    reference: Pixels,
    reference_segmentation: Segmentation,
) -> GuidedCoefficients:
    """The colours predicted for a photo (H, W) or (H, W, 3), shifted to those of a reference, (H', W', 3).

    Only regions that are similar in both are shifted, by the features of their segmentations and by lightness.
    """
    view = predicted_view(colors, pixels, segmentation)
    return apply_shifts(transfer.learn_shifts(view, colored_view(reference, reference_segmentation)), colors, view)


def predicted_view(colors: GuidedCoefficients, pixels: Pixels, segmentation: Segmentation) -> View:
    """The view, for comparison, of a photo (H, W) or (H, W, 3) in its predicted colours."""
    size = resize.fit(pixels.shape[:2], SIDE)
    L = lab.lightness(resize.shrink(pixels, size))
    return View(L, np.dstack(colors.planes(L * np.float32(0.01), 0, size[0])), segmentation)


def colored_view(pixels: Pixels, segmentation: Segmentation) -> View:
    """The view, for comparison, of a photo (H, W, 3) in its own colours."""
    return View(*lab.split(resize.shrink(pixels, resize.fit(pixels.shape[:2], SIDE))), segmentation)


def apply_shifts(shifts: ColorShifts, colors: GuidedCoefficients, view: View) -> GuidedCoefficients:
    """The predicted colours of a photo with shifts applied. view: of the photo, by `predicted_view`."""
    guide = view.L * np.float32(0.01)
    change = resize.shrink(transfer.apply_shifts(shifts, view), view.L.shape)
    return colors.plus(resize.guided_coefficients(guide, change, radius=RADIUS, epsilon=EPSILON))
