"""A photograph as the networks see it."""

from __future__ import annotations

import numpy as np

from handtint.image import lab, resize, tone
from handtint.types import Array, Float


def network_view(pixels: Array, side: int, gain: float | None) -> tuple[Float, Float]:
    """A photo (H, W) or (H, W, 3) at about side * side pixels, aspect kept.

    Returns its own L* (h, w) 0..100, and what the network is given: (1, 1, h', w') in -1..1, after the gain
    (a factor, or None for the automatic one), its sides padded to what networks need.
    """
    L = lab.lightness(resize.shrink(pixels, resize.fit(pixels.shape[:2], side)))
    return L, resize.pad(tone.apply(L, gain) / np.float32(lab.L_SCALE) - 1)
