"""Masks by the photo's own colours, for instance of everything red."""

from __future__ import annotations

import cv2
import numpy as np

from handtint.image.arrays import large
from handtint.image.color import lab
from handtint.types import Array

EDGE = 8.0  # degrees over which the mask fades at either end of the range
FAINT, PLAIN = 6.0, 14.0  # chroma: paler is no colour, stronger is one for certain
STRIP = 64  # rows done at a time


def between(pixels: Array, low: float, high: float) -> Array:
    """Alpha (H, W) uint8 of the hues from low up to high, in degrees of the colour circle (HSV); high may exceed 360.

    pixels: (H, W, 3) sRGB, uint8 or uint16; (H, W) gray has no hues. A pale pixel has next to none.
    """
    out = np.zeros(pixels.shape[:2], np.uint8)
    if pixels.ndim == 2:
        return out
    for rows in large.strips(STRIP, pixels):
        here = pixels[rows]
        unit = here.astype(np.float32) / np.float32(np.iinfo(here.dtype).max)
        hue = cv2.cvtColor(unit, cv2.COLOR_RGB2HSV)[..., 0]
        chroma = np.linalg.norm(lab.split(here)[1], axis=2)
        inside = np.clip(1 - _beyond(hue, low, high) / EDGE, 0, 1) * np.clip((chroma - FAINT) / (PLAIN - FAINT), 0, 1)
        out[rows] = np.round(inside * 255)
    return out


def _beyond(hue: Array, low: float, high: float) -> Array:
    """The distance in degrees, the shorter way, of hues from the range from low up to high; 0 inside."""
    if high - low >= 360:
        return np.zeros_like(hue)
    past = (hue - low) % 360
    width = (high - low) % 360
    return np.where(past <= width, 0, np.minimum(past - width, 360 - past))
