"""A pair of networks by their names in the catalogue, each loaded when first needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

from handtint import zoo
from handtint.closer import CROP, look_closer
from handtint.colorizer import colorize
from handtint.faces import Face, find_faces
from handtint.image.arrays.resize import GuidedCoefficients
from handtint.segmenter import segment
from handtint.types import Engine, Float, Pixels, Segmentation

FACES = "handtint-faces"  # the detector that finds where to look closer


class Networks:
    """A pair of networks, each loaded when first needed."""

    def __init__(self, color: str, mask: str, *, threads: int = 0) -> None:
        """Choose them by their names in the catalogue; threads 0 means one a core. Raises OptionError."""
        self._names = color, mask
        self.color, self.mask = zoo.find(color, "color"), zoo.find(mask, "mask")
        self.faces = zoo.find(FACES, "faces")
        self.threads = threads

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied and pickled by name: networks that are loaded stay behind, and are loaded anew where needed."""
        return partial(Networks, threads=self.threads), self._names

    @cached_property
    def _color_engine(self) -> Engine:
        return self.color.engine(threads=self.threads)

    @cached_property
    def _face_engine(self) -> Engine:
        return self.faces.engine(threads=self.threads)

    @cached_property
    def _mask_engine(self) -> Engine:
        return self.mask.engine(threads=self.threads)

    def colors(
        self, pixels: Pixels, gain: float | None, *, people: Callable[[], Float | None] | None = None
    ) -> GuidedCoefficients:
        """The colours predicted for pixels (H, W) or (H, W, 3) under a gain. Raises WeightsError.

        people: where it is given, the network sees each small face again, alone, but not a network of others; it is
        called when faces are found, for the probability (h, w) of a person, None where that is not known.
        """
        model, engine = self.color, self._color_engine
        first = colorize(pixels, engine, side=model.side, gain=gain, square=model.square, interface=model.interface)
        faces = self.find_faces(pixels, gain) if people and not model.interface else []
        if not people or not faces:
            return first
        crop = model.side if model.square else CROP
        return look_closer(pixels, first, faces, engine, gain=gain, crop=crop, people=people())

    def find_faces(self, pixels: Pixels, gain: float | None) -> list[Face]:
        """The faces in pixels (H, W) or (H, W, 3) under a gain, the largest first. Raises WeightsError."""
        return find_faces(pixels, self._face_engine, side=self.faces.side, gain=gain)

    def segment(self, pixels: Pixels, gain: float | None) -> Segmentation:
        """Classes and foreground of pixels (H, W) or (H, W, 3) under a gain. Raises WeightsError."""
        return segment(pixels, self._mask_engine, side=self.mask.side, gain=gain, kind=self.mask.kind)
