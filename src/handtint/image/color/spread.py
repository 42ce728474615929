"""Known colours spread over a picture: to what looks alike, what is near, and not across edges.

The difference between the colours known at some points and those predicted there is taken for a Gaussian process over
the picture (kriging). Two pixels are as alike as an exponential of how far apart they are in what the networks see
there, in lightness, in predicted colour, in place, and on the way from one to the other. A difference is the sum of one
that the whole photo has, one that alike pixels have, and two in proportion to the predicted colour, as complex numbers:
predictions that are too pale or turned in hue at one place are so at others. The mean given the points is nearly exact
at the points, goes on over what is alike, and fades to the prediction where nothing is known. The weights were fitted
to photographs with known colours by how well some pixels' differences predict those of others.

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
from handtint.image.arrays.layers import within
from handtint.types import Array, Float, Segmentation

WEIGHTS = {  # of each kind of squared distance, and of the length of the way
    "features": 0.093,
    "classes": 0.58,
    "front": 0.76,
    "L": 2.48,
    "soft": 5.94,
    "ab": 1.365,
    "place": 0.048,
    "path": 0.146,
    "face": 1.0,
}
EVERYWHERE, ALIKE = 0.064, 0.352  # covariance of differences that any two pixels share, and alike ones
GAIN, GAIN_ALIKE = 1.48, 0.70  # the same of differences in proportion to predicted colours, these in units of UNIT
UNIT = 40.0  # a*b*
NOISE = 0.016  # variance of what a point has alone
USUAL = (20.0, 40.0)  # a*b*: a prediction misses the truth by less at most places, and by more at very few
STEPS = (0.15, 0.004)  # what a cell's change of features costs on a path, and a step itself
GRAIN = 0.01  # of L in 0..1: a change from cell to cell that costs nothing
SAME_RANGE = (0.4, 0.75)  # likeness from another thing to the very same
MOST = 30.0  # a*b*: the larger a difference is beyond it, the less it tells of what is only alike (Hampel 1974)
CLOSE = 0.01  # how near in likeness a point decides alone
THING = (0.15, 0.4)  # likeness below which a pixel is no part of a point's thing, for usual and unusual differences
FACE_EDGE = 5.0  # how sharply a face ends at the ellipse in its box
ELSEWHERE = 2.0  # a*b*: by how much a pixel of no such thing may change
ROOM = 200.0  # a*b*: by how much more, for each unit of likeness above THING

Spot = tuple[float, float]  # x, y as shares of the photo's width and height


@dataclass(frozen=True)
class Scene:
    """What a picture looks like, pixel by pixel. L: L* (h, w) 0..100. ab: the predicted a*b* (h, w, 2)."""

    L: Float
    ab: Float
    segmentation: Segmentation

    @cached_property
    def kinds(self) -> dict[str, Float]:
        """What is compared: maps (h', w', k), each over the whole picture, of whatever size."""
        features = np.asarray(self.segmentation.features, np.float32)
        spread = features.std(axis=(1, 2), keepdims=True) + np.float32(1e-3)
        centred: Float = (features - features.mean(axis=(1, 2), keepdims=True)) / spread
        unit = centred / np.maximum(np.linalg.norm(centred, axis=0), np.float32(1e-6))
        h, w = self.L.shape
        rows, columns = np.mgrid[0:h, 0:w].astype(np.float32)
        soft = cv2.GaussianBlur(self.L, (0, 0), max(h, w) / 75)
        found = {
            "features": np.moveaxis(unit, 0, -1),
            "front": self.segmentation.foreground[..., None],
            "L": self.L[..., None] / np.float32(100),
            "soft": soft[..., None] / np.float32(100),
            "ab": self.ab / np.float32(40),
            "face": _faces((h, w), self.segmentation.faces),
            "place": np.dstack([(columns + np.float32(0.5)) / w, (rows + np.float32(0.5)) / h]),
        }
        if self.segmentation.classes is not None:
            found["classes"] = np.sqrt(np.maximum(np.moveaxis(self.segmentation.classes, 0, -1), 0))
        return found

    def apart(self, spots: Sequence[Spot]) -> tuple[Float, Float]:
        """Weighted distances (n, n) of the spots from one another, and (n, h, w) of each from every pixel."""
        among = np.zeros((len(spots), len(spots)), np.float32)
        to_all = np.zeros((len(spots), *self.L.shape), np.float32)
        for map_ in self._weighted:
            at = _sampled(map_, spots)
            among += _squares(at, at)
            to_all += _distances(map_, at, self.L.shape)
        ways = self._paths(spots) * np.float32(WEIGHTS["path"])
        there = _sampled(np.moveaxis(ways, 0, -1), spots)
        to_all += np.stack([resize.shrink(plane, self.L.shape) for plane in ways])
        return among + (there + there.T) * np.float32(0.5), to_all

    @cached_property
    def _weighted(self) -> list[Float]:
        """The kinds of maps, those of one size side by side, of which squared distances are the weighted ones."""
        sizes: dict[tuple[int, ...], list[Float]] = {}
        for kind, map_ in self.kinds.items():
            sizes.setdefault(map_.shape[:2], []).append(map_ * np.float32(WEIGHTS[kind] ** 0.5))
        return [np.ascontiguousarray(np.concatenate(maps, axis=2)) for maps in sizes.values()]

    def _paths(self, spots: Sequence[Spot]) -> Float:
        """(n, h', w') how far it is from each spot over what changes, cell by cell."""
        features = self.kinds["features"]
        size = features.shape[:2]
        L, ab = (resize.shrink(self.kinds[kind], size).reshape(*size, -1) for kind in ("soft", "ab"))

        def steps(axis: int) -> Float:
            by_L, by_ab, by_features = (np.linalg.norm(np.diff(x, axis=axis), axis=2) for x in (L, ab, features))
            return np.asarray(np.maximum(by_L - GRAIN, 0) + by_ab / 2 + by_features * STEPS[0] + STEPS[1], np.float32)

        cells = [(min(int(y * size[0]), size[0] - 1), min(int(x * size[1]), size[1] - 1)) for x, y in spots]
        return paths.shortest(steps(1), steps(0), cells)


class Spread(NamedTuple):
    """Differences (h, w, 2) float32 of a*b*, and how long at most they may be, (h, w), ELSEWHERE away from things."""

    values: Float
    limit: Float


def spread(scene: Scene, spots: Sequence[Spot], differences: Float, things: Float) -> Spread:
    """Differences of a*b* (n, 2) known at spots, over the whole of a scene.

    things: (n, h', w') 0..1, the thing that each spot is on. A usual difference tells of all that looks alike, and may
    be up to ELSEWHERE where nothing does. An unusual one tells of the thing alone, as far as it looks alike, and of all
    of that: that a coat was blue tells that all of it was, but nothing of its wearer.
    """
    near, far = scene.apart(spots)
    likeness = np.exp(-far)
    length = np.linalg.norm(differences, axis=1, keepdims=True)
    unusual = _rising(length, *USUAL)
    size = scene.L.shape[0], scene.L.shape[1]
    away = 1 - np.stack([resize.shrink(thing, size) for thing in things])
    reached = likeness * (1 - unusual[..., None] * away)
    floor = (THING[0] + (THING[1] - THING[0]) * unusual)[..., None]
    limit = (ELSEWHERE * (1 - unusual[..., None]) + ROOM * np.maximum(reached - floor, 0)).max(axis=0)
    told = differences * np.minimum(1, MOST / np.maximum(length, np.float32(1e-6))) ** 2
    found = _interpolated(scene.ab, spots, told, np.exp(-near), likeness)
    if unusual.any():
        nearness = likeness**2 / (far + np.float32(CLOSE))
        found = _shared(found, differences, unusual, nearness, _rising(reached.max(axis=0), *SAME_RANGE))
    return Spread(found * within(found[..., 0], found[..., 1], limit)[..., None], limit)


def _interpolated(ab: Float, spots: Sequence[Spot], values: Float, among: Float, likeness: Float) -> Float:
    """Values (n, 2) at spots brought to every pixel by their likeness (n, n) and (n, h, w), nearly exactly at spots.

    ab: predicted (h, w, 2). Eigenvalues below 0, which likenesses by ways may have, count as 0.
    """
    color, at = _complex(ab) / UNIT, _complex(_sampled(ab, spots)) / UNIT
    covariance = EVERYWHERE + ALIKE * among + (GAIN + GAIN_ALIKE * among) * np.outer(at, at.conj())
    variances, axes = np.linalg.eigh(covariance)
    weights = axes @ ((axes.conj().T @ _complex(values)) / (np.maximum(variances, 0) + NOISE))
    gains = weights * at.conj()
    alike, gained = (_summed(x, likeness) for x in (weights, gains))
    whole = EVERYWHERE * weights.sum() + ALIKE * alike + color * (GAIN * gains.sum() + GAIN_ALIKE * gained)
    return np.dstack([whole.real, whole.imag]).astype(np.float32)


def _shared(found: Float, values: Float, unusual: Float, nearness: Float, same: Float) -> Float:
    """What was found (h, w, 2), and where `same` (h, w) is 1 instead of it values (n, 2) as far as these are unusual.

    Between several spots by how near (n, h, w) they are (Shepard 1968).
    """
    share = same / np.maximum(nearness.sum(axis=0), np.float32(1e-12))
    told = np.tensordot(nearness, np.concatenate([values * unusual, unusual], axis=1), (0, 0)) * share[..., None]
    return np.asarray(found * (1 - told[..., 2:]) + told[..., :2], np.float32)


def _rising(values: Float, low: float, high: float) -> Float:
    """0 up to low, 1 from high on, smooth between."""
    share = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _faces(size: tuple[int, int], boxes: Sequence[tuple[float, float, float, float]]) -> Float:
    """(h, w, 1) 1 in faces and 0 elsewhere: an ellipse in each (left, top, right, bottom), shares of the sides."""
    rows, columns = ((np.arange(n, dtype=np.float32) + np.float32(0.5)) / n for n in size)
    found = np.zeros(size, np.float32)
    for left, top, right, bottom in boxes:
        down = (rows - (top + bottom) / 2) / max((bottom - top) / 2, 1e-6)
        across = (columns - (left + right) / 2) / max((right - left) / 2, 1e-6)
        apart = np.sqrt(down[:, None] ** 2 + across[None] ** 2)
        found = np.maximum(found, np.clip(1 + FACE_EDGE * (1 - apart), 0, 1))
    return found[..., None].astype(np.float32)


def _complex(ab: Float) -> Array:
    """a*b* (..., 2) as a* + i b*."""
    return ab[..., 0] + 1j * ab[..., 1]


def _summed(weights: Array, maps: Float) -> Array:
    """The sum (h, w) of maps (n, h, w) times complex weights (n,)."""
    parts = np.stack([weights.real, weights.imag]).astype(np.float32)
    real, imaginary = np.tensordot(parts, maps, (1, 0))
    return np.asarray(real + 1j * imaginary)


def _sampled(values: Float, spots: Sequence[Spot]) -> Float:
    """The k values (n, k) of a map (h, w, k) at spots, between its cells bilinearly."""
    h, w = values.shape[:2]
    rows = np.clip(np.array([y for _, y in spots], np.float32) * h - np.float32(0.5), 0, h - 1)
    columns = np.clip(np.array([x for x, _ in spots], np.float32) * w - np.float32(0.5), 0, w - 1)
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


def _distances(values: Float, at: Float, size: tuple[int, int]) -> Float:
    """Squared distances (n, h, w) of values (n, k) to those of a map (h', w', k), brought to a size."""
    maps = _squares(at, values.reshape(-1, values.shape[2])).reshape(len(at), *values.shape[:2])
    return maps if maps.shape[1:] == size else np.stack([resize.shrink(plane, size) for plane in maps])
