"""TIFF files of scientific tools, by tifffile: 64-bit samples, and with imagecodecs rarer compressions."""

from __future__ import annotations

import io
import logging
from typing import Any

import numpy as np
import pyvips

from handtint.image.arrays import vips
from handtint.image.io.opened import File, Opened, UnsupportedError
from handtint.image.metadata import exif, tiff
from handtint.types import Array

_PHOTOMETRIC = {0: "b-w", 1: "b-w", 2: "srgb", 5: "cmyk"}  # white or black is zero, RGB, separated
_XMP, _ICC = 700, 34675
_SIXTEEN_BIT = {"b-w": "grey16", "srgb": "rgb16", "cmyk": "cmyk"}
_NUMBERS = "uif"


def decoded(file: File) -> Opened:
    """One page of a TIFF file, decoded by tifffile (extra `tiff`)."""
    try:
        import tifffile
    except ImportError as error:
        raise UnsupportedError from error
    logging.getLogger("tifffile").addHandler(logging.NullHandler())  # the exception is enough
    try:
        page: Any = tifffile.TiffFile(io.BytesIO(file.data)).pages[file.page.number]
    except (tifffile.TiffFileError, IndexError, KeyError) as error:
        raise ValueError(str(error)) from error
    if page.photometric not in _PHOTOMETRIC or page.imagedepth != 1 or page.dtype is None:
        raise UnsupportedError
    return Opened(page.imagewidth, page.imagelength, lambda: _image(page, file))


def _image(page: Any, file: File) -> pyvips.Image:
    try:
        values = page.asarray()
    except (ValueError, KeyError, ImportError) as error:
        if "requires" in str(error) or isinstance(error, ImportError):
            raise UnsupportedError(f"compression {page.compression.name}") from error
        raise ValueError(str(error)) from error
    except (RuntimeError, OSError, IndexError, TypeError) as error:  # imagecodecs has errors of its own
        raise ValueError(str(error)) from error
    if page.planarconfig == 2 and page.samplesperpixel > 1:
        values = np.moveaxis(values, 0, -1)
    if page.photometric == 0 and values.dtype.kind == "u":
        values = np.iinfo(values.dtype).max - values
    return _with_metadata(_to_vips(values, _PHOTOMETRIC[page.photometric]), file)


def _to_vips(values: Array, interpretation: str) -> pyvips.Image:
    """(H, W) or (H, W, n) values as an image; 64-bit integers become 64-bit floats, since libvips lacks the former."""
    if values.dtype.kind not in _NUMBERS and values.dtype != bool:
        raise UnsupportedError(f"samples of type {values.dtype}")
    if values.dtype == bool:
        values = values * np.uint8(255)
    if values.dtype.kind in "iu" and values.dtype.itemsize == 8:
        values = values.astype(np.float64)
    if values.dtype == np.float16:
        values = values.astype(np.float32)
    is_16_bit = values.dtype == np.uint16
    image = pyvips.Image.new_from_array(np.ascontiguousarray(values))
    return image.copy(interpretation=_SIXTEEN_BIT[interpretation] if is_16_bit else interpretation)


def _with_metadata(image: pyvips.Image, file: File) -> pyvips.Image:
    """The image with its directory's profile, XMP, orientation and resolution; EXIF and IPTC are read elsewhere."""
    offset = tiff.first(file.data) if file.page.offset is None else file.page.offset
    tags = (_ICC, _XMP, exif.ORIENTATION, exif.X_RESOLUTION, exif.Y_RESOLUTION, exif.RESOLUTION_UNIT)
    entries = tiff.read(file.data, offset, tags)
    image = image.copy()
    for tag, name in ((_ICC, vips.ICC), (_XMP, "xmp-data")):
        if tag in entries and isinstance(entries[tag].value, bytes):
            image.set_type(pyvips.GValue.blob_type, name, entries[tag].value)
    image = _with_resolution(image, entries)
    if exif.ORIENTATION in entries and (orientation := entries[exif.ORIENTATION].numbers()):
        image.set_type(pyvips.GValue.gint_type, "orientation", orientation[0])
    return image


def _with_resolution(image: pyvips.Image, entries: tiff.Directory) -> pyvips.Image:
    """The image with the resolution in the directory, if any, in pixels per millimetre."""
    resolutions = [entries[tag].numbers() for tag in (exif.X_RESOLUTION, exif.Y_RESOLUTION) if tag in entries]
    if len(resolutions) < 2 or not all(len(side) == 2 and all(side) for side in resolutions):
        return image
    metric = exif.RESOLUTION_UNIT in entries and entries[exif.RESOLUTION_UNIT].numbers() == (3,)
    x, y = (numerator / denominator / (10 if metric else 25.4) for numerator, denominator in resolutions)
    image = image.copy(xres=x, yres=y)
    image.set_type(pyvips.GValue.gstr_type, "resolution-unit", "cm" if metric else "in")
    return image
