"""Colours that a person knows of a film: named in one frame, then followed.

A point moves with what it lies on, and its colour is spread anew at each look of the networks; a thing is followed as
those of `keep` are. What hints change is carried apart from what the networks predict, so that it does not wear off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from handtint.hints import Known
from handtint.image.arrays import resize
from handtint.image.color import lab
from handtint.image.masks import selection
from handtint.image.masks.selection import Selection
from handtint.keep import Box, Hint, Length, Point, Step, Term
from handtint.types import Array, Float, Pixels, Segmentation
from handtint.video import flow
from handtint.video.answers import ENOUGH, sized

SIDE = 256  # of the square that has as many pixels as the map of what hints change
SEEN = 0.5  # how well a place has to fit for a point to be still on what it was put on

Spots = Mapping[Point, tuple[float, float]]  # where points of hints are now, as shares of the sides


def placed(points: Sequence[Point], size: Sequence[int]) -> Spots:
    """The points where they were given, in a frame of a size (height, width, ...)."""
    return {point: (point.x.share(size[1]), point.y.share(size[0])) for point in points}


def followed(spots: Spots, move: Float, fits: Float) -> Spots:
    """The points that are still seen, where they are now. move, fits: as `flow.motion` and `flow.fit` give them."""
    h, w = move.shape[:2]
    found = {}
    for point, (x, y) in spots.items():
        there = np.array((x * w, y * h)) - 0.5
        now = there.copy()
        for _ in range(8):  # now + move(now) = there
            now = there - _at(move, now)
        if 0 <= now[0] + 0.5 < w and 0 <= now[1] + 0.5 < h and _at(fits, now) > SEEN:
            found[point] = (float(now[0] + 0.5) / w, float(now[1] + 0.5) / h)
    return found


def _at(values: Float, place: Array) -> Float:
    column, row = np.clip(np.round(place), 0, np.array(values.shape[1::-1]) - 1).astype(int)
    return np.asarray(values[row, column])


def told(
    colors: Float,
    pixels: Pixels,
    segmentation: Segmentation,
    hints: Sequence[Hint],
    spots: Spots,
    known: Mapping[Term, Float],
) -> tuple[Float, str]:
    """(what hints change of colours (h, w, 4), a map of about SIDE * SIDE; what the person should know).

    known: the alphas of the things that were named. Raises OptionError as `hints.Known` does.
    """

    def select(steps: tuple[Step, ...]) -> Selection:
        layers = selection.soft_layers(steps, pixels, segmentation, known=known).layers
        return selection.select(steps, pixels, None, layers=layers)

    here = [moved for hint in hints if (moved := _here(hint, spots, known))]
    size = resize.fit((pixels.shape[0], pixels.shape[1]), SIDE)
    if not here:
        return np.zeros((*size, 4), np.float32), ""
    before = resize.GuidedCoefficients(colors[..., :2], colors[..., 2:])
    after, note = Known(pixels, segmentation, select, here).over(before)
    L = lab.lightness(resize.shrink(pixels, size)) / np.float32(100)
    planes = [np.dstack(lines.planes(L, 0, size[0])) for lines in (after, before)]
    change = resize.guided_coefficients(L, planes[0] - planes[1], radius=3, epsilon=4e-3)
    return np.concatenate([change.slope, change.offset], axis=2), note


def _here(hint: Hint, spots: Spots, known: Mapping[Term, Float]) -> Hint | None:
    """The hint with its point where it is now; None where what it names is not seen, or not yet."""
    if hint.point is None:
        later = [step.term for step in hint.where if isinstance(step.term, Point | Box) and not known[step.term].any()]
        return None if later else hint
    if hint.point not in spots:
        return None
    x, y = spots[hint.point]
    return replace(hint, where=(replace(hint.where[0], term=Point(_percent(x), _percent(y))),))


def _percent(share: float) -> Length:
    return Length(100 * share, percent=True)


def carried(change: Float, move: Float, fits: Float) -> Float:
    """What hints change where things are now; nothing where something else has come into view."""
    moved = flow.warp(change, move)
    return moved * np.clip(sized(fits, moved) / np.float32(ENOUGH), 0, 1)[..., None]
