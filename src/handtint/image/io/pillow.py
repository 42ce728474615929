"""Pillow images as Rasters, and Rasters as Pillow images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyvips
from PIL import Image

from handtint.errors import InputError
from handtint.image.arrays import vips
from handtint.image.arrays.samples import eight_bits
from handtint.image.io.develop import develop
from handtint.image.metadata import exif
from handtint.image.raster import Raster
from handtint.types import Array

_FORMATS = {"JPEG": "jpeg", "MPO": "jpeg", "PNG": "png", "TIFF": "tiff", "WEBP": "webp"}
_INTERPRETATIONS = {"L": "b-w", "RGB": "srgb", "RGBA": "srgb", "LA": "b-w", "CMYK": "cmyk"}
_CONVERTED_MODES = {
    "1": "L",
    "RGBX": "RGB",
    "YCbCr": "RGB",
    "HSV": "RGB",
    "La": "LA",
    "RGBa": "RGBA",
    "PA": "RGBA",
    "P": "RGB",
}
_MM_PER_INCH = 25.4
ORIENTATION = exif.ORIENTATION


def from_pillow(picture: Image.Image) -> Raster:
    """The Raster of a Pillow image of any mode. Raises InputError for values beyond 16 bits in mode I.

    Mode F is converted to 16 bits by `samples.sixteen_bits`, as the note describes.
    """
    try:
        image = to_vips(picture)
        return develop(image, name="", format=_FORMATS.get(picture.format or "", ""), metadata=_metadata(picture))
    except pyvips.Error as error:
        raise InputError(f"picture: a Pillow image of mode {picture.mode} that cannot be converted") from error


def to_vips(picture: Image.Image) -> pyvips.Image:
    """A Pillow image for libvips, with its profile, orientation and metadata attached. Raises InputError."""
    image = with_metadata(_image(picture), picture)
    icc = picture.info.get("icc_profile")
    if icc:
        image = vips.with_icc(image, icc)
    orientation = picture.getexif().get(ORIENTATION, 1)
    if orientation in range(2, 9):
        image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    return image


def with_metadata(image: pyvips.Image, picture: Image.Image) -> pyvips.Image:
    """The image with a Pillow image's EXIF, XMP and resolution, under libvips' names."""
    metadata = _metadata(picture)
    image = image.copy(**{key: metadata[key] for key in ("xres", "yres") if key in metadata})
    for name in ("exif-data", "xmp-data"):
        if name in metadata:
            image.set_type(pyvips.GValue.blob_type, name, metadata[name])
    return image


def to_pillow(photo: Raster) -> Image.Image:
    """A Pillow image of mode L, LA, RGB or RGBA, its values in the encoding of the profile in its info."""
    pixels = photo.pixels if photo.native is None else photo.native
    array = eight_bits(pixels if photo.alpha is None else np.dstack([pixels, photo.alpha]))
    picture = Image.fromarray(np.ascontiguousarray(array))
    if photo.icc and pixels.ndim == 3:
        picture.info["icc_profile"] = photo.icc
    return picture


def _image(picture: Image.Image) -> pyvips.Image:
    mode = picture.mode
    if mode == "F":
        return pyvips.Image.new_from_array(np.asarray(picture), interpretation="b-w")
    if mode.startswith("I"):
        return pyvips.Image.new_from_array(_sixteen_bit_values(picture), interpretation="grey16")
    if mode == "LAB":
        lightness, ab = np.split(np.asarray(picture), [1], axis=2)  # L* of 0..255, a*b* signed
        lab = np.concatenate([lightness * np.float32(100 / 255), ab.astype(np.int8)], axis=2, dtype=np.float32)
        return pyvips.Image.new_from_array(lab, interpretation="lab")
    target_mode = _CONVERTED_MODES.get(mode, mode)
    if "transparency" in picture.info and target_mode in ("L", "RGB"):
        target_mode = "RGBA"
    if target_mode not in _INTERPRETATIONS:
        raise InputError(f"picture: a Pillow image of mode {mode}; convert it to L or RGB")
    array = np.asarray(picture if target_mode == mode else picture.convert(target_mode))
    return pyvips.Image.new_from_array(array, interpretation=_INTERPRETATIONS[target_mode])


def _sixteen_bit_values(picture: Image.Image) -> Array:
    """The values of an integer image (H, W) uint16. Pillow itself would clip them to 8 bits."""
    values = np.asarray(picture)
    if values.min() < 0 or values.max() > 65535:
        raise InputError("picture: a Pillow image of mode I with values outside 0..65535; scale it to 16 bits")
    return values.astype(np.uint16)


def _metadata(picture: Image.Image) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    block = picture.getexif().tobytes() if picture.getexif() else b""
    upright = exif.make_upright(block)
    if upright:
        metadata["exif-data"] = upright
    xmp = picture.info.get("xmp")
    if isinstance(xmp, bytes):
        metadata["xmp-data"] = xmp
    dpi = picture.info.get("dpi")
    if dpi and min(dpi) > 0:
        metadata |= {
            "xres": float(dpi[0]) / _MM_PER_INCH,
            "yres": float(dpi[1]) / _MM_PER_INCH,
            "resolution-unit": "in",
        }
    return metadata
