"""Colours that a place of a photo may have had: those predicted, and those that cloth, paint, earth and leaves have."""

from __future__ import annotations

import numpy as np

from handtint import keep
from handtint.image.arrays.resize import Planes
from handtint.image.color import lab
from handtint.image.color.swatches import COMMON, RGB, at_lightness, distinct, swatches
from handtint.image.masks import selection
from handtint.types import Pixels, Segmentation

TELLING = (32.0, 82.0)  # L*: darker or lighter colours could not be told apart


def at_place(pixels: Pixels, segmentation: Segmentation, colors: Planes, x: float, y: float) -> list[RGB]:
    """The colours, sRGB 0..255, the likeliest first, about as light as the photo is there.

    pixels: (H, W) or (H, W, 3), of a few hundred pixels a side. colors: those predicted. x, y: shares of the sides.
    """
    height, width = pixels.shape[:2]
    row, column = int(y * height), int(x * width)
    L = lab.lightness(pixels)
    ab = np.dstack(colors.planes(L / np.float32(100), 0, height))
    steps = keep.parse(f"@{100 * x:.2f}%,{100 * y:.2f}%")
    seen = selection.select(steps, pixels, segmentation, matted=False)
    red, green, blue = lab.join(L, ab)[row, column].tolist()
    candidates = [(red, green, blue), *swatches(L, ab, seen.alpha), *COMMON]
    found = at_lightness(candidates, float(np.clip(L[row, column], *TELLING)))
    return [found[n] for n in distinct(found)]
