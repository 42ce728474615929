"""A colour network and a mask network by their names in the catalogue, each loaded when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from handtint import zoo
from handtint.closer_look import CROP, look_closer
from handtint.colorizer import colorize
from handtint.faces import Face, find_faces
from handtint.image.arrays.resize import GuidedCoefficients
from handtint.model import SHIPPED, Model, Task
from handtint.parts import find_parts
from handtint.segmenter import segment
from handtint.types import VOC, Engine, Float, Pixels, Segmentation

FACES = "handtint-faces"  # the detector for the closer look, and for separating people
PERSON = VOC.index("person")
FAST_SIDES = {
    "color": 192,
    "mask": 224,
}  # input sizes by task; `python bench/effort.py` prints what they cost in quality

FindFaces = Callable[[], Sequence[Face]]


class Mirrored:
    """A network whose output is the mean over a picture and its mirrored copy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def run(self, x: Float) -> tuple[Float, ...]:
        """The same as Engine.run."""
        n = len(x)
        outputs = self._engine.run(np.concatenate([x, x[..., ::-1]]))
        return tuple((out[:n] + out[n:, ..., ::-1]) * np.float32(0.5) for out in outputs)


class _Engines:
    """The engines of some models, each loaded when it is first needed, or in advance in a thread."""

    def __init__(self, models: Mapping[Task, Model], threads: int) -> None:
        self._models, self._threads = models, threads
        self._loading: dict[Task, Future[Engine]] = {}

    def prepare(self, tasks: Iterable[Task]) -> None:
        """Start loading networks in threads; if one cannot be loaded, its first use raises WeightsError."""
        pending = [task for task in tasks if task not in self.__dict__ and task not in self._loading]
        if pending:
            pool = ThreadPoolExecutor(len(pending))
            for task in pending:
                self._loading[task] = pool.submit(self._load, task)
            pool.shutdown(wait=False)

    def _load(self, task: Task) -> Engine:
        return self._models[task].engine(threads=self._threads)

    def _get(self, task: Task) -> Engine:
        """The engine, from the thread that loads it, or loaded now."""
        future = self._loading.pop(task, None)
        return future.result() if future else self._load(task)

    @cached_property
    def color(self) -> Engine:
        return self._get("color")

    @cached_property
    def faces(self) -> Engine:
        return self._get("faces")

    @cached_property
    def mask(self) -> Engine:
        return self._get("mask")

    @cached_property
    def parts(self) -> Engine:
        return self._get("parts")


class Networks:
    """A colour network, a mask network and the face detector, each loaded when it is first needed."""

    def __init__(self, color: str, mask: str, *, threads: int = 0) -> None:
        """color, mask: names in the catalogue. threads: 0 for one per core. Raises OptionError."""
        self._names = color, mask
        self.color, self.mask = zoo.find(color, "color"), zoo.find(mask, "mask")
        self.faces, self.parts = zoo.find(FACES, "faces"), zoo.find(SHIPPED["parts"], "parts")
        self.threads = threads
        models: dict[Task, Model] = {"color": self.color, "mask": self.mask, "faces": self.faces, "parts": self.parts}
        self._engines = _Engines(models, threads)
        self.effort = "balanced"

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles contain the names only: the copy loads its networks again."""
        return partial(Networks, threads=self.threads), self._names

    def at(self, effort: str) -> Networks:
        """The same networks at one of options.EFFORTS; they share the loaded engines.

        "fast": smaller inputs, no closer look at faces. "best": masks are the mean over photo and mirrored copy.
        Networks that are not handtint's own run once at their own size, at every effort.
        """
        if effort == self.effort:
            return self
        copy = Networks.__new__(Networks)
        copy.__dict__ |= {**self.__dict__, "effort": effort}
        return copy

    def prepare(self, tasks: Iterable[Task]) -> None:
        """Start loading networks in threads; if one cannot be loaded, its first use raises WeightsError."""
        self._engines.prepare(tasks)

    def _side(self, model: Model) -> int:
        """The side, in pixels, of a network's input."""
        return FAST_SIDES[model.task] if self.effort == "fast" and self._is_own(model) else model.side

    @staticmethod
    def _is_own(model: Model) -> bool:
        """Whether it is handtint's own network, which takes inputs of any size."""
        return model.name == SHIPPED[model.task]

    @property
    def _color_engine(self) -> Engine:
        return self._engines.color

    @property
    def _mask_engine(self) -> Engine:
        engine = self._engines.mask
        return Mirrored(engine) if self.effort == "best" and self._is_own(self.mask) else engine

    def colors(
        self,
        pixels: Pixels,
        gain: float | None,
        *,
        faces: FindFaces | None = None,
        people: Callable[[], Float | None] | None = None,
    ) -> GuidedCoefficients:
        """The colours predicted for pixels (H, W) or (H, W, 3) with a gain. Raises WeightsError.

        faces: called for the faces in these pixels, for a closer look at small ones; None for no closer look. people:
        called if there are faces, for the probability (h, w) of a person, None if unknown.
        """
        base = self.first_look(pixels, gain)
        return base if faces is None else self.closer_look(pixels, base, gain, faces=faces, people=people)

    def first_look(self, pixels: Pixels, gain: float | None) -> GuidedCoefficients:
        """The colours predicted for the whole of pixels (H, W) or (H, W, 3), without a closer look."""
        model, engine = self.color, self._color_engine
        return colorize(
            pixels, engine, side=self._side(model), gain=gain, square=model.square, interface=model.interface
        )

    def closer_look(
        self,
        pixels: Pixels,
        base: GuidedCoefficients,
        gain: float | None,
        *,
        faces: FindFaces,
        people: Callable[[], Float | None] | None,
    ) -> GuidedCoefficients:
        """The colours `base`, from `first_look`, with those of small faces replaced. faces, people: as for `colors`."""
        detections = [] if self.color.interface else faces()
        if not detections:
            return base
        crop_side, mask = self.color.side if self.color.square else CROP, people() if people else None
        return look_closer(pixels, base, detections, self._color_engine, gain=gain, crop_side=crop_side, people=mask)

    def find_faces(self, pixels: Pixels, gain: float | None) -> list[Face]:
        """The faces in pixels (H, W) or (H, W, 3) with a gain, the largest first. Raises WeightsError."""
        if self.effort == "fast":
            return []
        return find_faces(pixels, self._engines.faces, side=self.faces.side, gain=gain)

    def segment(self, pixels: Pixels, gain: float | None, *, faces: FindFaces | None = None) -> Segmentation:
        """The segmentation of pixels (H, W) or (H, W, 3) with a gain. Raises WeightsError.

        faces: called if there are people, for the faces in these pixels, which separate touching people.
        """
        segmentation = segment(pixels, self._mask_engine, side=self._side(self.mask), gain=gain, kind=self.mask.kind)
        if faces is None or segmentation.classes is None or not (segmentation.classes[PERSON] > 0.5).any():
            return segmentation
        return replace(segmentation, faces=tuple(face.shares(pixels.shape[:2]) for face in faces()))

    def with_parts(self, segmentation: Segmentation, pixels: Pixels, gain: float | None) -> Segmentation:
        """The segmentation of these pixels (H, W) or (H, W, 3) with the parts of people.

        Raises WeightsError, and OptionError if the mask network predicts no classes.
        """
        parts = find_parts(pixels, self._engines.parts, segmentation, side=self.parts.side, gain=gain)
        return replace(segmentation, parts=parts)
