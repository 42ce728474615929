"""Pixels before and after the pipeline: gray stored as RGB, stretched levels, new pixels in a photo, other dtypes."""

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

    Where stretching changes nothing, the photo itself is returned.
    """
    pixels = tone.stretched(photo.pixels) if levels == "auto" else photo.pixels
    return photo if pixels is photo.pixels else with_pixels(photo, pixels)


def collapse(pixels: Pixels) -> Pixels:
    """Pixels (H, W) of a photo that is gray but stored as RGB (H, W, 3), so that less is computed; else as they are."""
    return large.contiguous(pixels[..., 0]) if pixels.ndim == 3 and _is_neutral(pixels) else pixels


def _is_neutral(pixels: Pixels) -> bool:
    """Whether red, green and blue are the same everywhere; every 16th row of a strip first, which settles most."""
    for rows in large.strips(large.ROWS, pixels):
        r, g, b = np.moveaxis(pixels[rows], -1, 0)
        if (r[::16] != g[::16]).any() or (r != g).any() or (g != b).any():
            return False
    return True


def keep_original(painted: Pixels, pixels: Pixels, alpha: Alpha) -> Pixels:
    """Painted pixels (H, W, 3), replaced by the photo's own pixels (H, W, 3) where alpha (H, W) is 255."""
    return np.where((alpha == 255)[..., None], pixels, painted)


def with_pixels(photo: Photo, pixels: Pixels) -> Photo:
    """A copy of a photo with other pixels of the same shape, sRGB uint8 or uint16.

    Where a pixel has not changed, the value that its file holds in another colour profile stays exactly.
    """
    if photo.native is None or photo.icc is None:
        return replace(photo, pixels=pixels)

    def unchanged(new: Pixels, now: Pixels, before: Pixels, own: Pixels) -> Pixels:
        return np.where((now == before).all(axis=2)[..., None], own, new)

    native = to_profile(pixels, photo.icc)
    large.by_rows(unchanged, (native, pixels, photo.pixels, photo.native), native)
    return replace(photo, pixels=pixels, native=native)


def as_dtype(pixels: Pixels, dtype: np.dtype[Any]) -> Array:
    """uint8 or uint16 pixels as floating point of 0..1 in the dtype asked for; as they are where it is not floating."""
    return (pixels / np.iinfo(pixels.dtype).max).astype(dtype) if dtype.kind == "f" else pixels
