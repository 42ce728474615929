"""The variant of a film that is asked for: its light in all frames, its colour on one thing in each scene."""

from __future__ import annotations

from collections.abc import Collection

from handtint.image.arrays import resize
from handtint.image.color import lab
from handtint.keep import Hint, Length, Point, Step
from handtint.keep.hints import rgb_of
from handtint.options import Options
from handtint.stages import KIND_SIDE
from handtint.types import Pixels, Segmentation
from handtint.variants import VARIANTS, Variant, recolorable_point
from handtint.video.hint_tracking import HintPoints


class FilmVariant:
    """One of `variants.VARIANTS`, or none. recolors: whether it gives something a colour, beside the light."""

    def __init__(self, options: Options) -> None:
        self._number = options.variant
        self._variant = VARIANTS[options.variant - 1] if options.variant else Variant("")
        self.recolors = bool(self._variant.color) and options.colors == "predicted"
        self.warmth = max(-1.0, min(1.0, options.warmth + self._variant.warmth))

    def points(
        self, given: Collection[Point], points: HintPoints, pixels: Pixels, segmentation: Segmentation
    ) -> HintPoints:
        """The points, with one on the object that has the variant's colour: tracked, or found in this frame.

        given: the points that a person gave. Without such a thing the points stay as they are.
        """
        if not self.recolors or points.keys() - set(given):
            return points
        L = lab.lightness(resize.shrink(pixels, resize.fit(pixels.shape[:2], KIND_SIDE)))
        found = recolorable_point(segmentation, L)
        if found is None:
            return points
        x, y = (Length(100 * share, percent=True) for share in found)
        return {**points, Point(x, y): found}

    def hints(self, given: Collection[Point], points: HintPoints) -> tuple[list[Hint], str]:
        """(the hints that give the thing its colour, a note for the user). given, points: as for `points`."""
        if not self.recolors:
            return [], ""
        own = [point for point in points if point not in given]
        hints = [Hint((Step(point),), rgb_of(self._variant.color)) for point in own]
        missing = f"variant {self._number}, {self._variant.name}: no object with an ambiguous colour was found"
        return hints, "" if hints else missing
