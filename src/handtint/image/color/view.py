"""The inputs of networks, made from a photograph."""

from __future__ import annotations

import numpy as np

from handtint.image.arrays import resize
from handtint.image.color import lab, tone
from handtint.types import Array, Float

MEAN = np.array((0.485, 0.456, 0.406), np.float32)[:, None, None]  # of ImageNet's R, G and B in 0..1
STD = np.array((0.229, 0.224, 0.225), np.float32)[:, None, None]


def network_view(pixels: Array, side: int, gain: float | None, *, square: bool = False) -> tuple[Float, Float]:
    """The input of a network for gray photos, from a photo (H, W) or (H, W, 3).

    It has about side * side pixels with the photo's aspect, or exactly these if `square`. Returns (L* (h, w), 0..100,
    without gain; the input (1, 1, h', w') in -1..1, with gain, padded to the sizes that networks need). gain: a factor,
    or None for the automatic one.
    """
    size = (side, side) if square else resize.fit(pixels.shape[:2], side)
    L = lab.lightness(resize.shrink(pixels, size))
    return L, resize.pad(tone.apply(L, gain) / np.float32(lab.L_SCALE) - 1)


def color_view(pixels: Array, size: tuple[int, int], gain: float | None) -> tuple[Float, Float]:
    """The input of a network for colour photos, of size (h, w), from a photo (H, W) or (H, W, 3).

    Returns (L* (h, w), 0..100, without gain; the input (1, 3, h, w), sRGB in 0..1, with gain). A gray photo has equal
    values in all three channels.
    """
    L, ab = lab.split(resize.shrink(pixels, size))
    adjusted = tone.apply(L, gain)
    rgb = lab.join(adjusted, ab) if pixels.ndim == 3 else np.repeat(lab.gray(adjusted)[..., None], 3, axis=2)
    return L, np.ascontiguousarray(np.moveaxis(rgb, -1, 0)[None]).astype(np.float32) / np.float32(255)


def normalized(rgb: Float) -> Float:
    """(n, 3, h, w) in 0..1, normalised by ImageNet's mean and standard deviation."""
    return (rgb - MEAN) / STD
