"""ICC profiles: their kind, whether they are practically sRGB, and conversion to sRGB and back.

Profiles of a matrix and three curves (sRGB, Adobe RGB, Display P3, ProPhoto and those of cameras) are computed here, to
about one level of 16 bits; the 16-bit grid of a colour library is off by levels of 8 bits at the boundary of the gamut.
Profiles of tables are left to libvips. The intent is always relative colorimetric, without black point compensation.

Source: ICC.1:2022, sections 7 (profile layout), 10.6 (curveType) and 10.18 (parametricCurveType).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyvips

from handtint.image.arrays import large, vips
from handtint.image.color import srgb
from handtint.types import Array, Float, Pixels

_SRGB_TO_D50 = np.array(
    [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]]
)
_STEPS = 65536
_ROWS = 64  # rows converted at a time: the floats of a whole photo would be eight times its size
_KINDS = {b"RGB ": "rgb", b"GRAY": "gray", b"CMYK": "cmyk"}


@dataclass(frozen=True, slots=True, eq=False)
class _Shaper:
    """An RGB encoding: curves (3, 65536) float32 from encoded to linear, matrix (3, 3) from linear to XYZ D50."""

    curves: Float
    matrix: Array


def kind(icc: bytes | None) -> str:
    """The kind of a profile: "rgb", "gray", "cmyk", or "" for none, a damaged one or any other."""
    if not icc or len(icc) < 132 or icc[36:40] != b"acsp" or int.from_bytes(icc[:4], "big") > len(icc):
        return ""
    return _KINDS.get(icc[16:20], "")


@lru_cache(maxsize=16)
def is_usable(icc: bytes) -> bool:
    """Whether an RGB profile can be used in both directions."""
    try:
        to_profile(to_srgb(_patch(), icc), icc)
    except (pyvips.Error, ValueError):
        return False
    return True


@lru_cache(maxsize=16)
def is_srgb(icc: bytes) -> bool:
    """Whether a usable RGB profile is practically sRGB: no test colour differs by more than one level of 8 bits."""
    patch = _patch()
    return bool(np.abs(to_srgb(patch, icc).astype(int) - patch).max() <= 257)


def _patch() -> Pixels:
    steps = (np.linspace(0, 255, 18) * 257).astype(np.uint16)
    return np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 18, 3)


def to_srgb(pixels: Pixels, icc: bytes) -> Pixels:
    """(H, W, 3) values in the encoding of an RGB profile to sRGB, same dtype. Raises ValueError or pyvips.Error."""
    shaper = _shaper(icc)
    return _convert(pixels, shaper, _srgb()) if shaper else _by_tables(pixels, icc, to_srgb=True)


def to_profile(pixels: Pixels, icc: bytes) -> Pixels:
    """(H, W, 3) sRGB values to the encoding of an RGB profile, same dtype. Raises ValueError or pyvips.Error."""
    shaper = _shaper(icc)
    return _convert(pixels, _srgb(), shaper) if shaper else _by_tables(pixels, icc, to_srgb=False)


def gray_to_srgb(pixels: Pixels, icc: bytes) -> Pixels:
    """(H, W) values in the encoding of a gray profile to sRGB, same dtype.

    They are unchanged if the profile's curve is, to a level of 8 bits, sRGB's or a gamma of 2.2, or cannot be read.
    """
    try:
        curve = _curve(_tags(icc)[b"kTRC"])
    except (KeyError, ValueError, struct.error):
        return pixels
    steps = np.linspace(0, 1, _STEPS)
    encoded = srgb.encode_srgb(curve.astype(np.float32))
    if min(np.abs(encoded - steps).max(), np.abs(curve ** (1 / 2.2) - steps).max()) <= 1 / 255:
        return pixels
    max_value = np.iinfo(pixels.dtype).max
    table: Pixels = np.round(encoded[:: (_STEPS - 1) // max_value] * max_value).astype(pixels.dtype)
    return large.by_rows(lambda rows: table[rows], (pixels,), large.empty(pixels.shape, pixels.dtype))


def _convert(pixels: Pixels, source: _Shaper, target: _Shaper) -> Pixels:
    decode = source.curves[:, :: (_STEPS - 1) // np.iinfo(pixels.dtype).max]
    encode = _inverses(target, pixels.dtype)
    matrix = (np.linalg.inv(target.matrix) @ source.matrix).T.astype(np.float32)
    out = large.empty(pixels.shape, pixels.dtype)
    for rows in large.strips(_ROWS, pixels, out):
        strip = pixels[rows]
        linear = np.stack([decode[i][strip[..., i]] for i in range(3)], axis=-1) @ matrix
        index = (np.sqrt(np.clip(linear, 0, 1)) * np.float32(_STEPS - 1) + np.float32(0.5)).astype(np.uint16)
        for i in range(3):
            out[rows, :, i] = encode[i][index[..., i]]
    return out


@lru_cache(maxsize=8)
def _inverses(shaper: _Shaper, dtype: np.dtype) -> Array:
    """Tables (3, 65536) from the square root of linear light, for precision in shadows, to encoded values."""
    steps = np.linspace(0, np.iinfo(dtype).max, _STEPS)
    linear = np.linspace(0, 1, _STEPS) ** 2
    return np.stack([np.round(np.interp(linear, curve, steps)) for curve in shaper.curves]).astype(dtype)


@lru_cache(maxsize=1)
def _srgb() -> _Shaper:
    curve = srgb.decode_srgb(np.linspace(0, 1, _STEPS))
    return _Shaper(np.stack([curve] * 3), _SRGB_TO_D50)


@lru_cache(maxsize=8)
def _shaper(icc: bytes) -> _Shaper | None:
    """The matrix and curves of an RGB profile, None if it works by tables. Raises ValueError if it is damaged."""
    try:
        tags = _tags(icc)
        if tags.keys() & {b"A2B0", b"A2B1", b"D2B0", b"D2B1"}:
            return None
        columns = [np.frombuffer(tags[name], ">i4", 3, 8) / 65536 for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
        curves = np.stack([_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC")])
    except (KeyError, struct.error) as error:
        raise ValueError("a damaged ICC profile") from error
    matrix = np.stack(columns, axis=1)
    if abs(np.linalg.det(matrix)) < 1e-6 or (np.diff(curves, axis=1) < 0).any():
        raise ValueError("an ICC profile that cannot be inverted")
    return _Shaper(curves.astype(np.float32), matrix)


def _tags(icc: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", icc, 128)
    records = [struct.unpack_from(">4sII", icc, 132 + 12 * i) for i in range(min(count, 100))]
    return {name: icc[offset : offset + size] for name, offset, size in records}


def _curve(tag: bytes) -> Array:
    """A curve (65536,) from encoded 0..1 to linear 0..1. Raises ValueError or struct.error."""
    x = np.linspace(0, 1, _STEPS)
    if tag[:4] == b"para":
        return _parametric(x, tag)
    if tag[:4] != b"curv":
        raise ValueError("an unknown kind of curve")
    (count,) = struct.unpack_from(">I", tag, 8)
    values = np.frombuffer(tag, ">u2", count, 12)
    if count == 0:
        return x
    return x ** (values[0] / 256) if count == 1 else np.interp(x, np.linspace(0, 1, count), values / 65535)


@np.errstate(all="ignore")  # a damaged curve can have any exponents; results are clipped to 0..1
def _parametric(x: Array, tag: bytes) -> Array:
    (function,) = struct.unpack_from(">H", tag, 8)
    if function > 4:
        raise ValueError("an unknown kind of curve")
    numbers = np.frombuffer(tag, ">i4", (1, 3, 4, 5, 7)[function], 12) / 65536
    g, a, b, c, d, e, f = np.concatenate([numbers, np.zeros(7 - len(numbers))])
    if function == 0:
        return np.clip(x**g, 0, 1)
    if function < 3:  # c is added on both sides of the bend at -b / a
        c, d, e, f = 0.0, -b / a if a else 0.0, c, c
    return np.nan_to_num(np.clip(np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f), 0, 1))


def _by_tables(pixels: Pixels, icc: bytes, *, to_srgb: bool) -> Pixels:
    """The same conversions by libvips, through 16-bit Lab."""
    depth = 8 * pixels.dtype.itemsize
    image = vips.of(pixels)
    if to_srgb:
        image = vips.with_icc(image, icc).icc_import(embedded=True, intent="relative")
        image = image.icc_export(output_profile="srgb", intent="relative", depth=depth)
    else:
        image = image.icc_import(input_profile="srgb", intent="relative")
        image = vips.with_icc(image, icc).icc_export(intent="relative", depth=depth)
    return vips.array(image, pixels)
