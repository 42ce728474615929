"""Arrays as libvips images."""

from __future__ import annotations

import numpy as np
import pyvips

from handtint.types import Pixels

ICC = "icc-profile-data"


def of(array: Pixels) -> pyvips.Image:
    """(H, W) or (H, W, 1..4) uint8 or uint16 values as an image of gray or RGB, not copied if contiguous."""
    array = np.ascontiguousarray(array)
    height, width = array.shape[:2]
    bands = array.size // (height * width)
    wide = array.dtype == np.uint16
    image = pyvips.Image.new_from_memory(array, width, height, bands, "ushort" if wide else "uchar")
    gray, colour = ("grey16", "rgb16") if wide else ("b-w", "srgb")
    return image.copy(interpretation=gray if bands < 3 else colour)


def tagged(image: pyvips.Image, icc: bytes) -> pyvips.Image:
    """The image with an ICC profile attached, its values as they are."""
    image = image.copy()
    image.set_type(pyvips.GValue.blob_type, ICC, icc)
    return image
