"""Photo size <-> network size, and chroma and alpha brought back to full size by L.

The way back is the fast guided filter (He and Sun 2015): at a small size, each neighbourhood's best line from
lightness to the wanted value is found; its two coefficients are smooth, so they can be enlarged without loss and
applied to the full-size lightness, whose edges the result then has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from handtint.image.arrays import large
from handtint.types import Array, Float

STRIDE = 32  # the networks' input sides are multiples of it


def fit(size: tuple[int, int], side: int) -> tuple[int, int]:
    """(h, w) of the same aspect and about side * side pixels, both multiples of 4 and at most 16 * side."""
    scale = side / (size[0] * size[1]) ** 0.5
    h, w = (min(max(4, 4 * round(s * scale / 4)), 16 * side) for s in size)
    return h, w


def shrink(image: Array, size: tuple[int, int]) -> Array:
    """An image (H, W) or (H, W, c) at (h, w), averaging where it gets smaller."""
    smaller = size[0] * size[1] < image.shape[0] * image.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    if image.nbytes >= large.LARGE:  # first narrower, so that no more than some rows are in memory
        narrow = np.empty((image.shape[0], size[1], *image.shape[2:]), image.dtype)
        across = cv2.INTER_AREA if size[1] < image.shape[1] else cv2.INTER_LINEAR
        image = large.by_rows(lambda rows: _across(rows, size[1], across), (image,), narrow)
    return cv2.resize(np.ascontiguousarray(image), size[::-1], interpolation=how)


def _across(rows: Array, width: int, how: int) -> Array:
    narrow = cv2.resize(np.ascontiguousarray(rows), (width, len(rows)), interpolation=how)
    return narrow.reshape(len(rows), width, *rows.shape[2:])


def pad(L: Float) -> Float:
    """(h, w) -> (1, 1, h', w') with sides that are multiples of STRIDE, edges repeated."""
    h, w = L.shape
    return np.pad(L, ((0, -h % STRIDE), (0, -w % STRIDE)), mode="edge")[None, None]


class Planes(Protocol):
    """Values for every pixel of a photo of any size, made strip by strip from its lightness."""

    def planes(self, L: Float, top: int, height: int, columns: slice = slice(None)) -> list[Float]:
        """The k values, each (n, w), in some columns of rows top..top+n of a photo of that height; L (n, W) in 0..1."""
        ...


@dataclass(frozen=True, slots=True)
class GuidedCoefficients:
    """value = slope * L + offset, each (h, w, k) float32, k values a pixel, L in 0..1."""

    slope: Float
    offset: Float

    def planes(self, L: Float, top: int, height: int, columns: slice = slice(None)) -> list[Float]:
        """The k values, each (n, w), in some columns of rows top..top+n of a photo of that height; L (n, W) in 0..1."""
        slopes, offsets = (_stretched_planes(maps, top, height, L.shape) for maps in (self.slope, self.offset))
        L = L[:, columns]
        return [_line(slope[:, columns], L, offset[:, columns]) for slope, offset in zip(slopes, offsets, strict=True)]

    def plus(self, added: GuidedCoefficients) -> GuidedCoefficients:
        """The sum of these lines and others, whose maps are brought to the size of these."""
        size = self.slope.shape[0], self.slope.shape[1]
        added = added if added.slope.shape[:2] == size else added.enlarged(size)
        return GuidedCoefficients(self.slope + added.slope, self.offset + added.offset)

    def enlarged(self, size: tuple[int, int]) -> GuidedCoefficients:
        """The same lines as maps of a larger (h, w)."""
        return GuidedCoefficients(*(_stretch(maps, 0, size[0], *size) for maps in (self.slope, self.offset)))


def _line(slope: Float, L: Float, offset: Float) -> Float:
    """slope * L + offset, in the place of the slope."""
    np.multiply(slope, L, out=slope)
    np.add(slope, offset, out=slope)
    return slope


def _stretched_planes(maps: Float, top: int, height: int, size: tuple[int, ...]) -> list[Float]:
    """The same as `_stretch` to size (n, width), each of the c maps a plane of its own: faster to work with."""
    rows = _rows(maps, top, size[0], height)
    return [cv2.resize(rows[..., i], size[::-1], interpolation=cv2.INTER_LINEAR) for i in range(maps.shape[2])]


def stretched(map_: Float, top: int, height: int, size: tuple[int, ...]) -> Float:
    """Rows top..top+n of a map (h, w) enlarged bilinearly to (height, width); size: (n, width)."""
    return _stretched_planes(map_[..., None], top, height, size)[0]


def _stretch(maps: Float, top: int, n: int, height: int, width: int) -> Float:
    """Rows top..top+n of maps (h, w, c) enlarged bilinearly to (height, width)."""
    return cv2.resize(_rows(maps, top, n, height), (width, n), interpolation=cv2.INTER_LINEAR)


def _rows(maps: Float, top: int, n: int, height: int) -> Float:
    """Rows top..top+n of maps (h, w, c) enlarged bilinearly to that height."""
    h = maps.shape[0]
    y = np.clip((np.arange(top, top + n, dtype=np.float32) + 0.5) * (h / height) - 0.5, 0, h - 1)
    above = y.astype(np.int32)
    share = (y - above)[:, None, None].astype(np.float32)
    return maps[above] * (1 - share) + maps[np.minimum(above + 1, h - 1)] * share


def guided_coefficients(guide: Float, values: Float, *, radius: int, epsilon: float) -> GuidedCoefficients:
    """The lines of the guided filter: guide (h, w) L in 0..1, values (h, w, k), windows of 2 * radius + 1."""

    def mean(x: Array) -> Array:
        return cv2.blur(x, (2 * radius + 1, 2 * radius + 1), borderType=cv2.BORDER_REFLECT).reshape(x.shape)

    g = guide[..., None]
    mean_g, mean_v = mean(g), mean(values)
    variance = mean(g * g) - mean_g * mean_g
    slope = (mean(g * values) - mean_g * mean_v) / (variance + np.float32(epsilon))
    return GuidedCoefficients(mean(slope), mean(mean_v - slope * mean_g))
