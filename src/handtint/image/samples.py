"""Sample values of any NumPy type as the 8 or 16 bits that photographs have here."""

from __future__ import annotations

import numpy as np

from handtint.types import Array, Pixels

FULL = 65535
_SLACK = 1e-3  # beyond 0..1 that rounding and resampling leave


def sixteen_bits(values: Array) -> tuple[Pixels, str]:
    """Values of any integer or floating-point type, of any shape, as uint16, and a note of how they were read.

    0..1 of floating point is black to white. Anything else within 0..255 (whole numbers) or 0..65535 is taken as 8 or
    16 bits, and integers that use the upper half of a wider unsigned type as that many bits. All others are stretched
    from their smallest to their largest. What is not a number becomes black, infinity white. Raises ValueError for
    complex values.
    """
    if values.dtype.kind not in "iuf":
        raise ValueError(f"samples of type {values.dtype}")
    kind = f"{values.dtype.itemsize * 8}-bit {'floating-point' if values.dtype.kind == 'f' else 'integer'} samples"
    finite = _finite(values)
    low, high = float(finite.min()), float(finite.max())
    scale, offset, how = _reading(finite, low, high)
    scaled = np.clip((finite - finite.dtype.type(offset)).astype(np.float64) * scale, 0, FULL)
    return np.rint(scaled).astype(np.uint16), f"{kind} ({how}) are read at 16 bits"


def _finite(values: Array) -> Array:
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return values
    known = values[np.isfinite(values)]
    high = known.max() if known.size else values.dtype.type(0)
    return np.nan_to_num(values, nan=0.0, posinf=float(high), neginf=0.0)


def _reading(values: Array, low: float, high: float) -> tuple[float, float, str]:
    """(scale, offset, how): uint16 is (value - offset) * scale."""
    real = values.dtype.kind == "f"
    if real and low >= -_SLACK and high <= 1 + _SLACK:
        return FULL, 0, "0 to 1"
    whole = not real or bool((values == np.rint(values)).all())
    if low >= 0 and high <= 255 and whole:
        return 257, 0, "0 to 255"
    if low >= 0 and 255 < high <= FULL:
        return 1, 0, "0 to 65535"
    if values.dtype.kind == "u" and high > np.iinfo(values.dtype).max / 2:
        return FULL / np.iinfo(values.dtype).max, 0, f"0 to {np.iinfo(values.dtype).max}"
    return FULL / max(high - low, 1e-12), low, f"{low:.6g} to {high:.6g}, stretched"
