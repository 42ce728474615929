"""Instances of classes: connected regions of a class's probability, numbered by size.

People who touch one another are one region, which is divided by their faces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from handtint.image.masks import masks, people
from handtint.types import VOC, Array, Float, Segmentation

MIN_SHARE = 0.002  # of the picture: smaller regions are removed as specks
MIN_SHARE_OF_LARGEST = 0.03  # of the class's largest region: smaller ones are removed, too
CLOSING_SIZE = 0.02  # of the picture's mean side: regions nearer than this are one object
FRAGMENT_SHARE = 0.12  # a region smaller than this share of another one is a fragment of it
FRAGMENT_DISTANCE = 0.05  # if it is nearer to it than this share of the mean side


@dataclass(frozen=True, slots=True)
class Instance:
    """One object of a class, at network size.

    number: 1 is the largest of its class. position: 1 is the leftmost of its class. alpha: (h, w) float32 0..1, the
    class's probability where this object is the nearest. share: of the picture, 0..1. confidence: its mean probability,
    0..1.
    """

    name: str
    number: int
    position: int
    alpha: Float
    share: float
    confidence: float


def every(segmentation: Segmentation) -> Iterator[Instance]:
    """All instances of all classes, class by class. Raises OptionError if the network predicts no classes."""
    for name in VOC[1:]:
        if masks.classes(segmentation, (name,)).max() > 0.5:
            yield from of(segmentation, name)


def of(segmentation: Segmentation, name: str) -> list[Instance]:
    """The instances of a class, the largest first. Raises OptionError if the network predicts no classes."""
    scores = masks.classes(segmentation, (name,))
    filled = masks.fill_holes(scores)
    regions = _regions(filled > 0.5)
    if name == "person":
        regions = sorted(people.separate(regions, segmentation.faces), key=_area, reverse=True)
    if not regions:
        return []
    order = np.argsort([region[1].mean() for region in map(np.nonzero, regions)], kind="stable")
    positions = {int(i): position for position, i in enumerate(order, 1)}
    nearest = _nearest(regions)
    result = []
    for i, region in enumerate(regions):
        alpha = np.where(nearest == i, filled, np.float32(0))
        confidence, share = float(scores[region].mean()), float(region.mean())
        result.append(Instance(name, i + 1, positions[i], alpha, share, confidence))
    return result


def _regions(inside: Array) -> list[Array]:
    """The regions (h, w) bool of a class, with fragments joined and specks removed; the largest first."""
    side = float(np.sqrt(inside.size))
    kernel = 2 * max(1, round(CLOSING_SIZE * side / 2)) + 1
    closed = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((kernel, kernel), np.uint8))
    count, labels = cv2.connectedComponents(closed)
    regions = sorted((inside & (labels == i) for i in range(1, count)), key=_area, reverse=True)
    regions = _joined(regions, FRAGMENT_DISTANCE * side)
    if not regions:
        return []
    min_area = max(MIN_SHARE * inside.size, MIN_SHARE_OF_LARGEST * _area(regions[0]))
    return [region for region in regions if _area(region) >= min_area]


def _joined(regions: list[Array], max_gap: float) -> list[Array]:
    """Regions, the largest first; each much smaller one is merged into the nearest larger one, if within max_gap."""
    merged: list[Array] = []
    for region in regions:
        gaps = [_gap(larger, region) if _area(region) < FRAGMENT_SHARE * _area(larger) else np.inf for larger in merged]
        if gaps and min(gaps) <= max_gap:
            merged[int(np.argmin(gaps))] |= region
        else:
            merged.append(region)
    return sorted(merged, key=_area, reverse=True)


def _area(region: Array) -> int:
    return int(np.count_nonzero(region))


def _gap(first: Array, second: Array) -> float:
    """The distance in pixels between two regions."""
    return float(cv2.distanceTransform((~first).astype(np.uint8), cv2.DIST_L2, 5)[second].min())


def _nearest(regions: list[Array]) -> Array:
    """(h, w) index of the region that is nearest to each pixel."""
    gaps = [cv2.distanceTransform((~region).astype(np.uint8), cv2.DIST_L2, 5) for region in regions]
    return np.argmin(gaps, axis=0)
