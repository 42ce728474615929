"""One frame tinted with the predictions that the tracker warped to it."""

from __future__ import annotations

from functools import cached_property

from handtint import keep
from handtint.image.arrays import resize
from handtint.image.color import tone
from handtint.image.masks import selection
from handtint.image.masks.selection import Selection
from handtint.image.photo import Photo
from handtint.networks import Networks
from handtint.options import Options
from handtint.result import Result
from handtint.stages import Stages
from handtint.types import Alpha
from handtint.video.tracker import FrameAnalysis


class _Frame(Stages):
    """The stages of tinting a frame, with the tracker's predictions in place of the networks."""

    def __init__(self, photo: Photo, networks: Networks, analysis: FrameAnalysis) -> None:
        super().__init__(photo, networks)
        self._analysis = analysis

    @cached_property
    def kind(self) -> tone.Kind:
        """The kind of the scene."""
        return self._analysis.kind

    def colors(self, gain: str, closer_look: str) -> resize.GuidedCoefficients:  # noqa: ARG002
        """The colours from the tracker."""
        if self._analysis.colors is None:
            raise ValueError("no colours were predicted for this frame")
        return self._analysis.colors

    def hinted_colors(self, options: Options, reference: Photo | None = None) -> tuple[resize.Planes, str]:  # noqa: ARG002
        """The colours from the tracker, which include hints."""
        return self.colors(options.gain, options.closer_look), ""

    def _hidden_hints(self, options: Options, alpha: Alpha) -> str:  # noqa: ARG002
        """No note: the points of hints move through the film."""
        return ""

    def selection(self, options: Options, mask: Photo | None = None) -> Selection:
        """What keeps its colour, by the tracker's layers; or a mask instead."""
        if mask is not None:
            return super().selection(options, mask)
        steps = keep.parse(options.keep)
        return selection.select(steps, self.pixels, None, matted=options.matting, layers=self._analysis.layers)


def tint_frame(
    photo: Photo, networks: Networks, analysis: FrameAnalysis, options: Options, mask: Photo | None = None
) -> Result:
    """Tint one frame. mask: replaces `keep`. Raises OptionError, InputError."""
    return _Frame(photo, networks, analysis).tinted(options, mask)
