"""Known colours spread over a picture: to what looks alike, what is near, and not across edges.

The difference between the colours known at some points and those predicted there is taken for a Gaussian process over
the picture (kriging): the covariance of two pixels is a sum of Gaussians of how far apart they are in what the
networks see there, in lightness, in predicted colour and in place. Its mean given the points is exact at the points,
goes on over what is alike, and fades to the prediction where nothing is known. The widths were fitted to photographs
with known colours by how well they predict one pixel's difference from others'.

Sources: Rasmussen and Williams 2006 (Gaussian Processes for Machine Learning), chapter 2; the aim is that of Levin,
Lischinski and Weiss 2004 (Colorization using Optimization).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from handtint.image.arrays import paths, resize
from handtint.types import Float, Segmentation

EVERYWHERE = 0.18  # covariance of any two pixels of a photo: its light is one
USUAL = 12.0  # a*b*: predictions miss the truth by so much at most places
STEPS = (0.15, 0.004)  # what a cell's change of features costs on a path, and a step itself
GRAIN = 0.01  # of L in 0..1: a change from cell to cell that costs nothing
SAME_RANGE = (0.12, 0.45)  # likeness from another thing to the same
CLOSE = 0.02  # how near in likeness a point decides alone
NOISE = 0.1  # variance of what a point has alone
ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Term:
    """One Gaussian of the covariance: how much it counts, and the weight of each kind of squared distance in it."""

    variance: float
    weights: Mapping[str, float]


TERMS = (
    Term(0.67, {"features": 0.13, "classes": 0.6, "front": 0.83, "L": 1.65, "soft": 7.2, "ab": 4.1, "place": 1.65}),
)
SAME = Term(1.0, {"features": 0.25, "classes": 0.6, "soft": 10.0, "L": 2.0, "ab": 2.0, "place": 0.3, "path": 0.4})

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
            "place": np.dstack([(columns + np.float32(0.5)) / w, (rows + np.float32(0.5)) / h]),
        }
        if self.segmentation.classes is not None:
            found["classes"] = np.sqrt(np.maximum(np.moveaxis(self.segmentation.classes, 0, -1), 0))
        return found

    def apart(self, term: Term, spots: Sequence[Spot]) -> tuple[Float, Float]:
        """A term's distances (n, n) of the spots from one another, and (n, h, w) of each from every pixel."""
        among = np.zeros((len(spots), len(spots)), np.float32)
        to_all = np.zeros((len(spots), *self.L.shape), np.float32)
        for map_ in self._weighted(term):
            at = _sampled(map_, spots)
            among += _squares(at, at)
            to_all += _distances(map_, at, self.L.shape)
        if "path" in term.weights:
            weight = np.float32(term.weights["path"])
            to_all += np.stack([resize.shrink(plane * weight, self.L.shape) for plane in self._paths(spots)])
        return among, to_all

    def _weighted(self, term: Term) -> list[Float]:
        """The maps of a term's kinds, those of one size side by side, of which squared distances are the term's."""
        sizes: dict[tuple[int, ...], list[Float]] = {}
        for kind, map_ in self.kinds.items():
            if kind in term.weights:
                sizes.setdefault(map_.shape[:2], []).append(map_ * np.float32(term.weights[kind] ** 0.5))
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


def spread(scene: Scene, spots: Sequence[Spot], differences: Float) -> Float:
    """Differences (n, k) known at spots, over the whole of a scene: (h, w, k) float32.

    What a photo's predicted colours usually miss tells of other things, too. A larger difference goes to the same thing
    alone: that a coat was blue does not tell that its wearer was. The more it is out of the usual, the less of it tells
    of others, as in redescending estimators (Hampel 1974).
    """
    length = np.linalg.norm(differences, axis=1, keepdims=True)
    usual = differences * np.minimum(1, USUAL / np.maximum(length, np.float32(1e-6))) ** 2
    found = _interpolated(scene, spots, usual)
    return found + _shared(scene, spots, differences - usual) if (length > USUAL).any() else found


def _interpolated(scene: Scene, spots: Sequence[Spot], values: Float) -> Float:
    """Values (n, k) at points brought to every pixel; at the points nearly exactly, after ROUNDS of what is missing.

    NOISE keeps points that contradict one another from overshooting between them (iterated Tikhonov regularisation).
    """
    among, to_all = (
        np.full(shape, EVERYWHERE, np.float32) for shape in ((len(spots),) * 2, (len(spots), *scene.L.shape))
    )
    for term in TERMS:
        near, far = scene.apart(term, spots)
        among += np.float32(term.variance) * np.exp(-near)
        to_all += np.float32(term.variance) * np.exp(-far, out=far)
    noisy = among + np.float32(NOISE) * np.eye(len(among), dtype=np.float32)
    weights: Float = np.zeros_like(values)
    for _ in range(ROUNDS):
        weights += np.linalg.solve(noisy, values - among @ weights)
    return np.tensordot(to_all, weights, (0, 0))


def _shared(scene: Scene, spots: Sequence[Spot], values: Float) -> Float:
    """Values (n, k) at points brought to the same things alone, between points by how near they are (Shepard 1968)."""
    _, apart = scene.apart(SAME, spots)
    likeness = np.exp(-apart)
    nearness = likeness / (apart + np.float32(CLOSE))
    share = np.clip((likeness.max(axis=0) - SAME_RANGE[0]) / np.float32(SAME_RANGE[1] - SAME_RANGE[0]), 0, 1)
    share = share * share * (3 - 2 * share) / np.maximum(nearness.sum(axis=0), np.float32(1e-12))
    return np.tensordot(nearness, values, (0, 0)) * share[..., None]


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
