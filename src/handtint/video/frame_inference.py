"""Inference on one frame: each network runs at most once, when its output is first needed."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from handtint import color_transfer
from handtint.faces import Face
from handtint.image.arrays import resize
from handtint.image.color import light
from handtint.image.color.transfer import ColorShifts
from handtint.networks import PERSON, Networks
from handtint.options import Options, gain_factor
from handtint.types import Float, Pixels, Segmentation

MAX_SIDE = 512  # maps have at most MAX_SIDE * MAX_SIDE pixels
CLOSER_LOOK_WEIGHT = 2.0  # predictions: the weight of a closer look at a face, so that one missed face does not undo it


class FrameInference:
    """The networks' outputs for one frame. separate_people: whether faces are used to separate touching people.

    pixels: of the frame, (H, W) or (H, W, 3). with_parts: whether the segmentation has the parts of people.
    """

    def __init__(
        self, pixels: Pixels, networks: Networks, options: Options, *, separate_people: bool, with_parts: bool = False
    ) -> None:
        self.pixels, self._networks, self._options = pixels, networks, options
        self._gain, self._separate_people = gain_factor(options.gain), separate_people
        self._with_parts = with_parts

    @cached_property
    def faces(self) -> list[Face]:
        """The faces in the frame, the largest first."""
        return self._networks.find_faces(self.pixels, self._gain)

    @cached_property
    def segmentation(self) -> Segmentation:
        """Classes and foreground, at network size, and parts of people if they were asked for."""
        faces = (lambda: self.faces) if self._separate_people else None
        segmentation = self._networks.segment(self.pixels, self._gain, faces=faces)
        if not self._with_parts:
            return segmentation
        return self._networks.with_parts(segmentation, self.pixels, self._gain)

    @cached_property
    def _coarse(self) -> resize.GuidedCoefficients:
        return self._networks.first_look(self.pixels, self._gain)

    @cached_property
    def coefficients(self) -> resize.GuidedCoefficients:
        """The predicted colours, with a closer look at small faces."""
        if self._options.closer_look == "off":
            return self._coarse
        return self._networks.closer_look(
            self.pixels, self._coarse, self._gain, faces=lambda: self.faces, people=lambda: self._people
        )

    def colors(
        self, size: tuple[int, int], shifts: ColorShifts | None = None, warmth: float = 0.0
    ) -> tuple[Float, Float]:
        """(slope and offset of a*b* (h, w, 4), the weight of this prediction at each pixel (size)).

        shifts: those to the colours of a reference. warmth: of the light.
        """
        count, colors = np.ones(size, np.float32), self.coefficients
        if colors is not self._coarse:
            count += np.float32(CLOSER_LOOK_WEIGHT) * resize.shrink(_changed(colors, self._coarse), size)
        if shifts is not None:
            colors = color_transfer.apply_shifts(
                shifts, colors, color_transfer.predicted_view(colors, self.pixels, self.segmentation)
            )
        if warmth:
            colors = light.apply_warmth(colors, warmth)
        return _limit_size(_stack(colors), MAX_SIDE), count

    @property
    def _people(self) -> Float | None:
        classes = self.segmentation.classes
        return None if classes is None else classes[PERSON]


def _stack(refined: resize.GuidedCoefficients) -> Float:
    return np.concatenate([refined.slope, refined.offset], axis=2)


def _changed(refined: resize.GuidedCoefficients, coarse: resize.GuidedCoefficients) -> Float:
    """1 where the closer look changed the colours, else 0, at the size of `refined`."""
    size = refined.slope.shape[0], refined.slope.shape[1]
    before = coarse if coarse.slope.shape[:2] == size else coarse.enlarged(size)
    return (np.abs(_stack(refined) - _stack(before)).max(axis=2) > 0.05).astype(np.float32)


def _limit_size(maps: Float, side: int) -> Float:
    """Maps (h, w, k), shrunk if they have more than side * side pixels."""
    h, w = maps.shape[:2]
    return maps if h * w <= side * side else resize.shrink(maps, resize.fit((h, w), side))
