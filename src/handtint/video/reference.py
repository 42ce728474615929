"""A photograph in colour after whose manner a film is coloured, by what the first frame of each scene has taught."""

from __future__ import annotations

from functools import cached_property

from handtint import files, manner
from handtint.errors import OptionError
from handtint.image.arrays.resize import GuidedCoefficients
from handtint.image.color import likeness
from handtint.image.color.likeness import Shifts, View
from handtint.image.photo import Photo
from handtint.networks import Networks
from handtint.options import Options
from handtint.pipeline import Stages
from handtint.types import Pixels, Segmentation


class Reference:
    """The photograph that the options name, or none."""

    def __init__(self, options: Options, networks: Networks) -> None:
        """Read it. Raises InputError, OptionError for one without colours."""
        self._gain, self._stages = options.gain, None
        if options.reference and options.colors == "predicted":
            self._stages = Stages(Photo.read(options.reference), networks)
            if self._stages.kind == "gray":
                raise OptionError(f"reference: {files.one_line(options.reference)} has no colours of its own")

    @property
    def is_given(self) -> bool:
        """Whether there is one."""
        return self._stages is not None

    @cached_property
    def _view(self) -> View:
        assert self._stages  # noqa: S101  # nosec B101
        return manner.colored(self._stages.pixels, self._stages.segmentation(self._gain))

    def shifts(self, colors: GuidedCoefficients, pixels: Pixels, segmentation: Segmentation) -> Shifts:
        """How the colours predicted for a frame differ from the photograph's, kind of thing by kind."""
        return likeness.learned(manner.predicted(colors, pixels, segmentation), self._view)
