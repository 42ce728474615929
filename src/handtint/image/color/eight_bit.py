"""Lab to 8-bit sRGB in few passes over memory, by OpenCV's fused arithmetic and a lookup table for the sRGB curve.

The result is that of the formulas in `lab` within half a level, in an eighth of the time (`python bench/parts.py`).
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from handtint.image.color.srgb import FROM_WHITE, encode_srgb
from handtint.types import Array, Float, Pixels

_ONE, _ZERO = 60000, 2768  # scale of linear light as indices 0..65535, and index of 0; values outside 0..1 fit, too
_KNEE = 6 / 29  # of Lab's curve, which is a straight line below
_ROUNDS = 9  # of Newton's method towards the boundary of the gamut
_TINY = np.float32(1e-9)
_TOLERANCE = 1e-6  # of linear light beyond 0..1, for rounding
_CHROMA_DERIVATIVE = 3 * FROM_WHITE[:, ::2]  # derivatives of R, G and B by the curve at X and Z, divided by its square
_WIDE_TABLES = int(cv2.__version__.split(".")[0]) >= 5  # whether OpenCV looks up 16-bit values, too


def lab_to_srgb(L: Float, a: Float, b: Float) -> Pixels:
    """L*, a*, b* planes (H, W) to sRGB pixels (H, W, 3) uint8, fitted into the gamut by reducing chroma only."""
    y = cv2.addWeighted(L, 1 / 116, L, 0, 16 / 116)
    x, z = cv2.scaleAdd(a, 1 / 500, y), cv2.scaleAdd(b, -1 / 200, y)
    linear = _linear_rgb(x, y, z)
    outside = np.flatnonzero(_out_of_gamut(linear))
    if outside.size:
        x, y, z = (plane.ravel()[outside][None] for plane in (x, y, z))
        scale = _largest_scale(x - y, y, z - y)
        for channel, values in zip(linear, _linear_rgb(y + scale * (x - y), y, y + scale * (z - y)), strict=True):
            channel.ravel()[outside] = values
    return np.asarray(cv2.merge([_encode(channel) for channel in linear]))


def _linear_rgb(x: Float, y: Float, z: Float) -> list[Array]:
    """Linear R, G and B times _ONE plus _ZERO, uint16, from Lab's curve at X, Y and Z, (H, W) each."""
    x, y, z = (_inverse_curve(plane) for plane in (x, y, z))
    return [
        cv2.addWeighted(cv2.addWeighted(x, m[0] * _ONE, y, m[1] * _ONE, _ZERO), 1, z, m[2] * _ONE, 0, dtype=cv2.CV_16U)
        for m in FROM_WHITE.astype(float)
    ]


def _inverse_curve(f: Float) -> Float:
    """The inverse of Lab's curve: f cubed above _KNEE, and its tangent at _KNEE below."""
    upper = _at_least(f, _KNEE)
    cubed = cv2.multiply(cv2.multiply(upper, upper), upper)
    return cv2.scaleAdd(cv2.subtract(f, upper), 3 * _KNEE**2, cubed)


def _at_least(values: Float, low: float) -> Float:
    """The maximum of values and `low`. OpenCV is three times as fast, but reads up to four values as one scalar."""
    return cv2.max(values, low) if values.size > 4 else np.maximum(values, np.float32(low))


def _out_of_gamut(linear: list[Array]) -> Array:
    """Where any channel is below 0 or above 1, by more than rounding."""
    r, g, b = linear
    low, high = cv2.min(cv2.min(r, g), b), cv2.max(cv2.max(r, g), b)
    return (low < _ZERO - 1) | (high > _ZERO + _ONE + 1)


def _largest_scale(dx: Float, y: Float, dz: Float) -> Float:
    """The largest factor on chroma, (1, n) in 0..1, for which colours outside of sRGB fit into it.

    Newton's method starts from gray and moves to the nearest of the bounds that the channels approach. A step beyond
    the interval between the largest factor known to fit and the smallest known not to is replaced by bisection.
    """
    scale, fits, exceeds = np.zeros_like(y), np.zeros_like(y), np.ones_like(y)
    chroma = np.concatenate([dx, dz])
    for _ in range(_ROUNDS):
        squared, linear = _channels(y, scale * chroma)
        fitting = _in_gamut(linear)
        fits, exceeds = np.where(fitting, scale, fits), np.where(fitting, exceeds, scale)
        change = _CHROMA_DERIVATIVE @ (squared[::2] * chroma)
        change -= _TINY  # avoids division by 0
        step = scale + (((change > 0) - linear) / change).min(axis=0)
        scale = np.where((step >= fits) & (step <= exceeds), step, (fits + exceeds) / 2)
    return np.where(_in_gamut(_channels(y, scale * chroma)[1]), scale, fits)


def _in_gamut(linear: Float) -> Array:
    """Where linear R, G and B (3, n) are in 0..1, (1, n) bool."""
    return np.all((linear >= -_TOLERANCE) & (linear <= 1 + _TOLERANCE), axis=0, keepdims=True)


def _channels(y: Float, chroma: Float) -> tuple[Float, Float]:
    """Lab's curve at X, Y and Z, squared, and linear R, G and B, (3, n) each.

    y: the curve at Y, (1, n). chroma: the differences of the curve at X and Z from it, (2, n).
    """
    planes = np.concatenate([y + chroma[:1], y, y + chroma[1:]])
    knee = _at_least(planes, _KNEE)
    squared = knee * knee
    return squared, FROM_WHITE @ (squared * knee + (planes - knee) * np.float32(3 * _KNEE**2))


def _encode(linear: Array) -> Pixels:
    """A channel from `_linear_rgb` as sRGB values, uint8."""
    return np.asarray(cv2.LUT(linear, _table())) if _WIDE_TABLES else _table()[linear]


@cache
def _table() -> Array:
    """The sRGB value 0..255 for each index of linear light."""
    linear = (np.arange(65536, dtype=np.float32) - _ZERO) / np.float32(_ONE)
    return np.round(encode_srgb(linear) * 255).astype(np.uint8)
