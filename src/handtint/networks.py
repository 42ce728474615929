"""A pair of networks by their names in the catalogue, each loaded when first needed."""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any

from handtint import zoo
from handtint.colorizer import colorize
from handtint.image.arrays.resize import GuidedCoefficients
from handtint.segmenter import segment
from handtint.types import Engine, Pixels, Segmentation


class Networks:
    """A pair of networks, each loaded when first needed."""

    def __init__(self, color: str, mask: str, *, threads: int = 0) -> None:
        """Choose them by their names in the catalogue; threads 0 means one a core. Raises OptionError."""
        self._names = color, mask
        self.color, self.mask = zoo.find(color, "color"), zoo.find(mask, "mask")
        self.threads = threads

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied and pickled by name: networks that are loaded stay behind, and are loaded anew where needed."""
        return partial(Networks, threads=self.threads), self._names

    @cached_property
    def _color_engine(self) -> Engine:
        return self.color.engine(threads=self.threads)

    @cached_property
    def _mask_engine(self) -> Engine:
        return self.mask.engine(threads=self.threads)

    def colors(self, pixels: Pixels, gain: float | None) -> GuidedCoefficients:
        """The colours predicted for pixels (H, W) or (H, W, 3) under a gain. Raises WeightsError."""
        model = self.color
        return colorize(
            pixels,
            self._color_engine,
            side=model.side,
            gain=gain,
            square=model.square,
            interface=model.interface,
        )

    def segment(self, pixels: Pixels, gain: float | None) -> Segmentation:
        """Classes and foreground of pixels (H, W) or (H, W, 3) under a gain. Raises WeightsError."""
        return segment(pixels, self._mask_engine, side=self.mask.side, gain=gain, kind=self.mask.kind)
