"""Likely colours of a point in a photo: the predicted ones, and common ones of cloth, paint, earth and leaves."""

from __future__ import annotations

import numpy as np

from handtint import keep
from handtint.image.arrays.resize import Planes
from handtint.image.color import lab
from handtint.image.color.swatches import COMMON, RGB, at_lightness, distinct, swatches
from handtint.image.masks import selection
from handtint.types import Pixels, Segmentation

LIGHTNESS_RANGE = (32.0, 82.0)  # L*: darker or lighter colours would look alike


def likely_colors(pixels: Pixels, segmentation: Segmentation, predicted: Planes, x: float, y: float) -> list[RGB]:
    """Likely colours of a point, sRGB 0..255, the likeliest first, at about the photo's lightness at the point.

    pixels: (H, W) or (H, W, 3), a few hundred pixels wide and high. predicted: its colours. x, y: the point, 0..1.
    """
    height, width = pixels.shape[:2]
    row, column = int(y * height), int(x * width)
    L = lab.lightness(pixels)
    ab = np.dstack(predicted.planes(L / np.float32(100), 0, height))
    steps = keep.parse(f"@{100 * x:.2f}%,{100 * y:.2f}%")
    region = selection.select(steps, pixels, segmentation, matted=False)
    red, green, blue = lab.join(L, ab)[row, column].tolist()
    candidates = [(red, green, blue), *swatches(L, ab, region.alpha), *COMMON]
    matched = at_lightness(candidates, float(np.clip(L[row, column], *LIGHTNESS_RANGE)))
    return [matched[n] for n in distinct(matched)]
