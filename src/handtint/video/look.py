"""What the networks predict for one frame; each network runs at most once, when first needed."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from handtint.faces import Face
from handtint.image.arrays import resize
from handtint.networks import PERSON, Networks
from handtint.options import Options, gain_factor
from handtint.types import Float, Pixels, Segmentation

FINEST = 512  # side of the square that has as many coefficients as are carried at most
CLOSE = 2.0  # so many looks more does a closer look at a face count, so that one missed face does not undo it


class Look:
    """The predictions for one frame. tells_people_apart: whether the segmentation needs faces."""

    def __init__(self, pixels: Pixels, networks: Networks, options: Options, *, tells_people_apart: bool) -> None:
        self._pixels, self._networks, self._options = pixels, networks, options
        self._gain, self._tells_people_apart = gain_factor(options.gain), tells_people_apart

    @cached_property
    def faces(self) -> list[Face]:
        """The faces in the frame, the largest first."""
        return self._networks.find_faces(self._pixels, self._gain)

    @cached_property
    def segmentation(self) -> Segmentation:
        """Classes and foreground, at network size."""
        faces = (lambda: self.faces) if self._tells_people_apart else None
        return self._networks.segment(self._pixels, self._gain, faces=faces)

    def colors(self, size: tuple[int, int]) -> tuple[Float, Float]:
        """(slope and offset of a*b* (h, w, 4), how many looks they count as at each pixel of a map of a size)."""
        count = np.ones(size, np.float32)
        lines = first = self._networks.first_look(self._pixels, self._gain)
        if self._options.closer_look != "off":
            lines = self._networks.closer_look(
                self._pixels, first, self._gain, faces=lambda: self.faces, people=lambda: self._people
            )
        if lines is not first:
            count += np.float32(CLOSE) * resize.shrink(_differs(lines, first), size)
        return _at_most(_joined(lines), FINEST), count

    @property
    def _people(self) -> Float | None:
        classes = self.segmentation.classes
        return None if classes is None else classes[PERSON]


def _joined(lines: resize.GuidedCoefficients) -> Float:
    return np.concatenate([lines.slope, lines.offset], axis=2)


def _differs(lines: resize.GuidedCoefficients, first: resize.GuidedCoefficients) -> Float:
    """1 where the closer look changed the colours, else 0, at the size of `lines`."""
    size = lines.slope.shape[0], lines.slope.shape[1]
    before = first if first.slope.shape[:2] == size else first.enlarged(size)
    return (np.abs(_joined(lines) - _joined(before)).max(axis=2) > 0.05).astype(np.float32)


def _at_most(maps: Float, side: int) -> Float:
    """Maps (h, w, k) with no more than side * side pixels."""
    h, w = maps.shape[:2]
    return maps if h * w <= side * side else resize.shrink(maps, resize.fit((h, w), side))
