"""Objects tracked through a film: which object of a new segmentation is the one tracked so far."""

from __future__ import annotations

import cv2
import numpy as np

from handtint.image.masks import instances, points
from handtint.keep import Box, Class, Point, Term
from handtint.types import Float, Segmentation

MIN_IOU = 0.35  # intersection over union: from here on, two regions are the same object
FADE = 0.85  # factor on an object's alpha at each keyframe in which it is not detected
MAX_GROWTH = 1.35  # factor on its area between keyframes; a region that is larger is that of several objects
MARGIN = 0.04  # of the sides: margin around the tracked region in which the object is searched


def redetect(term: Term, tracked: Float, segmentation: Segmentation, confidence: Float | None = None) -> Float:
    """The alpha (h, w), 0..1, of an object, detected again near its tracked position.

    term: the term of `keep` or of a hint that named it. tracked: its tracked alpha. confidence: (h, w), 0..1, of the
    tracking, None for 1. If no detected region overlaps what is sure of the tracked one enough, that is returned,
    multiplied by FADE.
    """
    sure = tracked if confidence is None else tracked * confidence
    candidates = _candidates(term, sure, segmentation)
    best = max(candidates, key=lambda alpha: _iou(alpha, sure), default=None)
    if best is None or _iou(best, sure) < MIN_IOU:
        return sure * np.float32(FADE)
    return _near(best, tracked) if isinstance(term, Class) else best


def _near(alpha: Float, previous: Float) -> Float:
    """A detected alpha; where it is that of several objects which touch, only what is near the tracked one."""
    if previous.shape != alpha.shape:
        previous = cv2.resize(previous, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
    inside = (previous > 0.5).astype(np.uint8)
    if (alpha > 0.5).sum() <= MAX_GROWTH * inside.sum():
        return alpha
    reach = 2 * max(1, round(MARGIN / 2 * float(np.sqrt(alpha.size)))) + 1
    near = cv2.dilate(inside, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    return alpha * near.astype(np.float32)


def is_lost(alpha: Float) -> bool:
    """Whether no pixel of an object's alpha (h, w) is above 0.5."""
    return not bool((alpha > 0.5).any())


def _candidates(term: Term, previous: Float, segmentation: Segmentation) -> list[Float]:
    if is_lost(previous):
        return []
    if isinstance(term, Class):
        return [thing.alpha for thing in instances.of(segmentation, term.name)]
    assert isinstance(term, Point | Box)  # noqa: S101  # nosec B101
    return [points.region(segmentation, _prompt(previous))]


def _prompt(alpha: Float) -> points.Prompt:
    """The prompt for a region: its innermost point, and its bounding box with a margin."""
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


def _iou(one: Float, other: Float) -> float:
    """Intersection over union of two alphas, which may differ in size."""
    if one.shape != other.shape:
        other = cv2.resize(other, one.shape[::-1], interpolation=cv2.INTER_LINEAR)
    a, b = one > 0.5, other > 0.5
    return float((a & b).sum() / max(1, (a | b).sum()))
