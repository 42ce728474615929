"""Sample values of any NumPy type converted to 16 bits, and 16 bits to 8."""

from __future__ import annotations

import numpy as np

from handtint.image.arrays import large
from handtint.types import Array, Pixels

FULL = 65535
_HUGE = 1e300
_SLACK = 1e-3  # tolerance beyond 0..1, for rounding and resampling


def eight_bits(pixels: Pixels) -> Pixels:
    """uint16 values rounded to uint8; uint8 values unchanged. Any shape."""
    if pixels.dtype == np.uint8:
        return pixels
    table = ((np.arange(65536) + 128) // 257).astype(np.uint8)  # v / 257, rounded
    return large.by_rows(lambda rows: table[rows], (pixels,), large.empty(pixels.shape, np.uint8))


def sixteen_bits(values: Array) -> tuple[Pixels, str]:
    """Values of any integer or floating-point type, of any shape, as uint16, and a note of how they were read.

    Floating-point values 0..1 are black to white. Other values 0..255 (if they are integers) or 0..65535 are read as 8
    or 16 bits, and integers that use the upper half of a wider unsigned type as that many bits. All others are
    stretched from the smallest to the largest. NaN becomes black, infinity white. Raises ValueError for complex values.
    """
    if values.dtype.kind not in "iuf":
        raise ValueError(f"samples of type {values.dtype}")
    kind = f"{values.dtype.itemsize * 8}-bit {'floating-point' if values.dtype.kind == 'f' else 'integer'} samples"
    finite = _finite(values)
    if values.dtype == np.float64 and np.abs(finite).max() > _HUGE:
        finite = finite / 4  # so that differences do not overflow
    low, high = float(finite.min()), float(finite.max())
    scale, offset, interpretation = _interpretation(finite, low, high)

    def scaled(rows: Array) -> Pixels:
        return np.rint(np.clip((rows.astype(np.float64) - offset) * scale, 0, FULL)).astype(np.uint16)

    pixels = large.by_rows(scaled, (finite,), large.empty(values.shape, np.uint16))
    return pixels, f"{kind} ({interpretation}) are read at 16 bits"


def _finite(values: Array) -> Array:
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return values
    finite = values[np.isfinite(values)]
    high = finite.max() if finite.size else values.dtype.type(0)
    low = float(min(finite.min(), 0)) if finite.size else 0.0
    return np.nan_to_num(values, nan=0.0, posinf=float(high), neginf=low)


def _interpretation(values: Array, low: float, high: float) -> tuple[float, float, str]:
    """(scale, offset, description): uint16 is (value - offset) * scale."""
    is_float = values.dtype.kind == "f"
    if is_float and low >= -_SLACK and high <= 1 + _SLACK:
        return FULL, 0, "0 to 1"
    is_integral = not is_float or bool((values == np.rint(values)).all())
    if low >= 0 and high <= 255 and is_integral:
        return 257, 0, "0 to 255"
    if low >= 0 and 255 < high <= FULL:
        return 1, 0, "0 to 65535"
    if values.dtype.kind == "u" and high > np.iinfo(values.dtype).max / 2:
        return FULL / np.iinfo(values.dtype).max, 0, f"0 to {np.iinfo(values.dtype).max}"
    return FULL / max(high - low, 1e-12), low, f"{low:.6g} to {high:.6g}, stretched"
