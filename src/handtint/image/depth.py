"""8 and 16 bits a channel."""

from __future__ import annotations

import numpy as np

from handtint.image import large
from handtint.types import Pixels


def eight_bits(pixels: Pixels) -> Pixels:
    """uint16 values reduced to uint8, rounded; uint8 values as they are. Any shape."""
    if pixels.dtype == np.uint8:
        return pixels
    table = ((np.arange(65536) + 128) // 257).astype(np.uint8)  # v / 257, rounded
    return large.by_rows(lambda rows: table[rows], (pixels,), large.empty(pixels.shape, np.uint8))
