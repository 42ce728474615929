"""Lab to 8-bit sRGB in few passes over memory, by OpenCV's fused arithmetic and a table for sRGB's curve.

The result is that of the formulas in `lab` within half a level, in an eighth of the time (`python bench/parts.py`).
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from handtint.image.color.srgb import FROM_WHITE, encode_srgb
from handtint.types import Array, Float, Pixels

_ONE, _ZERO = 60000, 2768  # linear light 1 and 0 as indices 0..65535, with room for what is outside of 0..1
_KNEE = 6 / 29  # of Lab's curve: below it, a straight line
_ROUNDS = 9  # of Newton's method towards the gamut's edge
_TINY = np.float32(1e-9)
_CLOSE = 1e-6  # of linear light: what rounding makes of 0 and 1
_AROUND_Y = 3 * FROM_WHITE[:, ::2]  # what R, G and B gain by X and Z, their cubes derived
_WIDE_TABLES = int(cv2.__version__.split(".")[0]) >= 5  # OpenCV looks up 16-bit values too


def joined(L: Float, a: Float, b: Float) -> Pixels:
    """L*, a*, b* planes (H, W) to sRGB pixels (H, W, 3) uint8, fitted into the gamut by reducing chroma only."""
    y = cv2.addWeighted(L, 1 / 116, L, 0, 16 / 116)
    x, z = cv2.scaleAdd(a, 1 / 500, y), cv2.scaleAdd(b, -1 / 200, y)
    light = _light(x, y, z)
    outside = np.flatnonzero(_outside(light))
    if outside.size:
        x, y, z = (plane.ravel()[outside][None] for plane in (x, y, z))
        scale = _largest_scale(x - y, y, z - y)
        for channel, fitted in zip(light, _light(y + scale * (x - y), y, y + scale * (z - y)), strict=True):
            channel.ravel()[outside] = fitted
    return np.asarray(cv2.merge([_encoded(channel) for channel in light]))


def _light(x: Float, y: Float, z: Float) -> list[Array]:
    """Linear R, G and B, uint16 with 0 at _ZERO and 1 at _ONE above that, of Lab's curve at X, Y and Z, (H, W) each."""
    x, y, z = (_cubed(plane) for plane in (x, y, z))
    return [
        cv2.addWeighted(cv2.addWeighted(x, m[0] * _ONE, y, m[1] * _ONE, _ZERO), 1, z, m[2] * _ONE, 0, dtype=cv2.CV_16U)
        for m in FROM_WHITE.astype(float)
    ]


def _cubed(f: Float) -> Float:
    """The inverse of Lab's curve: f cubed from _KNEE on, below it the tangent there."""
    above = _at_least(f, _KNEE)
    cubed = cv2.multiply(cv2.multiply(above, above), above)
    return cv2.scaleAdd(cv2.subtract(f, above), 3 * _KNEE**2, cubed)


def _at_least(values: Float, low: float) -> Float:
    """No value below `low`; OpenCV is three times as fast, but takes up to four values for a scalar."""
    return cv2.max(values, low) if values.size > 4 else np.maximum(values, np.float32(low))


def _outside(light: list[Array]) -> Array:
    """Where any channel is below 0 or above 1, by more than rounding."""
    r, g, b = light
    low, high = cv2.min(cv2.min(r, g), b), cv2.max(cv2.max(r, g), b)
    return (low < _ZERO - 1) | (high > _ZERO + _ONE + 1)


def _largest_scale(dx: Float, y: Float, dz: Float) -> Float:
    """The largest share of chroma, (1, n) in 0..1, that sRGB can show, where it cannot show all.

    By Newton's method from gray on, each channel towards the bound that it moves to: the nearest counts. Where a step
    would leave the stretch between the largest share known to fit and the smallest known not to, it is halved instead.
    """
    share, fits, exceeds = np.zeros_like(y), np.zeros_like(y), np.ones_like(y)
    moves = np.concatenate([dx, dz])
    for _ in range(_ROUNDS):
        squared, light = _channels(y, share * moves)
        inside = _shown(light)
        fits, exceeds = np.where(inside, share, fits), np.where(inside, exceeds, share)
        change = _AROUND_Y @ (squared[::2] * moves)
        change -= _TINY  # so that none is 0
        step = share + (((change > 0) - light) / change).min(axis=0)
        share = np.where((step >= fits) & (step <= exceeds), step, (fits + exceeds) / 2)
    return np.where(_shown(_channels(y, share * moves)[1]), share, fits)


def _shown(light: Float) -> Array:
    """Where linear R, G and B (3, n) are in 0..1, (1, n) bool."""
    return np.all((light >= -_CLOSE) & (light <= 1 + _CLOSE), axis=0, keepdims=True)


def _channels(y: Float, chroma: Float) -> tuple[Float, Float]:
    """Lab's curve at X, Y and Z, squared, and linear R, G and B, (3, n) each.

    y: the curve at Y, (1, n). chroma: by how much X and Z differ from it there, (2, n).
    """
    planes = np.concatenate([y + chroma[:1], y, y + chroma[1:]])
    knee = _at_least(planes, _KNEE)
    squared = knee * knee
    return squared, FROM_WHITE @ (squared * knee + (planes - knee) * np.float32(3 * _KNEE**2))


def _encoded(light: Array) -> Pixels:
    """A channel of `_light` as sRGB values, uint8."""
    return np.asarray(cv2.LUT(light, _table())) if _WIDE_TABLES else _table()[light]


@cache
def _table() -> Array:
    """The sRGB value 0..255 of every index of linear light."""
    linear = (np.arange(65536, dtype=np.float32) - _ZERO) / np.float32(_ONE)
    return np.round(encode_srgb(linear) * 255).astype(np.uint8)
