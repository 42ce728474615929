"""Models as predictors: each network runs once a photograph, whatever strengths and looks are asked of its answers."""

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

MASK = "handtint-mask"  # says where people stand, for the closer look

_Value = TypeVar("_Value")


class _Once:
    """What was computed of the photo at hand, by name; forgotten when another photo comes."""

    def __init__(self) -> None:
        self._photo: Photo | None = None
        self._values: dict[str, object] = {}

    def get(self, photo: Photo, name: str, compute: Callable[[], _Value]) -> _Value:
        """The value of that name, computed where it has not been."""
        if photo is not self._photo:
            self._photo, self._values = photo, {}
        if name not in self._values:
            self._values[name] = compute()
        return cast("_Value", self._values[name])


class Finder:
    """Where faces and people are in the photo at hand: found once for all colour models."""

    def __init__(self, gain: str = "auto") -> None:
        """gain: as of an edit. Raises OptionError."""
        self.gain = gain_factor(gain)
        self.networks = Networks("handtint", MASK)
        self._once = _Once()

    def faces(self, photo: Photo) -> list[Face]:
        """The faces in a photo, the largest first. Raises WeightsError."""
        return self._once.get(photo, "faces", lambda: self.networks.find_faces(photo.pixels, self.gain))

    def people(self, photo: Photo) -> Float | None:
        """The probability (h, w) of a person. Raises WeightsError."""
        classes = self._once.get(photo, "people", lambda: self.networks.segment(photo.pixels, self.gain)).classes
        return None if classes is None else classes[PERSON]


class Colorer:
    """A colour model, and its colours for the photo at hand."""

    def __init__(self, model: str, finder: Finder) -> None:
        """model: as of an edit. Raises OptionError."""
        self.networks = Networks(model, MASK)
        self._finder, self._once = finder, _Once()

    @property
    def looks(self) -> tuple[str, ...]:
        """Which values of `closer_look` make a difference to it; the first is the default."""
        return ("off",) if self.networks.color.interface else ("auto", "off")

    def colors(self, photo: Photo, closer_look: str = "auto") -> GuidedCoefficients:
        """What the model says of a photo, as `Tinter.run` has it. Raises WeightsError."""
        gain = self._finder.gain
        first = self._once.get(photo, "off", lambda: self.networks.first_look(photo.pixels, gain))
        if closer_look == "off":
            return first
        faces, people = partial(self._finder.faces, photo), partial(self._finder.people, photo)
        return self._once.get(
            photo,
            "auto",
            lambda: self.networks.closer_look(photo.pixels, first, gain, faces=faces, people=people),
        )

    def predictor(self, strength: float, closer_look: str = "auto") -> Predictor:
        """The whole photo in the model's colours at a strength."""

        def predict(photo: Photo) -> Photo:
            return Photo.of(painted(photo.pixels, self.colors(photo, closer_look), strength), name=photo.name)

        return predict

    def curve(self, strengths: Iterable[float]) -> dict[float, Predictor]:
        """A predictor for each strength."""
        return {strength: self.predictor(strength) for strength in strengths}


def painted(pixels: Pixels, colors: GuidedCoefficients, strength: float) -> Array:
    """Pixels (H, W) or (H, W, 3) in colours all over, at a strength; (H, W, 3) of the same dtype."""
    return blend.over(pixels, colors, None, backdrop="gray", strength=strength)
