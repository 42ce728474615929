"""A pair of networks by their names in the catalogue, each loaded when first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from handtint import zoo
from handtint.closer import CROP, look_closer
from handtint.colorizer import colorize
from handtint.faces import Face, find_faces
from handtint.image.arrays.resize import GuidedCoefficients
from handtint.model import SHIPPED, Model, Task
from handtint.segmenter import segment
from handtint.types import VOC, Engine, Float, Pixels, Segmentation

FACES = "handtint-faces"  # the detector that finds where to look closer, and tells people apart
PERSON = VOC.index("person")
FAST_SIDES = {"color": 192, "mask": 224}  # by task: `python bench/effort.py` prints what they cost in quality

FindFaces = Callable[[], Sequence[Face]]


class Mirrored:
    """A network that answers with the mean of a picture and its mirrored copy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def run(self, x: Float) -> tuple[Float, ...]:
        """As Engine.run."""
        n = len(x)
        both = self._engine.run(np.concatenate([x, x[..., ::-1]]))
        return tuple((out[:n] + out[n:, ..., ::-1]) * np.float32(0.5) for out in both)


class _Engines:
    """The networks of some models, each loaded when first needed, or before that in a thread."""

    def __init__(self, models: Mapping[Task, Model], threads: int) -> None:
        self._models, self._threads = models, threads
        self._begun: dict[Task, Future[Engine]] = {}

    def prepare(self, tasks: Iterable[Task]) -> None:
        """Begin to load networks, each in a thread of its own; where that fails, its first use raises WeightsError."""
        wanted = [task for task in tasks if task not in self.__dict__ and task not in self._begun]
        if wanted:
            pool = ThreadPoolExecutor(len(wanted))
            for task in wanted:
                self._begun[task] = pool.submit(self._load, task)
            pool.shutdown(wait=False)

    def _load(self, task: Task) -> Engine:
        return self._models[task].engine(threads=self._threads)

    def _loaded(self, task: Task) -> Engine:
        """The network, whether loading it has begun or not."""
        begun = self._begun.pop(task, None)
        return begun.result() if begun else self._load(task)

    @cached_property
    def color(self) -> Engine:
        return self._loaded("color")

    @cached_property
    def faces(self) -> Engine:
        return self._loaded("faces")

    @cached_property
    def mask(self) -> Engine:
        return self._loaded("mask")


class Networks:
    """A pair of networks, each loaded when first needed."""

    def __init__(self, color: str, mask: str, *, threads: int = 0) -> None:
        """Choose them by their names in the catalogue; threads 0 means one a core. Raises OptionError."""
        self._names = color, mask
        self.color, self.mask = zoo.find(color, "color"), zoo.find(mask, "mask")
        self.faces = zoo.find(FACES, "faces")
        self.threads = threads
        self._engines = _Engines({"color": self.color, "mask": self.mask, "faces": self.faces}, threads)
        self.effort = "balanced"

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied and pickled by name: networks that are loaded stay behind, and are loaded anew where needed."""
        return partial(Networks, threads=self.threads), self._names

    def at(self, effort: str) -> Networks:
        """The same networks, loaded once for all, at one of options.EFFORTS.

        "fast": smaller pictures, no closer look at faces. "best": the mask is the mean of a look and a mirrored one.
        Networks of others see one picture of the size that they were made for at every effort.
        """
        if effort == self.effort:
            return self
        other = Networks.__new__(Networks)
        other.__dict__ |= {**self.__dict__, "effort": effort}
        return other

    def prepare(self, tasks: Iterable[Task]) -> None:
        """Begin to load networks, each in a thread of its own; where that fails, its first use raises WeightsError."""
        self._engines.prepare(tasks)

    def _side(self, model: Model) -> int:
        """About how many pixels a side a network sees."""
        return FAST_SIDES[model.task] if self.effort == "fast" and self._own(model) else model.side

    @staticmethod
    def _own(model: Model) -> bool:
        """Whether the network takes pictures of any size."""
        return model.name == SHIPPED[model.task]

    @property
    def _color_engine(self) -> Engine:
        return self._engines.color

    @property
    def _mask_engine(self) -> Engine:
        engine = self._engines.mask
        return Mirrored(engine) if self.effort == "best" and self._own(self.mask) else engine

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
        return colorize(
            pixels, engine, side=self._side(model), gain=gain, square=model.square, interface=model.interface
        )

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
        if self.effort == "fast":
            return []
        return find_faces(pixels, self._engines.faces, side=self.faces.side, gain=gain)

    def segment(self, pixels: Pixels, gain: float | None, *, faces: FindFaces | None = None) -> Segmentation:
        """Classes and foreground of pixels (H, W) or (H, W, 3) under a gain. Raises WeightsError.

        faces: called where the network sees people, for the faces in these pixels, which tell them apart.
        """
        segmentation = segment(pixels, self._mask_engine, side=self._side(self.mask), gain=gain, kind=self.mask.kind)
        if faces is None or segmentation.classes is None or not (segmentation.classes[PERSON] > 0.5).any():
            return segmentation
        return replace(segmentation, faces=tuple(face.shares(pixels.shape[:2]) for face in faces()))
