"""Colour, mask, blend: the one way from a photo to a tinted photo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np

from handtint.image import findings, masks
from handtint.image.photo import Photo
from handtint.options import Options, gain_factor
from handtint.stages import Networks, Result, Stages, collapse, whole
from handtint.types import Array, Segmentation

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Result", "Tinter"]


class Tinter:
    """A loaded pair of networks, ready for photo after photo. Networks load when first needed."""

    def __init__(self, model: str = "handtint", *, mask_model: str = "handtint-mask", threads: int = 0) -> None:
        """Choose the models by their names in the catalogue; threads 0 means one a core. Raises OptionError.

        mask_model may also be the path of an ONNX file of the u2net family or of IS-Net, or rembg:NAME.
        """
        self.networks = Networks(model, mask_model, threads=threads)

    @overload
    def tint(self, source: bytes, *, mask: Photo | None = None, **settings: object) -> bytes: ...
    @overload
    def tint(self, source: Array, *, mask: Photo | None = None, **settings: object) -> Array: ...
    @overload
    def tint(self, source: Photo | str | Path, *, mask: Photo | None = None, **settings: object) -> Photo: ...
    @overload
    def tint(self, source: Image, *, mask: Photo | None = None, **settings: object) -> Image: ...

    def tint(
        self, source: Photo | str | Path | bytes | Array | Image, *, mask: Photo | None = None, **settings: object
    ) -> Photo | bytes | Array | Image:
        """Tint a photo; the settings are those of `Options`. What comes back is of the kind that went in.

        A Photo or a path gives a Photo; a file's bytes give a file's bytes; a NumPy array of sRGB pixels gives one
        (H, W, 3); a Pillow image gives one. Raises OptionError, InputError, WeightsError.
        """
        options = Options(**settings)  # type: ignore[arg-type]
        if isinstance(source, Photo):
            return self.run(source, options, mask=mask).photo
        if isinstance(source, str | Path):
            return self.run(Photo.read(source), options, mask=mask).photo
        if isinstance(source, bytes):
            photo = self.run(Photo.read(source), options, mask=mask).photo
            return photo.encode(format=options.format or "", quality=options.quality)
        if isinstance(source, np.ndarray):
            return self.run(Photo.of(source), options, mask=mask).photo.array()
        return self.run(Photo.from_pillow(source), options, mask=mask).photo.pillow()

    def run(self, photo: Photo, options: Options, *, mask: Photo | None = None) -> Result:
        """Tint a photo, all its pages, and keep what led to the first.

        mask: white keeps colour; it takes the place of `keep`. Raises OptionError, InputError, WeightsError.
        """
        first, *further = (Stages(page, self.networks).result(options, mask) for page in (photo, *photo.pages))
        return whole(first, further)

    def segment(self, photo: Photo, *, gain: str = "auto") -> Segmentation:
        """What stands where in a photo, at network size."""
        return self.networks.segment(collapse(photo.pixels), gain_factor(gain))

    def inspect(self, photo: Photo, *, gain: str = "auto") -> list[findings.Finding]:
        """The foreground and the things in a photo, as `handtint inspect` tells of them."""
        return findings.every(self.segment(photo, gain=gain), photo.pixels)

    def label(self, photo: Photo, *, gain: str = "auto") -> tuple[masks.Alpha, Array]:
        """(VOC class indices (H, W) uint8, alpha (H, W) float32 0..1 of the subject), at the photo's size.

        The indices are all 0 where the mask model knows no classes.
        """
        found = self.segment(photo, gain=gain)
        alpha = masks.refine(masks.clean(found.foreground), photo.pixels)
        index = np.zeros(photo.size, np.uint8) if found.classes is None else masks.label(found, photo.size)
        return index, alpha.astype(np.float32) / 255
