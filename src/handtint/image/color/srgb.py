"""sRGB: its transfer curve and its primaries (IEC 61966-2-1), by formula and by lookup table."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from handtint.types import Array, Float

_RGB_TO_XYZ = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
TO_WHITE = (_RGB_TO_XYZ / _RGB_TO_XYZ.sum(axis=1, keepdims=True)).astype(
    np.float32
)  # linear RGB -> XYZ, white (1, 1, 1)
FROM_WHITE = np.linalg.inv(TO_WHITE.astype(np.float64)).astype(np.float32)


def decode_srgb(values: Array) -> Float:
    """sRGB-encoded values (float in 0..1, or uint8, or uint16) to linear light, float32 0..1."""
    if values.dtype == np.uint8 or values.dtype == np.uint16:
        return lookup(linear_table(values.dtype.itemsize), values)
    v = np.asarray(values, np.float32)
    return np.where(v <= 0.04045, v / 12.92, ((np.maximum(v, 0) + 0.055) / 1.055) ** 2.4).astype(np.float32)


def encode_srgb(linear: Float) -> Float:
    """Linear light, float32 0..1, to sRGB-encoded float32 0..1."""
    v = np.clip(linear, 0, 1)
    return np.where(v <= 0.0031308, v * 12.92, 1.055 * v ** (1 / 2.4) - 0.055).astype(np.float32)


@cache
def linear_table(itemsize: int) -> Float:
    """The linear light of each sRGB value of `itemsize` bytes."""
    top = (1 << 8 * itemsize) - 1
    return decode_srgb(np.arange(top + 1, dtype=np.float64) / top)


def lookup(table: Float, values: Array) -> Float:
    """The table's entries for unsigned integers of any shape; for 8 bits by OpenCV, five times as fast."""
    fast = values.dtype == np.uint8 and values.ndim in (2, 3) and values.size
    return cv2.LUT(values, table) if fast else table[values]
