"""Colour hints in films: given in one frame, then tracked through the following ones.

A point moves with the object that it lies on, and its colour is spread again at each keyframe; a named object is
tracked as those of `keep` are. The change by hints is kept separate from the predictions: blended with them, it would
fade with each new prediction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from handtint.hints import HintLayers
from handtint.image.arrays import resize
from handtint.image.color import lab
from handtint.image.masks import selection
from handtint.image.masks.selection import Selection
from handtint.keep import Box, Hint, Length, Point, Step, Term
from handtint.types import Array, Float, Pixels, Segmentation
from handtint.video import flow
from handtint.video.predictions import MIN_COUNT, resized_like

SIDE = 256  # pixels: the map of the change has about SIDE * SIDE
MIN_CONFIDENCE = 0.5  # of the flow, below which a point is lost: what it lay on is hidden

HintPoints = Mapping[Point, tuple[float, float]]  # the current position (x, y) of each hint's point, 0..1


def initial_points(points: Sequence[Point], size: Sequence[int]) -> HintPoints:
    """The positions at which the points were given, in a frame of a size (height, width, ...)."""
    return {point: (point.x.share(size[1]), point.y.share(size[0])) for point in points}


def track(positions: HintPoints, motion: Float, confidence: Float) -> HintPoints:
    """The positions moved to the current frame, without those that left it or are hidden.

    motion, confidence: as `flow.motion` and `flow.confidence` return them.
    """
    h, w = motion.shape[:2]
    tracked = {}
    for point, (x, y) in positions.items():
        previous = np.array((x * w, y * h)) - 0.5
        position = previous.copy()
        for _ in range(8):  # solve position + motion(position) = previous by fixed-point iteration
            position = previous - _at(motion, position)
        if 0 <= position[0] + 0.5 < w and 0 <= position[1] + 0.5 < h and _at(confidence, position) > MIN_CONFIDENCE:
            tracked[point] = (float(position[0] + 0.5) / w, float(position[1] + 0.5) / h)
    return tracked


def _at(values: Float, position: Array) -> Float:
    column, row = np.clip(np.round(position), 0, np.array(values.shape[1::-1]) - 1).astype(int)
    return np.asarray(values[row, column])


def color_change(
    colors: Float,
    pixels: Pixels,
    segmentation: Segmentation,
    hints: Sequence[Hint],
    positions: HintPoints,
    known: Mapping[Term, Float],
) -> tuple[Float, str]:
    """(the change that hints make to the colours, a note for the user or "").

    The change is a map (h, w, 4) of slopes and offsets, about SIDE * SIDE pixels. colors: the predicted ones, in the
    same form. known: the alphas of the named objects. Raises OptionError as `hints.HintLayers` does.
    """

    def select(steps: tuple[Step, ...]) -> Selection:
        layers = selection.soft_layers(steps, pixels, segmentation, precomputed=known).layers
        return selection.select(steps, pixels, None, layers=layers)

    active = [moved for hint in hints if (moved := _current(hint, positions, known))]
    size = resize.fit((pixels.shape[0], pixels.shape[1]), SIDE)
    if not active:
        return np.zeros((*size, 4), np.float32), ""
    predicted = resize.GuidedCoefficients(colors[..., :2], colors[..., 2:])
    hinted, note = HintLayers(pixels, segmentation, select, active).apply(predicted)
    L = lab.lightness(resize.shrink(pixels, size)) / np.float32(100)
    planes = [np.dstack(coefficients.planes(L, 0, size[0])) for coefficients in (hinted, predicted)]
    change = resize.guided_coefficients(L, planes[0] - planes[1], radius=3, epsilon=4e-3)
    return np.concatenate([change.slope, change.offset], axis=2), note


def _current(hint: Hint, positions: HintPoints, known: Mapping[Term, Float]) -> Hint | None:
    """The hint with its point at the current position; None if its point or object is not visible, or not yet."""
    if hint.point is None:
        later = [step.term for step in hint.where if isinstance(step.term, Point | Box) and not known[step.term].any()]
        return None if later else hint
    if hint.point not in positions:
        return None
    x, y = positions[hint.point]
    return replace(hint, where=(replace(hint.where[0], term=Point(_percent(x), _percent(y))),))


def _percent(share: float) -> Length:
    return Length(100 * share, percent=True)


def warp_change(change: Float, motion: Float, confidence: Float) -> Float:
    """The change by hints warped to the current frame; 0 where something new has come into view."""
    warped = flow.warp(change, motion)
    return warped * np.clip(resized_like(confidence, warped) / np.float32(MIN_COUNT), 0, 1)[..., None]
