"""From a picture as libvips holds it to a Photo: upright, sRGB, gray or colour, alpha apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyvips

from handtint.errors import DecodeError
from handtint.image import large, profile, vips
from handtint.image.photo import Photo
from handtint.types import Array, Pixels

_SAMPLES = {"uchar", "ushort"}
_NAMES = {"char": "signed 8-bit", "short": "signed 16-bit", "uint": "32-bit", "int": "signed 32-bit"}
_LAB = {"lab", "labs", "labq"}


def check_kind(image: pyvips.Image, name: str) -> None:
    """Refuse, from the header, a picture whose samples are not plainly gray or colour. Raises DecodeError."""
    if image.interpretation in _LAB and image.bands == 3:
        return
    if image.format not in _SAMPLES:
        kind = _NAMES.get(image.format, "floating-point")
        raise DecodeError(f"{name}: {kind} samples; save it with 8 or 16 bits a channel")
    if image.interpretation == "multiband":
        raise DecodeError(f"{name}: an unknown colour space; save it as gray or RGB")
    if image.bands > (5 if image.interpretation == "cmyk" else 4):
        raise DecodeError(f"{name}: {image.bands} channels; save it as gray or RGB")


def develop(image: pyvips.Image, *, name: str, format: str, metadata: Mapping[str, Any]) -> Photo:
    """The photo of a picture that check_kind let through. Raises pyvips.Error where its pixels cannot be decoded."""
    icc = image.get(vips.ICC) if image.get_typeof(vips.ICC) else None
    if image.get_typeof("orientation") and image.get("orientation") > 1:
        image = vips.rewound(image).autorot()  # turning needs the rows in another order than they are read in
    if image.interpretation == "cmyk":
        image, icc = _from_cmyk(image, icc), None
    elif image.interpretation in _LAB:
        image, icc = image.colourspace("rgb16" if image.interpretation == "labs" else "srgb"), None
    pixels, alpha = _parted(vips.array(image))
    pixels, native, icc = _managed(pixels, icc)
    return Photo(pixels, alpha, native, icc, metadata, format, name)


def _from_cmyk(image: pyvips.Image, icc: bytes | None) -> pyvips.Image:
    """sRGB through the picture's own CMYK profile, or libvips' where it has none that can be used."""
    if icc and profile.kind(icc) != "cmyk":
        image = image.copy()
        image.remove(vips.ICC)
    depth = 16 if image.format == "ushort" else 8
    return image.icc_transform("srgb", embedded=True, input_profile="cmyk", intent="relative", depth=depth)


def _parted(array: Array) -> tuple[Pixels, Pixels | None]:
    """(H, W) or (H, W, 1..4) as pixels, gray or RGB, and alpha, each contiguous."""
    if array.ndim == 2:
        return array, None
    bands = array.shape[2]
    if bands == 3:
        return array, None
    pixels = array[..., 0] if bands < 3 else array[..., :3]
    return large.contiguous(pixels), large.contiguous(array[..., -1]) if bands in (2, 4) else None


def _managed(pixels: Pixels, icc: bytes | None) -> tuple[Pixels, Pixels | None, bytes | None]:
    """sRGB pixels, the file's own values where they are in another encoding, and the profile to keep."""
    kind = profile.kind(icc)
    if icc is None or not kind:
        return pixels, None, None
    if kind == "gray" and pixels.ndim == 2:
        return profile.gray_to_srgb(pixels, icc), None, None
    if kind != "rgb" or not profile.is_usable(icc):
        return pixels, None, None
    if profile.is_srgb(icc):
        return pixels, None, icc
    if pixels.ndim == 2:
        return pixels, None, None
    return profile.to_srgb(pixels, icc), pixels, icc
