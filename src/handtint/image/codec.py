"""Bytes <-> Photo."""

from __future__ import annotations

import pyvips

from handtint.errors import DecodeError
from handtint.image.photo import Photo


def decode(data: bytes, *, name: str = "") -> Photo:
    """Picture file bytes to an upright sRGB photo."""
    try:
        image = pyvips.Image.new_from_buffer(data, "", access="sequential").autorot()
        if image.bands > 3:
            image = image[0:3]
        pixels = image.numpy()
    except pyvips.Error as error:
        raise DecodeError(f"{name}: {str(error).splitlines()[0]}") from error
    return Photo(pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels, name=name)
