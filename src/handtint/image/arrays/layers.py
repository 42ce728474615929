"""Values laid over others, through masks of full size or up to a limit; outside of a mask, what is below is exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handtint.image.arrays import resize
from handtint.image.arrays.resize import Planes
from handtint.types import Alpha, Float


@dataclass(frozen=True, slots=True)
class Layer:
    """Values, and where they count: alpha (H, W) uint8 of the photo's size, or of any other with the same aspect."""

    alpha: Alpha
    values: Planes


class Layers:
    """Values of the lowest layer, which is everywhere, with others over it, one after the other; itself `Planes`."""

    def __init__(self, lowest: Planes, over: Sequence[Layer]) -> None:
        self._lowest, self._over = lowest, tuple(over)
        self._fitted: dict[tuple[int, tuple[int, int]], Alpha] = {}

    @property
    def nbytes(self) -> int:
        """Bytes of the masks."""
        return sum(layer.alpha.nbytes for layer in self._over) + sum(alpha.nbytes for alpha in self._fitted.values())

    def planes(self, L: Float, top: int, height: int, columns: slice = slice(None)) -> list[Float]:
        """As `GuidedCoefficients.planes`, for a photo of any size: the alphas are brought to it."""
        found = self._lowest.planes(L, top, height, columns)
        for n, layer in enumerate(self._over):
            alpha = self._alpha(n, (height, L.shape[1]))[top : top + len(L), columns]
            if alpha.any():
                share = alpha * np.float32(1 / 255)
                over = layer.values.planes(L, top, height, columns)
                found = [low + (high - low) * share for low, high in zip(found, over, strict=True)]
        return found

    def _alpha(self, n: int, size: tuple[int, int]) -> Alpha:
        """The alpha of a layer at a size, kept, since a photo asks for it strip by strip."""
        alpha = self._over[n].alpha
        if alpha.shape == size:
            return alpha
        if (n, size) not in self._fitted:
            self._fitted[n, size] = resize.shrink(alpha, size)
        return self._fitted[n, size]


@dataclass(frozen=True, slots=True)
class Bounded:
    """The two values of `below` with those of `added`, these together (their length) nowhere more than limit (h, w)."""

    below: Planes
    added: Planes
    limit: Float

    def planes(self, L: Float, top: int, height: int, columns: slice = slice(None)) -> list[Float]:
        """As `GuidedCoefficients.planes`, for a photo of any size."""
        found, added = (lines.planes(L, top, height, columns) for lines in (self.below, self.added))
        limit = resize.stretched(self.limit, top, height, L.shape)[:, columns]
        share = within(added[0], added[1], limit)
        return [low + plane * share for low, plane in zip(found, added, strict=True)]


def within(a: Float, b: Float, limit: Float) -> Float:
    """The share, 0..1, of two values that together are no longer than a limit; all of one shape."""
    return np.asarray(np.minimum(1, limit / np.maximum(np.hypot(a, b), np.float32(1e-6))), np.float32)
