"""The objects at points and in boxes: connected regions whose features are similar.

Every cell of the network's feature map is compared with the cells at the points. Their similarity is the cosine of
their features, less the picture's mean features, mixed with the agreement of classes and foreground. Points of the
other sign compete for cells; a cell that is not similar to any point belongs to none.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from handtint.types import Array, Float, Segmentation

WEIGHTS = (0.5, 0.35, 0.15)  # of features, classes and foreground in the similarity; sum 1
WINDOW = 1  # cells around a point whose features are averaged
THRESHOLD_RANGE = (0.55, 0.85)  # bounds of the threshold of similarity, which Otsu's method chooses
SIMILARITY_RANGE = 0.25  # range of similarity from certainly outside to certainly inside
SURROUNDINGS = 0.15  # width of the border around a box that shows its surroundings, relative to the box's sides
ROUNDS = 3  # of estimating the object in a box
SHARPNESS = 3.0  # of the separation of the object in a box from its surroundings

Position = tuple[float, float]  # x, y as shares of the photo's width and height


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt for an object. inside: points (x, y) on it. outside: points on other objects.

    box: (left, top, right, bottom), or None. All coordinates are relative to the sides, 0..1. Nothing outside of the
    box is selected.
    """

    inside: tuple[Position, ...]
    outside: tuple[Position, ...] = ()
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class _Cells:
    """The network's output for each cell: features (k, h, w) of unit length, classes, foreground (h, w)."""

    features: Float
    classes: Float | None
    foreground: Float

    def similarity(self, features: Float, classes: Float | None, foreground: float) -> Float:
        """(h, w) 0..1: the similarity of each cell to one with the features (k,), classes (21,) and foreground."""
        weights = WEIGHTS
        if self.classes is None or classes is None:
            weights = WEIGHTS[0] + WEIGHTS[1], 0.0, WEIGHTS[2]
        by_features = np.maximum(np.tensordot(features, self.features, 1), 0)
        by_foreground = 1 - np.abs(self.foreground - np.float32(foreground))
        by_classes = 0 if self.classes is None or classes is None else np.tensordot(classes, self.classes, 1)
        return np.asarray(weights[0] * by_features + weights[1] * by_classes + weights[2] * by_foreground, np.float32)

    def similarity_to_region(self, weight: Float) -> Float:
        """(h, w) 0..1: the similarity of each cell to the mean of all cells, weighted by weight (h, w)."""
        total = max(float(weight.sum()), 1e-6)
        features = _unit((self.features * weight).sum(axis=(1, 2)))
        classes = None if self.classes is None else np.sqrt((self.classes**2 * weight).sum(axis=(1, 2)) / total)
        return self.similarity(features, classes, float((self.foreground * weight).sum()) / total)

    def similarity_to_point(self, position: Position) -> Float:
        """(h, w) 0..1: the similarity of each cell to those around a point."""
        weight = np.zeros(self.foreground.shape, np.float32)
        row, column = self.cell(position)
        weight[max(0, row - WINDOW) : row + WINDOW + 1, max(0, column - WINDOW) : column + WINDOW + 1] = 1
        weight[row, column] = 4  # for objects narrower than the window
        return self.similarity_to_region(weight)

    def cell(self, position: Position) -> tuple[int, int]:
        """(row, column) of the cell at a point."""
        h, w = self.foreground.shape
        return min(int(position[1] * h), h - 1), min(int(position[0] * w), w - 1)


def region(segmentation: Segmentation, prompt: Prompt) -> Float:
    """The alpha (h, w) float32, 0..1, of the object of a prompt, at the size of the feature map."""
    cells = _cells(segmentation)
    limit = np.ones(cells.foreground.shape, np.float32) if prompt.box is None else _inside(cells, prompt.box)
    inside, outside = _point_similarity(cells, prompt.inside), _point_similarity(cells, prompt.outside)
    if prompt.box is not None:
        in_box, around_box = _box_similarity(cells, limit)
        inside, outside = np.maximum(inside, in_box), np.maximum(outside, around_box)
    else:
        outside = np.maximum(outside, np.float32(_threshold(inside)))
    alpha = np.clip(np.float32(0.5) + (inside - outside) / np.float32(SIMILARITY_RANGE), 0, 1) * limit
    for row, column in map(cells.cell, prompt.inside):
        alpha[row, column] = max(alpha[row, column], np.float32(0.75))
    return _connected(alpha, [cells.cell(spot) for spot in prompt.inside]) if prompt.box is None else alpha


