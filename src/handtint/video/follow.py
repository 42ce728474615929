"""Following one object through a film: which object of a new segmentation is the one carried so far."""

from __future__ import annotations

import cv2
import numpy as np

from handtint.image.masks import instances, points
from handtint.keep import Box, Class, Point, Term
from handtint.types import Float, Segmentation

SAME = 0.35  # intersection over union from which two regions are the same thing
FADE = 0.85  # of its alpha is left of a thing that the network does not see, at each look
MARGIN = 0.04  # of the sides: how far around the carried thing it is looked for


def again(term: Term, before: Float, segmentation: Segmentation) -> Float:
    """The alpha (h, w) 0..1 of a thing, looked for where it was carried to.

    term: what named it. before: the carried alpha. Where the network sees nothing like it, the carried one, fainter.
    """
    here = _candidates(term, before, segmentation)
    likest = max(here, key=lambda alpha: _overlap(alpha, before), default=None)
    if likest is None or _overlap(likest, before) < SAME:
        return before * np.float32(FADE)
    return likest


def gone(alpha: Float) -> bool:
    """Whether nothing is left of a thing."""
    return not bool((alpha > 0.5).any())


def _candidates(term: Term, before: Float, segmentation: Segmentation) -> list[Float]:
    if gone(before):
        return []
    if isinstance(term, Class):
        return [thing.alpha for thing in instances.of(segmentation, term.name)]
    assert isinstance(term, Point | Box)  # noqa: S101  # nosec B101
    return [points.region(segmentation, _prompt(before))]


def _prompt(alpha: Float) -> points.Prompt:
    """What points at a region: the point farthest inside of it, and a box around it."""
    inside = (alpha > 0.5).astype(np.uint8)
    h, w = inside.shape
    depth = cv2.distanceTransform(cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 3)
    row, column = np.unravel_index(int(depth[1:-1, 1:-1].argmax()), inside.shape)
    left, top, width, height = cv2.boundingRect(inside)
    box = (
        max(0.0, left / w - MARGIN),
        max(0.0, top / h - MARGIN),
        min(1.0, (left + width) / w + MARGIN),
        min(1.0, (top + height) / h + MARGIN),
    )
    return points.Prompt((((float(column) + 0.5) / w, (float(row) + 0.5) / h),), (), box)


def _overlap(one: Float, other: Float) -> float:
    """Intersection over union, whatever their sizes."""
    if one.shape != other.shape:
        other = cv2.resize(other, one.shape[::-1], interpolation=cv2.INTER_LINEAR)
    a, b = one > 0.5, other > 0.5
    return float((a & b).sum() / max(1, (a | b).sum()))
