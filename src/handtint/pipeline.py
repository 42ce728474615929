"""Colour, mask, blend: the one way from a photo to a tinted photo."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeGuard, overload

import numpy as np

from handtint.errors import InputError, OptionError
from handtint.image.masks import detections, masks
from handtint.image.photo import Photo
from handtint.options import Options, gain_factor
from handtint.stages import Networks, Result, Stages, collapse, leveled, whole
from handtint.types import Alpha, Array, Pixels, Segmentation

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Result", "Tinter"]


class Tinter:
    """A pair of networks, ready for photo after photo; each is loaded when first needed.

    It can be pickled, for `multiprocessing` and Dask: its copy loads the networks anew.
    """

    def __init__(self, model: str = "handtint", *, mask_model: str = "handtint-mask", threads: int = 0) -> None:
        """Choose the models by their names in the catalogue; threads 0 means one a core. Raises OptionError.

        model may also be an ONNX file of another network, ddcolor:FILE and the like; mask_model one
        of the u2net family or of IS-Net, or rembg:NAME.
        """
        self.networks = Networks(model, mask_model, threads=threads)

    @overload
    def tint(self, source: Photo | str | Path, *, mask: Photo | None = None, **settings: object) -> Photo:
        """A photo, or the file at a path: a Photo, to be written with its `write`."""

    @overload
    def tint(self, source: bytes | BinaryIO, *, mask: Photo | None = None, **settings: object) -> bytes:
        """The bytes of a file, or an open file: the bytes of a file of the same format, or of `format`."""

    @overload
    def tint(self, source: Array, *, mask: Photo | None = None, **settings: object) -> Array:
        """sRGB values (H, W), (H, W, 2 to 4): such values (H, W, 3), or (H, W, 4) with alpha.

        uint8, uint16 and floating point of 0..1 give the same dtype; bool gives uint8.
        """

    @overload
    def tint(self, source: Image, *, mask: Photo | None = None, **settings: object) -> Image:
        """A Pillow image of any mode: one of mode RGB or RGBA, 8 bits a channel."""

    def tint(
        self,
        source: Photo | str | Path | bytes | BinaryIO | Array | Image,
        *,
        mask: Photo | None = None,
        **settings: object,
    ) -> Photo | bytes | Array | Image:
        """Tint a photo; the settings are those of `Options`. What comes back is of the kind that went in.

        A Photo or a path gives a Photo; a file's bytes or an open file give a file's bytes; a NumPy array of sRGB
        values gives one of its dtype; a Pillow image gives one. mask: white keeps colour; it takes the place of
        `keep`. Raises OptionError, also for a setting there is none of; InputError; WeightsError.
        """
        options = _options(settings)
        if isinstance(source, Photo | str | Path):
            return self.run(source if isinstance(source, Photo) else Photo.read(source), options, mask=mask).photo
        if isinstance(source, np.ndarray):
            return _values(self.run(Photo.of(source), options, mask=mask).photo.array(), source.dtype)
        if isinstance(source, bytes) or _is_file(source):
            photo = self.run(Photo.read(source), options, mask=mask).photo
            return photo.encode(format=options.format or "", quality=options.quality)
        if _is_pillow(source):
            return self.run(Photo.from_pillow(source), options, mask=mask).photo.pillow()
        kinds = "a path, bytes, an open file, an array or a Pillow image"
        raise InputError(f"a photo is {kinds}, not {type(source).__name__}")

    def run(self, photo: Photo, options: Options, *, mask: Photo | None = None) -> Result:
        """Tint a photo, all its pages, and keep what led to the first.

        mask: white keeps colour; it takes the place of `keep`. Raises OptionError, InputError, WeightsError.
        """
        pages = (leveled(page, options.levels) for page in (photo, *photo.pages))
        first, *further = (Stages(page, self.networks).result(options, mask) for page in pages)
        return whole(first, further)

    def segment(self, photo: Photo, *, gain: str = "auto") -> Segmentation:
        """What stands where in a photo, at network size."""
        return self.networks.segment(collapse(photo.pixels), gain_factor(gain))

    def inspect(self, photo: Photo, *, gain: str = "auto") -> list[detections.Finding]:
        """The foreground and the things in a photo, as `handtint inspect` tells of them."""
        return detections.every(self.segment(photo, gain=gain), photo.pixels)

    def label(self, photo: Photo, *, gain: str = "auto") -> tuple[Alpha, Array]:
        """(VOC class indices (H, W) uint8, alpha (H, W) float32 0..1 of the subject), at the photo's size.

        The indices are all 0 where the mask model knows no classes.
        """
        found = self.segment(photo, gain=gain)
        alpha = masks.refine(masks.clean(found.foreground), photo.pixels)
        index = np.zeros(photo.size, np.uint8) if found.classes is None else masks.label(found, photo.size)
        return index, alpha.astype(np.float32) / 255


def _is_file(source: object) -> TypeGuard[BinaryIO]:
    return hasattr(source, "read")


def _is_pillow(source: object) -> TypeGuard[Image]:
    return hasattr(source, "getexif")


def _options(given: Mapping[str, object]) -> Options:
    """The options of keyword arguments. Raises OptionError for one there is none of, naming the nearest."""
    known = [setting.name for setting in fields(Options)]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}"
            raise OptionError(f"unknown option {name!r}; {hint}")
    return Options(**given)  # type: ignore[arg-type]


def _values(pixels: Pixels, dtype: np.dtype[Any]) -> Array:
    """uint8 or uint16 pixels as values of the dtype that went in, floating point in 0..1."""
    return (pixels / np.iinfo(pixels.dtype).max).astype(dtype) if dtype.kind == "f" else pixels
