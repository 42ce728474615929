"""Photos resized to network size, and chroma and alpha enlarged to photo size with the edges of L.

They are enlarged by the fast guided filter (He and Sun 2015): at network size, a linear model from lightness to the
value is fitted in each neighbourhood. Its two coefficients are smooth, so they can be enlarged without loss and applied
to the full-size lightness; the result has the edges of the lightness.
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
    """An image (H, W) or (H, W, c) resized to (h, w): by area averages if it gets smaller, else bilinearly."""
    smaller = size[0] * size[1] < image.shape[0] * image.shape[1]
    interpolation = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    if image.nbytes >= large.LARGE:  # resize the width first, strip by strip, to save memory
        narrow = np.empty((image.shape[0], size[1], *image.shape[2:]), image.dtype)
        width_interpolation = cv2.INTER_AREA if size[1] < image.shape[1] else cv2.INTER_LINEAR
        image = large.by_rows(lambda rows: _resize_width(rows, size[1], width_interpolation), (image,), narrow)
    return cv2.resize(np.ascontiguousarray(image), size[::-1], interpolation=interpolation)


def _resize_width(rows: Array, width: int, interpolation: int) -> Array:
    narrow = cv2.resize(np.ascontiguousarray(rows), (width, len(rows)), interpolation=interpolation)
    return narrow.reshape(len(rows), width, *rows.shape[2:])


def pad(L: Float) -> Float:
    """(h, w) -> (1, 1, h', w') with sides that are multiples of STRIDE, edges repeated."""
    h, w = L.shape
    return np.pad(L, ((0, -h % STRIDE), (0, -w % STRIDE)), mode="edge")[None, None]


class Planes(Protocol):
    """Values for all pixels of a photo of any size, computed strip by strip from its lightness."""

    def planes(self, L: Float, top: int, height: int, columns: slice = slice(None)) -> list[Float]:
        """The k values, each (n, w), in some columns of rows top..top+n of a photo of that height; L (n, W) in 0..1."""
        ...


@dataclass(frozen=True, slots=True)
class GuidedCoefficients:
    """value = slope * L + offset, each (h, w, k) float32, k values per pixel, L in 0..1."""

    slope: Float
    offset: Float

    def planes(self, L: Float, top: int, height: int, columns: slice = slice(None)) -> list[Float]:
        """The k values, each (n, w), in some columns of rows top..top+n of a photo of that height; L (n, W) in 0..1."""
        slopes, offsets = (_enlarged_planes(maps, top, height, L.shape) for maps in (self.slope, self.offset))
        L = L[:, columns]
        pairs = zip(slopes, offsets, strict=True)
        return [_multiply_add(slope[:, columns], L, offset[:, columns]) for slope, offset in pairs]

    def plus(self, other: GuidedCoefficients) -> GuidedCoefficients:
        """The sum of these coefficients and others, which are enlarged to the size of these."""
        size = self.slope.shape[0], self.slope.shape[1]
        other = other if other.slope.shape[:2] == size else other.enlarged(size)
        return GuidedCoefficients(self.slope + other.slope, self.offset + other.offset)

    def enlarged(self, size: tuple[int, int]) -> GuidedCoefficients:
        """The same coefficients, enlarged to (h, w)."""
        return GuidedCoefficients(*(_enlarge(maps, 0, size[0], *size) for maps in (self.slope, self.offset)))


def _multiply_add(slope: Float, L: Float, offset: Float) -> Float:
    """slope * L + offset, computed in the memory of the slope."""
    np.multiply(slope, L, out=slope)
    np.add(slope, offset, out=slope)
    return slope


def _enlarged_planes(maps: Float, top: int, height: int, size: tuple[int, ...]) -> list[Float]:
    """The same as `_enlarge` to size (n, width), as c separate planes, which are faster to process."""
    rows = _rows(maps, top, size[0], height)
    return [cv2.resize(rows[..., i], size[::-1], interpolation=cv2.INTER_LINEAR) for i in range(maps.shape[2])]


def enlarged_rows(map_: Float, top: int, height: int, size: tuple[int, ...]) -> Float:
    """Rows top..top+n of a map (h, w) enlarged bilinearly to (height, width); size: (n, width)."""
    return _enlarged_planes(map_[..., None], top, height, size)[0]


def _enlarge(maps: Float, top: int, n: int, height: int, width: int) -> Float:
    """Rows top..top+n of maps (h, w, c) enlarged bilinearly to (height, width)."""
    return cv2.resize(_rows(maps, top, n, height), (width, n), interpolation=cv2.INTER_LINEAR)


def _rows(maps: Float, top: int, n: int, height: int) -> Float:
    """Rows top..top+n of maps (h, w, c) enlarged bilinearly to that height."""
    h = maps.shape[0]
    y = np.clip((np.arange(top, top + n, dtype=np.float32) + 0.5) * (h / height) - 0.5, 0, h - 1)
    above = y.astype(np.int32)
    fraction = (y - above)[:, None, None].astype(np.float32)
    return maps[above] * (1 - fraction) + maps[np.minimum(above + 1, h - 1)] * fraction


def guided_coefficients(guide: Float, values: Float, *, radius: int, epsilon: float) -> GuidedCoefficients:
    """The coefficients of the guided filter: guide (h, w) L in 0..1, values (h, w, k), windows of 2 * radius + 1."""

    def mean(x: Array) -> Array:
        return cv2.blur(x, (2 * radius + 1, 2 * radius + 1), borderType=cv2.BORDER_REFLECT).reshape(x.shape)

    g = guide[..., None]
    mean_g, mean_v = mean(g), mean(values)
    variance = mean(g * g) - mean_g * mean_g
    slope = (mean(g * values) - mean_g * mean_v) / (variance + np.float32(epsilon))
    return GuidedCoefficients(mean(slope), mean(mean_v - slope * mean_g))
