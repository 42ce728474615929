"""A photograph in memory, read from and written to files, arrays and Pillow images."""

from __future__ import annotations

import mmap
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from handtint.errors import InputError
from handtint.image.io import codec, content, pillow
from handtint.image.io.codec import LIMITS, Limits
from handtint.image.raster import Raster
from handtint.types import Array, Content, Pixels

if TYPE_CHECKING:
    from PIL.Image import Image

_SLACK = 1e-3  # tolerance beyond 0..1, for rounding and resampling


@dataclass(frozen=True, slots=True)
class Photo(Raster):
    """A photograph in memory: upright, sRGB-encoded, with the bit depth of its file.

    Its fields are those of `Raster`; the pages of a TIFF file are photos, too.
    """

    pages: tuple[Photo, ...] = ()

    @classmethod
    def read(cls, source: str | Path | Content | BinaryIO, *, name: str = "", limits: Limits = LIMITS) -> Photo:
        """Read a photo from a file's path, from its bytes, or from an open file at its current position.

        name: of a photo from bytes or an open file, for messages. Raises InputError if there is no file; its subclasses
        DecodeError for a damaged or unsupported file, LimitError for one over the limits.
        """
        if isinstance(source, str | Path):
            return cls._of(codec.read(source, limits=limits))
        data = source if isinstance(source, bytes | mmap.mmap) else content.read_open(source, limits.bytes)
        return cls._of(codec.decode(data, name=name, limits=limits))

    @classmethod
    def _of(cls, raster: Raster) -> Photo:
        values = {field.name: getattr(raster, field.name) for field in fields(Raster)}
        return cls(**{**values, "pages": tuple(map(cls._of, raster.pages))})

    @classmethod
    def of(cls, array: Array, *, name: str = "") -> Photo:
        """Make a photo from sRGB values: (H, W), (H, W, 1), (H, W, 2) with alpha, (H, W, 3), or (H, W, 4) with alpha.

        uint8 and uint16 values are used unchanged, floating-point values 0..1 (as in scikit-image) become 16 bits, bool
        becomes black and white. Raises InputError for any other dtype, shape or range.
        """
        array = _integers(np.asarray(array), name or "array")
        if array.ndim not in (2, 3) or 0 in array.shape or (array.ndim == 3 and array.shape[2] > 4):
            shapes = "(H, W), (H, W, 2), (H, W, 3) or (H, W, 4)"
            raise InputError(f"{name or 'array'}: shape {array.shape}, expected {shapes}")
        channels = array.shape[2] if array.ndim == 3 else 1
        pixels = array if array.ndim == 2 else array[..., 0] if channels < 3 else array[..., :3]
        return cls(pixels, alpha=array[..., -1] if channels in (2, 4) else None, name=name)

    def write(self, path: str | Path, *, format: str = "", quality: int = 95) -> None:
        """Write the photo to a file, completely or not at all, in `format` or else by extension. Raises OutputError."""
        codec.write(self, path, format=format, quality=quality)

    def encode(self, *, format: str = "", quality: int = 95) -> bytes:
        """The bytes of a file of the given format, or of the photo's own."""
        return codec.encode(self, format=format, quality=quality)

    @classmethod
    def from_pillow(cls, picture: Image) -> Photo:
        """Make a photo from a Pillow image of any mode, with its ICC profile and metadata. Raises InputError."""
        return cls._of(pillow.from_pillow(picture))

    def pillow(self) -> Image:
        """The photo as a Pillow image with 8 bits per channel (Pillow has no 16-bit colour) and its ICC profile."""
        return pillow.to_pillow(self)


def _integers(array: Array, name: str) -> Pixels:
    """The array as uint8 or uint16. Raises InputError."""
    if array.dtype in (np.uint8, np.uint16):
        return array
    if array.dtype == bool:
        return array * np.uint8(255)
    if array.dtype.kind != "f":
        raise InputError(f"{name}: dtype {array.dtype}, expected uint8, uint16, bool or floating point")
    if array.size and not (array.min() >= -_SLACK and array.max() <= 1 + _SLACK):  # also raised for NaN
        raise InputError(f"{name}: floating-point values of {array.min():g} to {array.max():g}, expected 0 to 1")
    return np.rint(np.clip(array, 0, 1).astype(np.float64) * 65535).astype(np.uint16)
