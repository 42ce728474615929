"""sRGB <-> CIE Lab (D65), and the gamut mapping that reduces chroma, never lightness.

This is the only colour arithmetic of handtint: training, tinting and evaluation share it.

Sources: IEC 61966-2-1 (sRGB), CIE 15:2004 (Lab). The matrix rows are divided by the D65 white, so that
every neutral gray has a* = b* = 0 to rounding.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from handtint.image.color import eight_bit
from handtint.image.color.srgb import FROM_WHITE, TO_WHITE, decode_srgb, encode_srgb, linear_table, lookup
from handtint.types import Array, Float, Pixels

L_SCALE = 50.0  # network L = L* / 50 - 1
AB_SCALE = 110.0  # network ab = a*b* / 110

_EPSILON = np.float32((6 / 29) ** 3)
_SLOPE = np.float32((29 / 6) ** 2 / 3)
_OFFSET = np.float32(16 / 116)
_CURVE_STEPS = 1 << 14  # entries of the table from linear light to 8-bit sRGB: its error is at most 0.1 level
_SLACK = np.float32(1e-5)  # tolerance of linear light beyond 0..1


@cache
def _lightness_table(itemsize: int) -> Float:
    return _lightness_of(linear_table(itemsize))


@cache
def _encode_table() -> Array:
    curve = encode_srgb(np.linspace(0, 1, _CURVE_STEPS, dtype=np.float32))
    return np.round(curve * 255).astype(np.uint8)


def _f(t: Float) -> Float:
    return np.where(t > _EPSILON, np.cbrt(t), t * _SLOPE + _OFFSET).astype(np.float32)


def _f_inverse(f: Float) -> Float:
    return np.where(f > np.float32(6 / 29), f * f * f, (f - _OFFSET) / _SLOPE).astype(np.float32)


def _lightness_of(y: Float) -> Float:
    return np.float32(116) * _f(y) - np.float32(16)


def lightness(pixels: Array) -> Float:
    """L* (H, W) float32 0..100 of sRGB pixels: (H, W) or (H, W, 3), uint8, uint16 or float 0..1."""
    if pixels.ndim == 2:
        if pixels.dtype == np.uint8 or pixels.dtype == np.uint16:
            return lookup(_lightness_table(pixels.dtype.itemsize), pixels)
        return _lightness_of(decode_srgb(pixels))
    return _lightness_of(_to_white(pixels, TO_WHITE[1:2]))[..., 0]


def _to_white(pixels: Array, matrix: Float) -> Float:
    """sRGB pixels (H, W, 3) to linear values (H, W, k) by a matrix (k, 3)."""
    linear = decode_srgb(pixels)
    return cv2.transform(linear, matrix).reshape(*linear.shape[:2], -1) if linear.size else linear @ matrix.T


def split(pixels: Array) -> tuple[Float, Float]:
    """sRGB pixels (H, W) or (H, W, 3) to L* (H, W) 0..100 and a*b* (H, W, 2), float32."""
    if pixels.ndim == 2:
        return lightness(pixels), np.zeros((*pixels.shape, 2), np.float32)
    fx, fy, fz = np.moveaxis(_f(_to_white(pixels, TO_WHITE)), -1, 0)
    ab = np.stack([500 * (fx - fy), 200 * (fy - fz)], axis=-1)
    return np.float32(116) * fy - np.float32(16), ab.astype(np.float32)


def to_linear(L: Float, a: Float, b: Float) -> tuple[Float, Float, Float]:
    """L*, a*, b* planes of one shape to linear R, G, B planes, float32, unclipped: outside 0..1 is outside sRGB."""
    fy = (L + np.float32(16)) * np.float32(1 / 116)
    x, y, z = _f_inverse(fy + a * np.float32(1 / 500)), _f_inverse(fy), _f_inverse(fy - b * np.float32(1 / 200))
    r, g, b_ = (m[0] * x + m[1] * y + m[2] * z for m in FROM_WHITE)
    return r, g, b_


def fit_gamut(L: Float, a: Float, b: Float, *, steps: int = 10) -> tuple[Float, Float]:
    """The a*, b* planes with chroma reduced to what sRGB can represent at each L*; all planes of one shape.

    Hue and lightness are unchanged; the factor on the chroma is found by bisection, to within 2**-steps.
    """
    outside = ~_in_gamut(*to_linear(L, a, b))
    if not outside.any():
        return a, b
    scale = _largest_scale(L[outside], a[outside], b[outside], steps)
    a, b = a.copy(), b.copy()
    a[outside] *= scale
    b[outside] *= scale
    return a, b


def _in_gamut(r: Float, g: Float, b: Float) -> NDArray[np.bool_]:
    low = np.minimum(np.minimum(r, g), b)
    high = np.maximum(np.maximum(r, g), b)
    return (low >= -_SLACK) & (high <= 1 + _SLACK)


def _largest_scale(L: Float, a: Float, b: Float, steps: int) -> Float:
    low = np.zeros_like(L)
    step = np.float32(0.5)
    for _ in range(steps):
        inside = _in_gamut(*to_linear(L, a * (low + step), b * (low + step)))
        low += np.where(inside, step, np.float32(0))
        step *= np.float32(0.5)
    return low


def join(L: Float, ab: Float, dtype: np.dtype[Any] | type = np.uint8) -> Pixels:
    """L* (H, W) and a*b* (H, W, 2) to sRGB pixels (H, W, 3), uint8 or uint16, fitted into the gamut."""
    return join_planes(L, ab[..., 0], ab[..., 1], dtype)


def join_planes(L: Float, a: Float, b: Float, dtype: np.dtype[Any] | type = np.uint8) -> Pixels:
    """The same as `join` from three planes (H, W)."""
    if np.dtype(dtype) == np.uint8 and L.size:
        return eight_bit.lab_to_srgb(L, a, b)
    planes = to_linear(L, *fit_gamut(L, a, b))
    out = np.empty((*L.shape, 3), dtype)
    for i, plane in enumerate(planes):
        out[..., i] = encode_pixels(plane, dtype)
    return out


def encode_pixels(linear: Float, dtype: np.dtype[Any] | type = np.uint8) -> Pixels:
    """Linear light, float32, clipped to 0..1, to sRGB-encoded uint8 or uint16."""
    if np.dtype(dtype) == np.uint8:
        index = np.clip(linear * np.float32(_CURVE_STEPS - 1) + np.float32(0.5), 0, _CURVE_STEPS - 1)
        return np.take(_encode_table(), index.astype(np.int32))
    return np.round(encode_srgb(linear) * np.float32(65535)).astype(np.uint16)


def gray(L: Float, dtype: np.dtype[Any] | type = np.uint8) -> Pixels:
    """L* of any shape to the sRGB gray level of that lightness, uint8 or uint16."""
    return encode_pixels(_f_inverse((L + np.float32(16)) * np.float32(1 / 116)), dtype)
