"""Masks by the photo's own colours, for instance of everything red."""

from __future__ import annotations

import cv2
import numpy as np

from handtint.image.arrays import large
from handtint.image.color import lab
from handtint.types import Array

EDGE = 8.0  # degrees over which the mask fades at both ends of the range
PALE, COLORFUL = 6.0, 14.0  # chroma at and below which a pixel has no hue, and from which it has one for certain
STRIP = 64  # rows processed at a time


def hue_mask(pixels: Array, low: float, high: float) -> Array:
    """Alpha (H, W) uint8 of the hues from low up to high, in degrees of the colour circle (HSV); high may exceed 360.

    pixels: (H, W, 3) sRGB, uint8 or uint16; for (H, W) gray the alpha is 0. The alpha of pale pixels is small.
    """
    out = np.zeros(pixels.shape[:2], np.uint8)
    if pixels.ndim == 2:
        return out
    for rows in large.strips(STRIP, pixels):
        strip = pixels[rows]
        unit = strip.astype(np.float32) / np.float32(np.iinfo(strip.dtype).max)
        hue = cv2.cvtColor(unit, cv2.COLOR_RGB2HSV)[..., 0]
        chroma = np.linalg.norm(lab.split(strip)[1], axis=2)
        in_range = np.clip(1 - _degrees_outside(hue, low, high) / EDGE, 0, 1)
        out[rows] = np.round(in_range * np.clip((chroma - PALE) / (COLORFUL - PALE), 0, 1) * 255)
    return out


def _degrees_outside(hue: Array, low: float, high: float) -> Array:
    """The distance in degrees of hues from the range low to high, in the shorter direction; 0 inside."""
    if high - low >= 360:
        return np.zeros_like(hue)
    offset = (hue - low) % 360
    width = (high - low) % 360
    return np.where(offset <= width, 0, np.minimum(offset - width, 360 - offset))
