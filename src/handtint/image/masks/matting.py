"""Edges of hair and fur by closed-form matting (Levin, Lischinski and Weiss 2008), through pymatting."""

from __future__ import annotations

import importlib.util

import cv2
import numpy as np

from handtint.errors import OptionError
from handtint.image.arrays import resize
from handtint.image.color import lab
from handtint.image.masks import masks
from handtint.types import Alpha, Array

SIDE = 512  # matting happens at about SIDE * SIDE pixels: seconds, not minutes
BAND = 0.02  # half the width of the unknown band along the mask's edges, relative to the mean side
CERTAIN = (20, 235)  # alpha below the first is certainly background, above the second certainly foreground
RADIUS, EPSILON = 3, 1e-5  # of the guided filter that enlarges the matte to full size


def require() -> None:
    """Raise OptionError if pymatting is not installed."""
    if importlib.util.find_spec("pymatting") is None:
        raise OptionError("matting: needs pymatting: pip install 'handtint[matting]'")


def matte(alpha: Alpha, pixels: Array) -> Alpha:
    """Alpha (H, W) uint8 whose edges are computed again by matting on pixels (H, W) or (H, W, 3).

    Values of 0 and 255 far from an edge do not change; a mask without edges is returned unchanged.
    Raises OptionError if pymatting is not installed.
    """
    require()
    size = resize.fit(alpha.shape, SIDE)
    trimap = _trimap(resize.shrink(alpha, size))
    if not ((trimap == 0).any() and (trimap == 1).any() and (trimap == 0.5).any()):
        return alpha
    small = resize.shrink(pixels, size)
    values = np.clip(_closed_form(small, trimap), 0, 1).astype(np.float32)
    guide = lab.lightness(small) / np.float32(100)
    coefficients = resize.guided_coefficients(guide, values[..., None], radius=RADIUS, epsilon=EPSILON)
    return masks.enlarge(coefficients, pixels)


def _trimap(alpha: Alpha) -> Array:
    """(h, w) float64: 0 outside, 1 inside, 0.5 in a band along the edges."""
    radius = max(2, round(BAND * float(np.sqrt(alpha.size))))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    outside = cv2.erode((alpha < CERTAIN[0]).astype(np.uint8), disk)
    inside = cv2.erode((alpha > CERTAIN[1]).astype(np.uint8), disk)
    return np.where(inside > 0, 1.0, np.where(outside > 0, 0.0, 0.5))


def _closed_form(small: Array, trimap: Array) -> Array:
    """Alpha (h, w) float64 0..1."""
    from pymatting import estimate_alpha_cf

    unit = small.astype(np.float64) / np.iinfo(small.dtype).max
    rgb = unit if unit.ndim == 3 else np.repeat(unit[..., None], 3, axis=2)
    return np.asarray(estimate_alpha_cf(rgb, trimap))
