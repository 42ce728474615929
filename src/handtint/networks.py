"""A pair of networks by their names in the catalogue, each loaded when first needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from handtint import zoo
from handtint.closer import CROP, look_closer
from handtint.colorizer import colorize
from handtint.faces import Face, find_faces
from handtint.image.arrays.resize import GuidedCoefficients
from handtint.segmenter import segment
from handtint.types import VOC, Engine, Float, Pixels, Segmentation

FACES = "handtint-faces"  # the detector that finds where to look closer, and tells people apart
PERSON = VOC.index("person")

FindFaces = Callable[[], Sequence[Face]]


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
        self,
        pixels: Pixels,
        gain: float | None,
        *,
        faces: FindFaces | None = None,
        people: Callable[[], Float | None] | None = None,
    ) -> GuidedCoefficients:
        """The colours predicted for pixels (H, W) or (H, W, 3) under a gain. Raises WeightsError.

        faces: where it is given, the network sees each small face again, alone, but not a network of others; it is
        called for the faces in these pixels. people: called when there are some, for the probability (h, w) of a
        person, None where that is not known.
        """
        first = self.first_look(pixels, gain)
        return first if faces is None else self.closer_look(pixels, first, gain, faces=faces, people=people)

    def first_look(self, pixels: Pixels, gain: float | None) -> GuidedCoefficients:
        """The colours after one look at the whole of pixels (H, W) or (H, W, 3)."""
        model, engine = self.color, self._color_engine
        return colorize(pixels, engine, side=model.side, gain=gain, square=model.square, interface=model.interface)

    def closer_look(
        self,
        pixels: Pixels,
        first: GuidedCoefficients,
        gain: float | None,
        *,
        faces: FindFaces,
        people: Callable[[], Float | None] | None,
    ) -> GuidedCoefficients:
        """The colours of a first look, and those of small faces from a look at each; see `colors` for the two calls."""
        detections = [] if self.color.interface else faces()
        if not detections:
            return first
        crop, there = self.color.side if self.color.square else CROP, people() if people else None
        return look_closer(pixels, first, detections, self._color_engine, gain=gain, crop=crop, people=there)

    def find_faces(self, pixels: Pixels, gain: float | None) -> list[Face]:
        """The faces in pixels (H, W) or (H, W, 3) under a gain, the largest first. Raises WeightsError."""
        return find_faces(pixels, self._face_engine, side=self.faces.side, gain=gain)

    def segment(self, pixels: Pixels, gain: float | None, *, faces: FindFaces | None = None) -> Segmentation:
        """Classes and foreground of pixels (H, W) or (H, W, 3) under a gain. Raises WeightsError.

        faces: called where the network sees people, for the faces in these pixels, which tell them apart.
        """
        segmentation = segment(pixels, self._mask_engine, side=self.mask.side, gain=gain, kind=self.mask.kind)
        if faces is None or segmentation.classes is None or not (segmentation.classes[PERSON] > 0.5).any():
            return segmentation
        return replace(segmentation, faces=tuple(face.shares(pixels.shape[:2]) for face in faces()))
