"""The reference photograph of a film: its colours are transferred by shifts learned in each scene's first frame."""

from __future__ import annotations

from functools import cached_property

from handtint import color_transfer, files
from handtint.errors import OptionError
from handtint.image.arrays.resize import GuidedCoefficients
from handtint.image.color import transfer
from handtint.image.color.transfer import ColorShifts, View
from handtint.image.photo import Photo
from handtint.networks import Networks
from handtint.options import Options
from handtint.stages import Stages
from handtint.types import Pixels, Segmentation


class Reference:
    """The reference in the options, if there is one."""

    def __init__(self, options: Options, networks: Networks) -> None:
        """Read the reference. Raises InputError, and OptionError for one without colours."""
        self._gain, self._stages = options.gain, None
        if options.reference and options.colors == "predicted":
            self._stages = Stages(Photo.read(options.reference), networks)
            if self._stages.kind == "gray":
                raise OptionError(f"reference: {files.one_line(options.reference)} has no colours of its own")

    @property
    def is_given(self) -> bool:
        """Whether the options name a reference."""
        return self._stages is not None

    @cached_property
    def _view(self) -> View:
        assert self._stages  # noqa: S101  # nosec B101
        return color_transfer.colored_view(self._stages.pixels, self._stages.segmentation(self._gain))

    def shifts(self, colors: GuidedCoefficients, pixels: Pixels, segmentation: Segmentation) -> ColorShifts:
        """The shifts from the predicted colours of a frame to those of the reference, for each cluster."""
        return transfer.learn_shifts(color_transfer.predicted_view(colors, pixels, segmentation), self._view)
