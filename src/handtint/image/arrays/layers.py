"""Layers of values over others, through masks or up to a limit; outside of a mask, the values below are unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handtint.image.arrays import resize
from handtint.image.arrays.resize import Planes
from handtint.types import Alpha, Float


@dataclass(frozen=True, slots=True)
class Layer:
    """Values with a mask: alpha (H, W) uint8 of the photo's size, or of any other size with the same aspect ratio."""

    alpha: Alpha
    values: Planes


class Layers:
    """`Planes` of a base that covers the whole photo, with layers blended over it, one after the other."""

    def __init__(self, base: Planes, layers: Sequence[Layer]) -> None:
        self._base, self._layers = base, tuple(layers)
        self._resized: dict[tuple[int, tuple[int, int]], Alpha] = {}

    @property
    def nbytes(self) -> int:
        """Bytes of the masks."""
        return sum(layer.alpha.nbytes for layer in self._layers) + sum(alpha.nbytes for alpha in self._resized.values())

    def planes(self, L: Float, top: int, height: int, columns: slice = slice(None)) -> list[Float]:
        """The same as `GuidedCoefficients.planes`; the alphas are resized to the photo."""
        planes = self._base.planes(L, top, height, columns)
        for index, layer in enumerate(self._layers):
            alpha = self._alpha(index, (height, L.shape[1]))[top : top + len(L), columns]
            if alpha.any():
                weight = alpha * np.float32(1 / 255)
                values = layer.values.planes(L, top, height, columns)
                planes = [below + (above - below) * weight for below, above in zip(planes, values, strict=True)]
        return planes

    def _alpha(self, index: int, size: tuple[int, int]) -> Alpha:
        """The alpha of a layer at a size, cached, since it is needed for each strip of a photo."""
        alpha = self._layers[index].alpha
        if alpha.shape == size:
            return alpha
        if (index, size) not in self._resized:
            self._resized[index, size] = resize.shrink(alpha, size)
        return self._resized[index, size]


@dataclass(frozen=True, slots=True)
class LimitedSum:
    """The sum of the two values of `below` and of `added`; the length of the added vector is at most limit (h, w)."""

    below: Planes
    added: Planes
    limit: Float

    def planes(self, L: Float, top: int, height: int, columns: slice = slice(None)) -> list[Float]:
        """The same as `GuidedCoefficients.planes`; the limit is resized to the photo."""
        base, added = (coefficients.planes(L, top, height, columns) for coefficients in (self.below, self.added))
        limit = resize.enlarged_rows(self.limit, top, height, L.shape)[:, columns]
        factor = limiting_factor(added[0], added[1], limit)
        return [below + plane * factor for below, plane in zip(base, added, strict=True)]


def limiting_factor(a: Float, b: Float, limit: Float) -> Float:
    """The factor, 0..1, that shortens vectors (a, b) to a limit; all arrays have one shape."""
    return np.asarray(np.minimum(1, limit / np.maximum(np.hypot(a, b), np.float32(1e-6))), np.float32)
