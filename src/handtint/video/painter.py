"""One frame, painted with the predictions carried to it."""

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
from handtint.pipeline import Stages
from handtint.result import Result
from handtint.types import Alpha
from handtint.video.tracker import Seen


class _Frame(Stages):
    """The stages of a frame, of which those that need networks are done."""

    def __init__(self, photo: Photo, networks: Networks, seen: Seen) -> None:
        super().__init__(photo, networks)
        self._seen = seen

    @cached_property
    def kind(self) -> tone.Kind:
        """That of the scene."""
        return self._seen.kind

    def colors(self, gain: str, closer_look: str) -> resize.GuidedCoefficients:  # noqa: ARG002
        """The colours that were carried here."""
        if self._seen.colors is None:
            raise ValueError("nothing predicted colours")
        return self._seen.colors

    def hinted(self, options: Options, reference: Photo | None = None) -> tuple[resize.Planes, str]:  # noqa: ARG002
        """The same: hints are in them already."""
        return self.colors(options.gain, options.closer_look), ""

    def _unseen(self, options: Options, alpha: Alpha) -> str:  # noqa: ARG002
        """Nothing: points of hints move."""
        return ""

    def selection(self, options: Options, mask: Photo | None = None) -> Selection:
        """What is kept, by the layers that were carried here; or a mask in its place."""
        if mask is not None:
            return super().selection(options, mask)
        steps = keep.parse(options.keep)
        return selection.select(steps, self.pixels, None, matted=options.matting, layers=self._seen.layers)


def paint(photo: Photo, networks: Networks, seen: Seen, options: Options, mask: Photo | None = None) -> Result:
    """A frame in its colours. Raises OptionError, InputError."""
    return _Frame(photo, networks, seen).tinted(options, mask)
