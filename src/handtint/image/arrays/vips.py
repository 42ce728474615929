"""NumPy arrays as libvips images, and libvips images as arrays."""

from __future__ import annotations

import numpy as np
import pyvips

from handtint.image.arrays import large
from handtint.types import Array, Pixels

ICC = "icc-profile-data"
_DTYPES = {"uchar": np.uint8, "ushort": np.uint16}


def of(array: Pixels) -> pyvips.Image:
    """(H, W) or (H, W, 1..4) uint8 or uint16 values as an image of gray or RGB, not copied if contiguous."""
    array = large.contiguous(array)
    height, width = array.shape[:2]
    bands = array.size // (height * width)
    is_16_bit = array.dtype == np.uint16
    image = pyvips.Image.new_from_memory(array, width, height, bands, "ushort" if is_16_bit else "uchar")
    gray, colour = ("grey16", "rgb16") if is_16_bit else ("b-w", "srgb")
    return image.copy(interpretation=gray if bands < 3 else colour)


def array(image: pyvips.Image, *sources: Array) -> Array:
    """The values of an image, (H, W) or (H, W, bands) uint8 or uint16. Raises pyvips.Error if it cannot be computed.

    sources: the arrays that it is computed from.
    """
    dtype = _DTYPES[image.format]
    shape = (image.height, image.width, image.bands)[: 2 if image.bands == 1 else 3]
    if int(np.prod(shape)) * np.dtype(dtype).itemsize < large.LARGE:
        return np.asarray(image.numpy()).reshape(shape)  # a single gray pixel is returned as a number
    out, region = large.empty(shape, dtype), pyvips.Region.new(image)
    for rows in large.strips(large.ROWS, out, *sources):
        strip = out[rows]
        strip[:] = np.frombuffer(region.fetch(0, rows.start, image.width, len(strip)), dtype).reshape(strip.shape)
    return out


def random_access(image: pyvips.Image) -> pyvips.Image:
    """A copy of an image whose rows can be read in any order: in memory, or on disk if it is large."""
    if image.width * image.height * image.bands * np.dtype(_DTYPES.get(image.format, np.uint16)).itemsize < large.LARGE:
        return image.copy_memory()
    copy = pyvips.Image.new_temp_file("%s.v")
    image.write(copy)
    return copy


def with_icc(image: pyvips.Image, icc: bytes) -> pyvips.Image:
    """The image with an ICC profile attached; its values are not converted."""
    image = image.copy()
    image.set_type(pyvips.GValue.blob_type, ICC, icc)
    return image
