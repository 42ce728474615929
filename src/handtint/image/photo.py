"""A picture in memory: the one value that travels from file to file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from handtint.errors import InputError
from handtint.types import Array, Pixels

if TYPE_CHECKING:
    from PIL.Image import Image

_SLACK = 1e-3  # beyond 0..1 that rounding and resampling leave


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture in memory: upright, sRGB-encoded, at its file's own depth.

    pixels: (H, W) gray or (H, W, 3) RGB, uint8 or uint16, sRGB transfer curve and primaries.
    alpha:  (H, W) of the same dtype, or None. Not premultiplied.
    native: the same picture in the encoding of `icc` (same shape and dtype as pixels), or None when that encoding
            is sRGB; it is what is written, so that untouched pixels come back exactly.
    icc:    the ICC profile to embed in the output, or None.
    metadata: what the file said beside its pixels, by libvips field name (EXIF, XMP, IPTC, resolution).
    format: the file format it was read from ("jpeg", "png", "tiff", "webp"; others as libvips names them) or "".
    name:   what to call the photo in messages: a path, or "" for bytes and arrays.
    pages:  the further pages of a TIFF file, each as this one, none with pages of its own.
    note:   what was lost or assumed when it was read ("32-bit floating-point samples ... at 16 bits"), or "".
    """

    pixels: Pixels
    alpha: Pixels | None = None
    native: Pixels | None = None
    icc: bytes | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    format: str = ""
    name: str = ""
    pages: tuple[Photo, ...] = ()
    note: str = ""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def depth(self) -> int:
        """Bits a channel: 8 or 16."""
        return self.pixels.dtype.itemsize * 8

    @classmethod
    def read(cls, source: str | Path | bytes | BinaryIO) -> Photo:
        """A photo from a file's path, its bytes, or an open file, from where that stands to its end.

        Raises InputError where there is none.
        """
        from handtint.image import codec

        if isinstance(source, str | Path):
            return codec.read(source)
        return codec.decode(source if isinstance(source, bytes) else codec.content(source))

    @classmethod
    def of(cls, array: Array, *, name: str = "") -> Photo:
        """A photo from sRGB values: (H, W), (H, W, 1), (H, W, 2) with alpha, (H, W, 3), or (H, W, 4) with alpha.

        uint8 and uint16 as they are; floating point of 0..1 (as scikit-image has it) at 16 bits; bool as black and
        white. Raises InputError for any other dtype, shape or range.
        """
        array = _integers(np.asarray(array), name or "array")
        if array.ndim not in (2, 3) or 0 in array.shape or (array.ndim == 3 and array.shape[2] > 4):
            shapes = "(H, W), (H, W, 2), (H, W, 3) or (H, W, 4)"
            raise InputError(f"{name or 'array'}: shape {array.shape}, expected {shapes}")
        channels = array.shape[2] if array.ndim == 3 else 1
        pixels = array if array.ndim == 2 else array[..., 0] if channels < 3 else array[..., :3]
        return cls(pixels, alpha=array[..., -1] if channels in (2, 4) else None, name=name)

    def write(self, path: str | Path, *, format: str = "", quality: int = 95) -> None:
        """Write to path, whole or not at all; the format from `format` or the path's ending. Raises OutputError."""
        from handtint.image import codec

        codec.write(self, path, format=format, quality=quality)

    def encode(self, *, format: str = "", quality: int = 95) -> bytes:
        """The bytes of a file of the given format, or of the photo's own."""
        from handtint.image import codec

        return codec.encode(self, format=format, quality=quality)

    def array(self) -> Pixels:
        """(H, W), (H, W, 3) or, with alpha, (H, W, 4) sRGB pixels, uint8 or uint16; of the first page."""
        if self.alpha is None:
            return self.pixels
        rgb = self.pixels if self.pixels.ndim == 3 else np.repeat(self.pixels[..., None], 3, axis=2)
        return np.dstack([rgb, self.alpha])

    @classmethod
    def from_pillow(cls, picture: Image) -> Photo:
        """A photo from a Pillow image of any mode, by way of its own pixels and profile."""
        from handtint.image import codec

        return codec.from_pillow(picture)

    def pillow(self) -> Image:
        """A Pillow image, 8 bits a channel (Pillow has no 16-bit colour), with the ICC profile."""
        from handtint.image import codec

        return codec.to_pillow(self)


def _integers(array: Array, name: str) -> Pixels:
    """The array as uint8 or uint16. Raises InputError."""
    if array.dtype in (np.uint8, np.uint16):
        return array
    if array.dtype == bool:
        return array * np.uint8(255)
    if array.dtype.kind != "f":
        raise InputError(f"{name}: dtype {array.dtype}, expected uint8, uint16, bool or floating point")
    if array.size and not (array.min() >= -_SLACK and array.max() <= 1 + _SLACK):  # nor where it is not a number
        raise InputError(f"{name}: floating-point values of {array.min():g} to {array.max():g}, expected 0 to 1")
    return np.rint(np.clip(array, 0, 1).astype(np.float64) * 65535).astype(np.uint16)
