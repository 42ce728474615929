"""Known colours propagated over a picture: to similar and nearby pixels, but not across edges.

The difference between the known and the predicted colours is modelled as a Gaussian process over the picture (kriging).
The similarity of two pixels is exp(-distance); the distance combines the networks' features, lightness, predicted
colour, position, and the shortest path between the pixels. A difference is the sum of one that the whole photo shares,
one that similar pixels share, and two that are proportional to the predicted colour, as complex numbers: predictions
that are too pale or of a wrong hue at one point are so at others. The posterior mean is nearly exact at the known
points, extends over similar pixels, and approaches the prediction elsewhere. The weights were fitted to photographs
with known colours, so that the differences of some pixels predict those of others.

Sources: Rasmussen and Williams 2006 (Gaussian Processes for Machine Learning), chapter 2; the aim is that of Levin,
Lischinski and Weiss 2004 (Colorization using Optimization).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np

from handtint.image.arrays import paths, resize
from handtint.image.arrays.layers import limiting_factor
from handtint.types import Array, Float, Segmentation

WEIGHTS = {  # of the squared distances in each map, and of the length of the path
    "features": 0.093,
    "classes": 0.58,
    "foreground": 0.76,
    "L": 2.48,
    "smooth L": 5.94,
    "ab": 1.365,
    "position": 0.048,
    "path": 0.146,
    "face": 1.0,
}
# Variance of the difference that all pixels share, and of the one that similar pixels share;
SHARED_VARIANCE, SIMILAR_VARIANCE = 0.064, 0.352
# the same for differences proportional to the predicted colour divided by UNIT.
SHARED_GAIN, SIMILAR_GAIN = 1.48, 0.70
UNIT = 40.0  # a*b*
NOISE = 0.016  # variance of the difference of a single point
USUAL_LENGTH = (20.0, 40.0)  # a*b*: up to the first, a difference is usual; from the second on, it is unusual
STEP_COSTS = (0.15, 0.004)  # on a path: per unit of change of the features, and per step
FREE_STEP = 0.01  # on a path: change of L, 0..1, between neighbouring cells that has no cost
SAME_RANGE = (0.4, 0.75)  # similarity from another object to the same one
MAX_LENGTH = 30.0  # a*b*: longer differences have less influence on other pixels (Hampel 1974)
MIN_DISTANCE = 0.01  # regularizes the weights of points by distance; a nearer point decides alone
# Similarity below which a pixel is not part of a point's object, for usual and for unusual differences.
OBJECT_SIMILARITY = (0.15, 0.4)
FACE_EDGE = 5.0  # sharpness of the boundary of a face, an ellipse in its box
MIN_LIMIT = 2.0  # a*b*: the limit of differences outside of the objects
LIMIT_SLOPE = 200.0  # a*b*: increase of the limit per unit of similarity above OBJECT_SIMILARITY

Position = tuple[float, float]  # x, y as shares of the photo's width and height


@dataclass(frozen=True)
class Scene:
    """The data by which pixels are compared. L: L* (h, w) 0..100. ab: the predicted a*b* (h, w, 2)."""

    L: Float
    ab: Float
    segmentation: Segmentation

    @cached_property
    def maps(self) -> dict[str, Float]:
        """The maps (h', w', k) that are compared, of several sizes; each covers the whole picture."""
        features = np.asarray(self.segmentation.features, np.float32)
        deviation = features.std(axis=(1, 2), keepdims=True) + np.float32(1e-3)
        centred: Float = (features - features.mean(axis=(1, 2), keepdims=True)) / deviation
        unit = centred / np.maximum(np.linalg.norm(centred, axis=0), np.float32(1e-6))
        h, w = self.L.shape
        rows, columns = np.mgrid[0:h, 0:w].astype(np.float32)
        smooth = cv2.GaussianBlur(self.L, (0, 0), max(h, w) / 75)
        maps = {
            "features": np.moveaxis(unit, 0, -1),
            "foreground": self.segmentation.foreground[..., None],
            "L": self.L[..., None] / np.float32(100),
            "smooth L": smooth[..., None] / np.float32(100),
            "ab": self.ab / np.float32(40),
            "face": _faces((h, w), self.segmentation.faces),
            "position": np.dstack([(columns + np.float32(0.5)) / w, (rows + np.float32(0.5)) / h]),
        }
        if self.segmentation.classes is not None:
            maps["classes"] = np.sqrt(np.maximum(np.moveaxis(self.segmentation.classes, 0, -1), 0))
        return maps

    def distances(self, positions: Sequence[Position]) -> tuple[Float, Float]:
        """Weighted distances (n, n) between the positions, and (n, h, w) from each of them to every pixel."""
        between = np.zeros((len(positions), len(positions)), np.float32)
        to_pixels = np.zeros((len(positions), *self.L.shape), np.float32)
        for map_ in self._weighted:
            samples = _sample(map_, positions)
            between += _squares(samples, samples)
            to_pixels += _distances(map_, samples, self.L.shape)
        path_costs = self._paths(positions) * np.float32(WEIGHTS["path"])
        at_positions = _sample(np.moveaxis(path_costs, 0, -1), positions)
        to_pixels += np.stack([resize.shrink(plane, self.L.shape) for plane in path_costs])
        return between + (at_positions + at_positions.T) * np.float32(0.5), to_pixels

    @cached_property
    def _weighted(self) -> list[Float]:
        """The maps scaled by the roots of their weights; those of one size are concatenated."""
        sizes: dict[tuple[int, ...], list[Float]] = {}
        for kind, map_ in self.maps.items():
            sizes.setdefault(map_.shape[:2], []).append(map_ * np.float32(WEIGHTS[kind] ** 0.5))
        return [np.ascontiguousarray(np.concatenate(maps, axis=2)) for maps in sizes.values()]

    def _paths(self, positions: Sequence[Position]) -> Float:
        """(n, h', w'): the costs of the shortest paths from each position to every cell of the features."""
        features = self.maps["features"]
        size = features.shape[:2]
        L, ab = (resize.shrink(self.maps[kind], size).reshape(*size, -1) for kind in ("smooth L", "ab"))

        def steps(axis: int) -> Float:
            by_L, by_ab, by_features = (np.linalg.norm(np.diff(x, axis=axis), axis=2) for x in (L, ab, features))
            changes = np.maximum(by_L - FREE_STEP, 0) + by_ab / 2
            return np.asarray(changes + by_features * STEP_COSTS[0] + STEP_COSTS[1], np.float32)

        cells = [(min(int(y * size[0]), size[0] - 1), min(int(x * size[1]), size[1] - 1)) for x, y in positions]
        return paths.shortest_path_costs(steps(1), steps(0), cells)


class Spread(NamedTuple):
    """Differences (h, w, 2) float32 of a*b*, and the limit of their length, (h, w)."""

    values: Float
    limit: Float


def spread(scene: Scene, positions: Sequence[Position], differences: Float, objects: Float) -> Spread:
    """Differences of a*b* (n, 2) known at positions, propagated over the whole scene.

    objects: (n, h', w') 0..1, the mask of the object at each position. A usual difference affects all similar pixels,
    and dissimilar ones by at most MIN_LIMIT. An unusual one affects only the similar pixels of its object, but these
    fully: if a coat was blue, all of it was, but that says nothing about its wearer.
    """
    between, to_pixels = scene.distances(positions)
    similarity = np.exp(-to_pixels)
    lengths = np.linalg.norm(differences, axis=1, keepdims=True)
    unusual = _smoothstep(lengths, *USUAL_LENGTH)
    size = scene.L.shape[0], scene.L.shape[1]
    outside = 1 - np.stack([resize.shrink(mask, size) for mask in objects])
    reach = similarity * (1 - unusual[..., None] * outside)
    threshold = (OBJECT_SIMILARITY[0] + (OBJECT_SIMILARITY[1] - OBJECT_SIMILARITY[0]) * unusual)[..., None]
    limit = (MIN_LIMIT * (1 - unusual[..., None]) + LIMIT_SLOPE * np.maximum(reach - threshold, 0)).max(axis=0)
    bounded = differences * np.minimum(1, MAX_LENGTH / np.maximum(lengths, np.float32(1e-6))) ** 2
    predicted = _kriging(scene.ab, positions, bounded, np.exp(-between), similarity)
    if unusual.any():
        proximity = similarity**2 / (to_pixels + np.float32(MIN_DISTANCE))
        is_same = _smoothstep(reach.max(axis=0), *SAME_RANGE)
        predicted = _with_unusual(predicted, differences, unusual, proximity, is_same)
    return Spread(predicted * limiting_factor(predicted[..., 0], predicted[..., 1], limit)[..., None], limit)


def _kriging(ab: Float, positions: Sequence[Position], values: Float, between: Float, similarity: Float) -> Float:
    """Values (n, 2) at positions interpolated to all pixels, nearly exactly at the positions.

    ab: predicted, (h, w, 2). between: similarity (n, n) of positions. similarity: (n, h, w) of pixels to positions.
    Negative eigenvalues, which can occur because of the paths, count as 0.
    """
    color, point_colors = _complex(ab) / UNIT, _complex(_sample(ab, positions)) / UNIT
    gain = (SHARED_GAIN + SIMILAR_GAIN * between) * np.outer(point_colors, point_colors.conj())
    covariance = SHARED_VARIANCE + SIMILAR_VARIANCE * between + gain
    variances, axes = np.linalg.eigh(covariance)
    weights = axes @ ((axes.conj().T @ _complex(values)) / (np.maximum(variances, 0) + NOISE))
    gains = weights * point_colors.conj()
    similar, similar_gain = (_weighted_sum(x, similarity) for x in (weights, gains))
    gained = SHARED_GAIN * gains.sum() + SIMILAR_GAIN * similar_gain
    total = SHARED_VARIANCE * weights.sum() + SIMILAR_VARIANCE * similar + color * gained
    return np.dstack([total.real, total.imag]).astype(np.float32)


def _with_unusual(predicted: Float, values: Float, unusual: Float, proximity: Float, is_same: Float) -> Float:
    """The predicted differences (h, w, 2), replaced by unusual values (n, 2) where `is_same` (h, w) is 1.

    Several values are weighted by their proximity (n, h, w) (Shepard 1968).
    """
    weights = is_same / np.maximum(proximity.sum(axis=0), np.float32(1e-12))
    shared = np.tensordot(proximity, np.concatenate([values * unusual, unusual], axis=1), (0, 0)) * weights[..., None]
    return np.asarray(predicted * (1 - shared[..., 2:]) + shared[..., :2], np.float32)


def _smoothstep(values: Float, low: float, high: float) -> Float:
    """0 up to low, 1 from high on, and smooth in between."""
    t = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def _faces(size: tuple[int, int], boxes: Sequence[tuple[float, float, float, float]]) -> Float:
    """(h, w, 1): 1 in faces, 0 elsewhere; an ellipse in each box (left, top, right, bottom), relative to the sides."""
    rows, columns = ((np.arange(n, dtype=np.float32) + np.float32(0.5)) / n for n in size)
    mask = np.zeros(size, np.float32)
    for left, top, right, bottom in boxes:
        y = (rows - (top + bottom) / 2) / max((bottom - top) / 2, 1e-6)
        x = (columns - (left + right) / 2) / max((right - left) / 2, 1e-6)
        radius = np.sqrt(y[:, None] ** 2 + x[None] ** 2)
        mask = np.maximum(mask, np.clip(1 + FACE_EDGE * (1 - radius), 0, 1))
    return mask[..., None].astype(np.float32)


def _complex(ab: Float) -> Array:
    """a*b* (..., 2) as a* + i b*."""
    return ab[..., 0] + 1j * ab[..., 1]


def _weighted_sum(weights: Array, maps: Float) -> Array:
    """The sum (h, w) of maps (n, h, w) times complex weights (n,)."""
    parts = np.stack([weights.real, weights.imag]).astype(np.float32)
    real, imaginary = np.tensordot(parts, maps, (1, 0))
    return np.asarray(real + 1j * imaginary)


def _sample(values: Float, positions: Sequence[Position]) -> Float:
    """The k values (n, k) of a map (h, w, k) at positions, interpolated bilinearly."""
    h, w = values.shape[:2]
    rows = np.clip(np.array([y for _, y in positions], np.float32) * h - np.float32(0.5), 0, h - 1)
    columns = np.clip(np.array([x for x, _ in positions], np.float32) * w - np.float32(0.5), 0, w - 1)
    top, left = rows.astype(int), columns.astype(int)
    bottom, right = np.minimum(top + 1, h - 1), np.minimum(left + 1, w - 1)
    down, across = (rows - top)[:, None], (columns - left)[:, None]
    above = values[top, left] * (1 - across) + values[top, right] * across
    below = values[bottom, left] * (1 - across) + values[bottom, right] * across
    return np.asarray(above * (1 - down) + below * down, np.float32)


def _squares(first: Float, second: Float) -> Float:
    """Squared distances (n, m) of vectors (n, k) and (m, k)."""
    products = first @ second.T
    return np.maximum((first**2).sum(1)[:, None] + (second**2).sum(1)[None] - 2 * products, 0)


def _distances(values: Float, vectors: Float, size: tuple[int, int]) -> Float:
    """Squared distances (n, h, w) of vectors (n, k) to those of a map (h', w', k), resized to (h, w)."""
    maps = _squares(vectors, values.reshape(-1, values.shape[2])).reshape(len(vectors), *values.shape[:2])
    return maps if maps.shape[1:] == size else np.stack([resize.shrink(plane, size) for plane in maps])
