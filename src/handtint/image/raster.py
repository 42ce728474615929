"""A decoded picture: the value type of the whole package `image`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from handtint.types import Pixels


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture in memory: upright, sRGB-encoded, with the bit depth of its file.

    pixels: (H, W) gray or (H, W, 3) RGB, uint8 or uint16, sRGB transfer curve and primaries.
    alpha:  (H, W) of the same dtype, or None. Not premultiplied.
    native: the same picture in the encoding of `icc` (same shape and dtype as pixels), or None if that is sRGB; this is
            written to files, so that unchanged pixels stay exactly the same.
    icc:    the ICC profile to embed in the output, or None.
    metadata: EXIF, XMP, IPTC and resolution of the file, by libvips' field names.
    format: the file format it was read from ("jpeg", "png", "tiff", "webp"; others as libvips names them) or "".
    name:   its name in messages: a path, or "" for bytes and arrays.
    pages:  the other pages of a TIFF file; they have no pages themselves.
    note:   what was lost or assumed when it was read ("32-bit floating-point samples ... at 16 bits"), or "".
    """

    pixels: Pixels
    alpha: Pixels | None = None
    native: Pixels | None = None
    icc: bytes | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    format: str = ""
    name: str = ""
    pages: tuple[Raster, ...] = ()
    note: str = ""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def depth(self) -> int:
        """Bits per channel: 8 or 16."""
        return self.pixels.dtype.itemsize * 8

    def array(self) -> Pixels:
        """(H, W), (H, W, 3) or, with alpha, (H, W, 4) sRGB pixels, uint8 or uint16; of the first page."""
        if self.alpha is None:
            return self.pixels
        rgb = self.pixels if self.pixels.ndim == 3 else np.repeat(self.pixels[..., None], 3, axis=2)
        return np.dstack([rgb, self.alpha])
