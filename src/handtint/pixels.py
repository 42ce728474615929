"""Pixels before and after tinting: gray stored as RGB, stretched levels, replaced pixels, other dtypes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from handtint.image.arrays import large
from handtint.image.color import tone
from handtint.image.metadata.profile import to_profile
from handtint.image.photo import Photo
from handtint.types import Alpha, Array, Pixels


def leveled(photo: Photo, levels: str) -> Photo:
    """A photo's first page with its values stretched from black to white ("auto"), or as it is ("off").

    If stretching changes nothing, the photo itself is returned.
    """
    pixels = tone.stretched(photo.pixels) if levels == "auto" else photo.pixels
    return photo if pixels is photo.pixels else with_pixels(photo, pixels)


def collapse(pixels: Pixels) -> Pixels:
    """Pixels (H, W, 3) that are all gray reduced to (H, W), to save time; all others unchanged."""
    return large.contiguous(pixels[..., 0]) if pixels.ndim == 3 and _is_neutral(pixels) else pixels


def _is_neutral(pixels: Pixels) -> bool:
    """Whether red, green and blue are equal everywhere; every 16th row is checked first, which decides most cases."""
    for rows in large.strips(large.ROWS, pixels):
        r, g, b = np.moveaxis(pixels[rows], -1, 0)
        if (r[::16] != g[::16]).any() or (r != g).any() or (g != b).any():
            return False
    return True


def keep_original(painted: Pixels, pixels: Pixels, alpha: Alpha) -> Pixels:
    """Tinted pixels (H, W, 3), replaced by the photo's own pixels (H, W, 3) where alpha (H, W) is 255."""
    return np.where((alpha == 255)[..., None], pixels, painted)


def with_pixels(photo: Photo, pixels: Pixels) -> Photo:
    """A copy of a photo with new pixels of the same shape, sRGB uint8 or uint16.

    Unchanged pixels keep the exact values of the file, also in another colour profile.
    """
    if photo.native is None or photo.icc is None:
        return replace(photo, pixels=pixels)

    def unchanged(new: Pixels, tinted: Pixels, original: Pixels, native_pixels: Pixels) -> Pixels:
        return np.where((tinted == original).all(axis=2)[..., None], native_pixels, new)

    native = to_profile(pixels, photo.icc)
    large.by_rows(unchanged, (native, pixels, photo.pixels, photo.native), native)
    return replace(photo, pixels=pixels, native=native)


def as_dtype(pixels: Pixels, dtype: np.dtype[Any]) -> Array:
    """uint8 or uint16 pixels as floating point in 0..1 of the given dtype; unchanged if that is not floating-point."""
    return (pixels / np.iinfo(pixels.dtype).max).astype(dtype) if dtype.kind == "f" else pixels
