"""Models as predictors: each network runs once per photograph, whatever the strengths and settings of closer_look."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar, cast

from handtint.evaluate.baselines import Predictor
from handtint.faces import Face
from handtint.image.arrays.resize import GuidedCoefficients
from handtint.image.color import blend
from handtint.image.photo import Photo
from handtint.networks import PERSON, Networks
from handtint.options import gain_factor
from handtint.types import Array, Float, Pixels

MASK = "handtint-mask"  # the mask network that finds people, for the closer look

_Value = TypeVar("_Value")


class _PhotoCache:
    """A cache of values computed of the current photo, by name; emptied for another photo."""

    def __init__(self) -> None:
        self._photo: Photo | None = None
        self._values: dict[str, object] = {}

    def get(self, photo: Photo, name: str, compute: Callable[[], _Value]) -> _Value:
        """The value of that name; computed if it is not in the cache."""
        if photo is not self._photo:
            self._photo, self._values = photo, {}
        if name not in self._values:
            self._values[name] = compute()
        return cast("_Value", self._values[name])


class Detector:
    """Faces and people in the current photo, detected once for all colour models."""

    def __init__(self, gain: str = "auto") -> None:
        """gain: as in an edit. Raises OptionError."""
        self.gain = gain_factor(gain)
        self.networks = Networks("handtint", MASK)
        self._cache = _PhotoCache()

    def faces(self, photo: Photo) -> list[Face]:
        """The faces in a photo, the largest first. Raises WeightsError."""
        return self._cache.get(photo, "faces", lambda: self.networks.find_faces(photo.pixels, self.gain))

    def people(self, photo: Photo) -> Float | None:
        """The probability (h, w) of a person. Raises WeightsError."""
        classes = self._cache.get(photo, "people", lambda: self.networks.segment(photo.pixels, self.gain)).classes
        return None if classes is None else classes[PERSON]


class ColorModel:
    """A colour model, and its colours for the current photo."""

    def __init__(self, model: str, detector: Detector) -> None:
        """model: as in an edit. Raises OptionError."""
        self.networks = Networks(model, MASK)
        self._detector, self._cache = detector, _PhotoCache()

    @property
    def closer_look_settings(self) -> tuple[str, ...]:
        """The values of `closer_look` that make a difference to it; the first one is the default."""
        return ("off",) if self.networks.color.interface else ("auto", "off")

    def colors(self, photo: Photo, closer_look: str = "auto") -> GuidedCoefficients:
        """The model's colours for a photo, as `Tinter.run` uses them. Raises WeightsError."""
        gain = self._detector.gain
        without_closer_look = self._cache.get(photo, "off", lambda: self.networks.first_look(photo.pixels, gain))
        if closer_look == "off":
            return without_closer_look
        faces, people = partial(self._detector.faces, photo), partial(self._detector.people, photo)
        return self._cache.get(
            photo,
            "auto",
            lambda: self.networks.closer_look(photo.pixels, without_closer_look, gain, faces=faces, people=people),
        )

    def predictor(self, strength: float, closer_look: str = "auto") -> Predictor:
        """A predictor that colours whole photos at a strength."""

        def predict(photo: Photo) -> Photo:
            return Photo.of(colorized(photo.pixels, self.colors(photo, closer_look), strength), name=photo.name)

        return predict

    def curve(self, strengths: Iterable[float]) -> dict[float, Predictor]:
        """A predictor for each strength."""
        return {strength: self.predictor(strength) for strength in strengths}


def colorized(pixels: Pixels, colors: GuidedCoefficients, strength: float) -> Array:
    """Pixels (H, W) or (H, W, 3), coloured everywhere at a strength; (H, W, 3) of the same dtype."""
    return blend.over(pixels, colors, None, backdrop="gray", strength=strength)
