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

LEAST = 0.002  # share of the picture: a smaller region is a speck
OF_LARGEST = 0.03  # and one smaller than this share of the class's largest region
GAP = 0.02  # of the picture's mean side: regions nearer than this are one thing
FRAGMENT = 0.12  # a region smaller than this share of a neighbour may be a part of it,
REACH = 0.05  # when it is nearer than this, of the mean side


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
    """All instances of all classes, class by class. Raises OptionError if the network knows no classes."""
    for name in VOC[1:]:
        if masks.classes(segmentation, (name,)).max() > 0.5:
            yield from of(segmentation, name)


def of(segmentation: Segmentation, name: str) -> list[Instance]:
    """The instances of a class, the largest first. Raises OptionError if the network knows no classes."""
    scores = masks.classes(segmentation, (name,))
    whole = masks.fill_holes(scores)
    regions = _regions(whole > 0.5)
    if name == "person":
        regions = sorted(people.apart(regions, segmentation.faces), key=_area, reverse=True)
    if not regions:
        return []
    order = np.argsort([region[1].mean() for region in map(np.nonzero, regions)], kind="stable")
    positions = {int(i): position for position, i in enumerate(order, 1)}
    nearest = _nearest(regions)
    result = []
    for i, region in enumerate(regions):
        alpha = np.where(nearest == i, whole, np.float32(0))
        confidence, share = float(scores[region].mean()), float(region.mean())
        result.append(Instance(name, i + 1, positions[i], alpha, share, confidence))
    return result


def _regions(inside: Array) -> list[Array]:
    """The regions (h, w) bool of a class, with fragments joined and specks removed; the largest first."""
    side = float(np.sqrt(inside.size))
    reach = 2 * max(1, round(GAP * side / 2)) + 1
    closed = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    count, labels = cv2.connectedComponents(closed)
    regions = sorted((inside & (labels == i) for i in range(1, count)), key=_area, reverse=True)
    regions = _joined(regions, REACH * side)
    if not regions:
        return []
    least = max(LEAST * inside.size, OF_LARGEST * _area(regions[0]))
    return [region for region in regions if _area(region) >= least]


def _joined(regions: list[Array], reach: float) -> list[Array]:
    """Regions, the largest first; each much smaller one is merged into the nearest larger one within reach."""
    whole: list[Array] = []
    for region in regions:
        gaps = [_gap(larger, region) if _area(region) < FRAGMENT * _area(larger) else np.inf for larger in whole]
        if gaps and min(gaps) <= reach:
            whole[int(np.argmin(gaps))] |= region
        else:
            whole.append(region)
    return sorted(whole, key=_area, reverse=True)


def _area(region: Array) -> int:
    return int(np.count_nonzero(region))


def _gap(one: Array, other: Array) -> float:
    """The distance in pixels between two regions."""
    return float(cv2.distanceTransform((~one).astype(np.uint8), cv2.DIST_L2, 5)[other].min())


def _nearest(regions: list[Array]) -> Array:
    """(h, w) index of the region that is nearest to each pixel."""
    gaps = [cv2.distanceTransform((~region).astype(np.uint8), cv2.DIST_L2, 5) for region in regions]
    return np.argmin(gaps, axis=0)