def _cells(segmentation: Segmentation) -> _Cells:
    features = segmentation.features.astype(np.float32)
    h, w = features.shape[1:]
    deviation = features.std(axis=(1, 2), keepdims=True)
    centred = (features - features.mean(axis=(1, 2), keepdims=True)) / (deviation + np.float32(1e-3))
    foreground = cv2.resize(segmentation.foreground, (w, h), interpolation=cv2.INTER_AREA)
    if segmentation.classes is None:
        return _Cells(_unit(centred), None, foreground)
    classes = np.stack([cv2.resize(plane, (w, h), interpolation=cv2.INTER_LINEAR) for plane in segmentation.classes])
    return _Cells(_unit(centred), np.sqrt(np.maximum(classes, 0)), foreground)


def _unit(vectors: Float) -> Float:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=0), np.float32(1e-6))


def _point_similarity(cells: _Cells, positions: tuple[Position, ...]) -> Float:
    """The similarity of each cell to the most similar of the points; 0 without points."""
    maps = [cells.similarity_to_point(position) for position in positions]
    return np.max(maps, axis=0) if maps else np.zeros(cells.foreground.shape, np.float32)


def _threshold(similarity: Float) -> float:
    """The smallest similarity of an object's cells: Otsu's threshold, clipped to FLOOR."""
    levels = np.round(np.clip(similarity, 0, 1) * 255).astype(np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return float(np.clip(threshold / 255, *THRESHOLD_RANGE))


def _connected(alpha: Float, seeds: list[tuple[int, int]]) -> Float:
    """Alpha without the connected regions that contain none of the seeds."""
    _, labels = cv2.connectedComponents((alpha > 0.5).astype(np.uint8))
    connected = np.isin(labels, [labels[seed] for seed in seeds]) & (labels > 0)
    surroundings = cv2.dilate(connected.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.where(connected | (surroundings & (labels == 0)), alpha, np.float32(0))


def _inside(cells: _Cells, box: tuple[float, float, float, float]) -> Float:
    """(h, w) 0..1: how much of each cell a box covers; at least one cell is covered."""
    coverage = []
    for size, low, high in zip(reversed(cells.foreground.shape), box[:2], box[2:], strict=True):
        edges = np.arange(size + 1, dtype=np.float32)
        coverage.append(np.clip(np.minimum(edges[1:], high * size) - np.maximum(edges[:-1], low * size), 0, 1))
    return np.maximum(np.outer(coverage[1], coverage[0]), np.float32(1e-6))


def _box_similarity(cells: _Cells, limit: Float) -> tuple[Float, Float]:
    """The similarity of each cell to the object in the box, and to the surroundings of the box; both (h, w) 0..1.

    The object is initially the network's foreground and the centre of the box; in further rounds, the previous result.
    """
    objects = cells.foreground if cells.classes is None else np.maximum(cells.foreground, 1 - cells.classes[0] ** 2)
    surroundings = _surroundings(limit) * (1 - objects * np.float32(0.9))
    around_box = cells.similarity_to_region(surroundings) if surroundings.any() else np.zeros_like(limit)
    weight = limit * (objects + np.float32(0.25) * _central_part(limit))
    in_box = around_box
    for _ in range(ROUNDS):
        in_box = cells.similarity_to_region(weight)
        evidence = np.float32(0.5) * (in_box - around_box) + np.float32(0.25) * (objects - np.float32(0.5))
        weight = limit / (1 + np.exp(-np.float32(4 * SHARPNESS) * evidence))
    bias = np.float32(0.25) * (objects - np.float32(0.5))
    return in_box + bias, around_box


def _surroundings(limit: Float) -> Array:
    """(h, w) 0 or 1: the cells just outside of the box."""
    inside = (limit > 0.5).astype(np.uint8)
    rows, columns = (max(1, round(SURROUNDINGS * int(inside.any(axis=axis).sum()))) for axis in (1, 0))
    enlarged = cv2.dilate(inside, np.ones((2 * rows + 1, 2 * columns + 1), np.uint8))
    return (enlarged - inside).astype(np.float32)


def _central_part(limit: Float) -> Float:
    """(h, w) 0..1: the central part of the box, half as wide and high."""
    distance = cv2.distanceTransform((limit > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    return (distance > 0.5 * distance.max()).astype(np.float32)
