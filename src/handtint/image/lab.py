"""sRGB <-> CIE Lab (D65), and the gamut fit that gives up chroma, never lightness.

This is the only colour arithmetic of handtint: training, tinting and evaluation share it.

Sources: IEC 61966-2-1 (sRGB), CIE 15:2004 (Lab). The matrix rows are divided by the D65 white, so that
every neutral gray has a* = b* = 0 to rounding.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from handtint.types import Array, Float, Pixels

L_SCALE = 50.0  # network L = L* / 50 - 1
AB_SCALE = 110.0  # network ab = a*b* / 110

_RGB_TO_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
_TO_WHITE = (_RGB_TO_XYZ / _RGB_TO_XYZ.sum(axis=1, keepdims=True)).astype(np.float32)
_FROM_WHITE = np.linalg.inv(_TO_WHITE.astype(np.float64)).astype(np.float32)
_EPSILON = np.float32((6 / 29) ** 3)
_SLOPE = np.float32((29 / 6) ** 2 / 3)
_OFFSET = np.float32(16 / 116)
_CURVE_STEPS = 1 << 14  # entries of the table from linear light to 8-bit sRGB: at most 0.1 level of error


def decode_srgb(values: Array) -> Float:
    """sRGB-encoded values (float in 0..1, or uint8, or uint16) to linear light, float32 0..1."""
    if values.dtype == np.uint8 or values.dtype == np.uint16:
        return _linear_table(values.dtype.itemsize)[values]
    v = np.asarray(values, np.float32)
    return np.where(v <= 0.04045, v / 12.92, ((np.maximum(v, 0) + 0.055) / 1.055) ** 2.4).astype(np.float32)


def encode_srgb(linear: Float) -> Float:
    """Linear light, float32 0..1, to sRGB-encoded float32 0..1."""
    v = np.clip(linear, 0, 1)
    return np.where(v <= 0.0031308, v * 12.92, 1.055 * v ** (1 / 2.4) - 0.055).astype(np.float32)


@cache
def _linear_table(itemsize: int) -> Float:
    top = (1 << 8 * itemsize) - 1
    return decode_srgb(np.arange(top + 1, dtype=np.float64) / top)


@cache
def _lightness_table(itemsize: int) -> Float:
    return _lightness_of(_linear_table(itemsize))


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
            return _lightness_table(pixels.dtype.itemsize)[pixels]
        return _lightness_of(decode_srgb(pixels))
    return _lightness_of(decode_srgb(pixels) @ _TO_WHITE[1])


def split(pixels: Array) -> tuple[Float, Float]:
    """sRGB pixels (H, W) or (H, W, 3) to L* (H, W) 0..100 and a*b* (H, W, 2), float32."""
    if pixels.ndim == 2:
        return lightness(pixels), np.zeros((*pixels.shape, 2), np.float32)
    fx, fy, fz = np.moveaxis(_f(decode_srgb(pixels) @ _TO_WHITE.T), -1, 0)
    ab = np.stack([500 * (fx - fy), 200 * (fy - fz)], axis=-1)
    return np.float32(116) * fy - np.float32(16), ab.astype(np.float32)


def to_linear(L: Float, ab: Float) -> Float:
    """L* (...) and a*b* (..., 2) to linear RGB (..., 3) float32, unclipped: outside 0..1 is outside sRGB."""
    fy = (L + np.float32(16)) / np.float32(116)
    f = np.stack([fy + ab[..., 0] / np.float32(500), fy, fy - ab[..., 1] / np.float32(200)], axis=-1)
    return _f_inverse(f) @ _FROM_WHITE.T


def fit_gamut(L: Float, ab: Float, *, steps: int = 10) -> Float:
    """The a*b* (..., 2) nearest to the given on the line to gray that sRGB can show at that very L*.

    Hue and lightness are kept, chroma alone is given up, by bisection to 2**-steps of it.
    """
    linear = to_linear(L, ab)
    outside = ((linear < -1e-4) | (linear > 1 + 1e-4)).any(axis=-1)
    if not outside.any():
        return ab
    fitted = ab.copy()
    fitted[outside] = ab[outside] * _largest_scale(L[outside], ab[outside], steps)[:, None]
    return fitted


def _largest_scale(L: Float, ab: Float, steps: int) -> Float:
    low = np.zeros_like(L)
    step = np.float32(0.5)
    for _ in range(steps):
        linear = to_linear(L, ab * (low + step)[:, None])
        inside = ((linear >= -1e-4) & (linear <= 1 + 1e-4)).all(axis=-1)
        low += np.where(inside, step, np.float32(0))
        step *= np.float32(0.5)
    return low


def join(L: Float, ab: Float, dtype: np.dtype | type = np.uint8) -> Pixels:
    """L* (H, W) and a*b* (H, W, 2) to sRGB pixels (H, W, 3), uint8 or uint16, fitted into the gamut."""
    linear = np.clip(to_linear(L, fit_gamut(L, ab)), 0, 1)
    if np.dtype(dtype) == np.uint8:
        return _encode_table()[(linear * np.float32(_CURVE_STEPS - 1) + np.float32(0.5)).astype(np.int32)]
    return np.round(encode_srgb(linear) * np.float32(65535)).astype(np.uint16)
