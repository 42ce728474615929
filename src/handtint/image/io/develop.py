"""A decoded libvips image converted to a Raster: upright, sRGB, gray or RGB, with a separate alpha."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyvips

from handtint.errors import DecodeError
from handtint.image.arrays import large, vips
from handtint.image.arrays.samples import sixteen_bits
from handtint.image.metadata import profile
from handtint.image.raster import Raster
from handtint.types import Array, Pixels

_SAMPLES = {"uchar", "ushort"}
_LAB = {"lab", "labs", "labq"}


def check_kind(image: pyvips.Image, name: str) -> None:
    """Raise DecodeError for a picture whose channels have no known meaning, before it is decoded."""
    if image.interpretation == "multiband":
        raise DecodeError(f"{name}: an unknown colour space; save it as gray or RGB")
    if image.interpretation == "cmyk" and image.format not in _SAMPLES:
        raise DecodeError(f"{name}: CMYK that is not of 8 or 16 bits; save it as RGB")
    if "complex" in image.format:
        raise DecodeError(f"{name}: complex samples; save it with 8 or 16 bits a channel")


def develop(
    image: pyvips.Image, *, name: str, format: str, metadata: Mapping[str, Any], note: str = "", alpha: bool = False
) -> Raster:
    """The Raster of a picture that `check_kind` accepts. Raises pyvips.Error if its pixels cannot be decoded.

    note: what the decoder lost, or "". alpha: whether the first of several channels beyond the colours is alpha.
    """
    icc = image.get(vips.ICC) if image.get_typeof(vips.ICC) else None
    if image.get_typeof("orientation") and image.get("orientation") > 1:
        image = vips.random_access(image).autorot()  # rotation needs the rows in another order
    image, channels_note = _first_channels(image, alpha)
    depth_note = ""
    if image.interpretation == "cmyk":
        image, icc = _from_cmyk(image, icc), None
    elif image.interpretation in _LAB and image.bands == 3:
        image, icc = image.colourspace("rgb16" if image.interpretation == "labs" else "srgb"), None
    if image.format in _SAMPLES:
        values = vips.array(image)
    else:
        values, depth_note = sixteen_bits(image.numpy())
    pixels, alpha_plane = _split_alpha(values)
    pixels, native, icc = _color_managed(pixels, icc)
    notes = "; ".join(filter(None, (note, channels_note, depth_note)))
    return Raster(pixels, alpha_plane, native, icc, metadata, format, name, note=notes)


def _first_channels(image: pyvips.Image, alpha: bool) -> tuple[pyvips.Image, str]:
    """The image without surplus channels, and a note if there were any."""
    colors = {"b-w": 1, "grey16": 1, "cmyk": 4}.get(image.interpretation, 3)
    if image.bands <= (5 if image.interpretation == "cmyk" else 4):
        return image, ""
    channels = colors + (1 if alpha else 0)
    names = {1: "first", 2: "first two", 3: "first three", 4: "first four"}
    first, verb = names.get(channels, f"first {channels}"), "is" if channels == 1 else "are"
    note = f"of {image.bands} channels the {first} {verb} read"
    return image.extract_band(0, n=channels), note


def _from_cmyk(image: pyvips.Image, icc: bytes | None) -> pyvips.Image:
    """A CMYK image converted to sRGB by its own profile, or by libvips' default if that is not usable."""
    if icc and profile.kind(icc) != "cmyk":
        image = image.copy()
        image.remove(vips.ICC)
    depth = 16 if image.format == "ushort" else 8
    return image.icc_transform("srgb", embedded=True, input_profile="cmyk", intent="relative", depth=depth)


def _split_alpha(array: Array) -> tuple[Pixels, Pixels | None]:
    """(H, W) or (H, W, 1..4) as pixels, gray or RGB, and alpha, each contiguous."""
    if array.ndim == 2:
        return array, None
    bands = array.shape[2]
    if bands == 3:
        return array, None
    pixels = array[..., 0] if bands < 3 else array[..., :3]
    return large.contiguous(pixels), large.contiguous(array[..., -1]) if bands in (2, 4) else None


def _color_managed(pixels: Pixels, icc: bytes | None) -> tuple[Pixels, Pixels | None, bytes | None]:
    """(sRGB pixels, the file's own values if they have another encoding, the profile to embed)."""
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
