"""The colours of labels in the pictures of PASCAL VOC."""

from __future__ import annotations

import numpy as np

from handtint.types import Array


def voc_color(index: int) -> tuple[int, int, int]:
    """The colour of a label 0..255: its bits, three at a time, from the top of R, G and B."""
    red = green = blue = 0
    for bit in range(8):
        low = index >> (3 * bit)
        red |= (low & 1) << (7 - bit)
        green |= (low >> 1 & 1) << (7 - bit)
        blue |= (low >> 2 & 1) << (7 - bit)
    return red, green, blue


def voc_colors() -> Array:
    """The colours of all labels, (256, 3) uint8."""
    return np.array([voc_color(index) for index in range(256)], np.uint8)
