"""Tinter: a pair of networks that tint photos of any form, with all their pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeGuard, overload

import numpy as np

from handtint import hints, keep
from handtint.errors import InputError
from handtint.image.masks import detections, masks
from handtint.image.photo import Photo
from handtint.networks import Networks
from handtint.options import Options
from handtint.pixels import as_dtype, leveled
from handtint.result import Result, combine_pages
from handtint.stages import Stages
from handtint.types import Alpha, Array, Segmentation

if TYPE_CHECKING:
    from PIL.Image import Image

    from handtint.model import Task

__all__ = ["Result", "Tinter"]


class Tinter:
    """Tints photos with a pair of networks, each loaded when it is first needed.

    It can be pickled, for `multiprocessing` and Dask: the copy loads the networks again.
    """

    def __init__(self, model: str = "handtint", *, mask_model: str = "handtint-mask", threads: int = 0) -> None:
        """model, mask_model: names in the catalogue. threads: 0 for one per core. Raises OptionError.

        model may also be an ONNX file of another network, such as ddcolor:FILE; mask_model an ONNX file of the u2net
        family or of IS-Net, or rembg:NAME.
        """
        self.networks = Networks(model, mask_model, threads=threads)

    @overload
    def tint(self, source: Photo | str | Path, *, mask: Photo | None = None, **settings: object) -> Photo:
        """For a photo or the path of a file: a Photo, to be written with its `write`."""

    @overload
    def tint(self, source: bytes | BinaryIO, *, mask: Photo | None = None, **settings: object) -> bytes:
        """For the bytes of a file or an open file: the bytes of a file of the same format, or of `format`."""

    @overload
    def tint(self, source: Array, *, mask: Photo | None = None, **settings: object) -> Array:
        """For sRGB values (H, W) or (H, W, 2 to 4): sRGB values (H, W, 3), or (H, W, 4) with alpha.

        uint8, uint16 and floating point 0..1 give the same dtype; bool gives uint8.
        """

    @overload
    def tint(self, source: Image, *, mask: Photo | None = None, **settings: object) -> Image:
        """For a Pillow image of any mode: one of mode RGB or RGBA with 8 bits per channel."""

    def tint(
        self,
        source: Photo | str | Path | bytes | BinaryIO | Array | Image,
        *,
        mask: Photo | None = None,
        **settings: object,
    ) -> Photo | bytes | Array | Image:
        """Tint a photo, and return the result in the form of the input. settings: those of `Options`.

        A Photo or a path returns a Photo; the bytes of a file or an open file return the bytes of a file; a NumPy array
        of sRGB values returns an array of its dtype; a Pillow image returns a Pillow image. mask: white keeps colour;
        it replaces `keep`. Raises OptionError, also for an unknown setting, InputError, WeightsError.
        """
        options = Options.from_keywords(settings)
        self.prepare(options, masked=mask is not None)
        if isinstance(source, Photo | str | Path):
            return self.run(source if isinstance(source, Photo) else Photo.read(source), options, mask=mask).photo
        if isinstance(source, np.ndarray):
            return as_dtype(self.run(Photo.of(source), options, mask=mask).photo.array(), source.dtype)
        if isinstance(source, bytes) or _is_file(source):
            photo = self.run(Photo.read(source), options, mask=mask).photo
            return photo.encode(format=options.format or "", quality=options.quality)
        if _is_pillow(source):
            return self.run(Photo.from_pillow(source), options, mask=mask).photo.pillow()
        kinds = "a path, bytes, an open file, an array or a Pillow image"
        raise InputError(f"a photo is {kinds}, not {type(source).__name__}")

    def run(
        self, photo: Photo, options: Options, *, mask: Photo | None = None, reference: Photo | None = None
    ) -> Result:
        """Tint all pages of a photo, and return them with the mask and colours of the first page.

        mask: white keeps colour; it replaces `keep`. reference: replaces the options' file. Raises OptionError,
        InputError, WeightsError.
        """
        hints.check_pages(options.hints, 1 + len(photo.pages))
        pages = (leveled(page, options.levels) for page in (photo, *photo.pages))
        networks = self.networks.at(options.effort)
        stages = (Stages(page, networks, page=n) for n, page in enumerate(pages, 1))
        first, *others = (page.result(options, mask, reference) for page in stages)
        return combine_pages(first, others)

    def prepare(self, options: Options, *, masked: bool = False) -> None:
        """Start loading the networks that an edit is certain to need, while its photo is still being read.

        masked: a mask replaces the options' `keep`. Other networks are loaded when they are needed.
        """
        predicted = options.colors == "predicted"
        used_closer_look = (
            options.closer_look != "off" and options.effort != "fast" and not self.networks.color.interface
        )
        segmented = not masked and keep.needs_segmentation(keep.parse(options.keep))
        needed: dict[Task, bool] = {"mask": segmented, "color": predicted, "faces": predicted and used_closer_look}
        self.networks.prepare([task for task, is_needed in needed.items() if is_needed])

    def segment(self, photo: Photo, *, gain: str = "auto") -> Segmentation:
        """Classes and foreground of a photo, at network size."""
        return Stages(photo, self.networks).segmentation(gain)

    def inspect(self, photo: Photo, *, gain: str = "auto") -> list[detections.Detection]:
        """The foreground and the objects in a photo, as `handtint inspect` lists them."""
        return detections.detect(self.segment(photo, gain=gain), photo.pixels)

    def label(self, photo: Photo, *, gain: str = "auto") -> tuple[Alpha, Array]:
        """(VOC class indices (H, W) uint8, alpha (H, W) float32 0..1 of the subject), at the photo's size.

        The indices are all 0 if the mask model predicts no classes.
        """
        segmentation = self.segment(photo, gain=gain)
        alpha = masks.refine(masks.clean(segmentation.foreground), photo.pixels)
        has_classes = segmentation.classes is not None
        index = masks.label(segmentation, photo.size) if has_classes else np.zeros(photo.size, np.uint8)
        return index, alpha.astype(np.float32) / 255


def _is_file(source: object) -> TypeGuard[BinaryIO]:
    return hasattr(source, "read")


def _is_pillow(source: object) -> TypeGuard[Image]:
    return hasattr(source, "getexif")
