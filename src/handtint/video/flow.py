"""Motion between frames at network size: where each pixel was before, and how well it matches.

Motion is found by dense inverse search (Kroeger et al. 2016, DIS); its patches are compared without their means, so
that a fade does not hide a motion.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np

from handtint.image.arrays import resize
from handtint.image.color import lab
from handtint.types import Array, Float, Pixels

GRAIN = 1.2  # pixels: blur against grain before frames are compared
LEAST = 1.5  # L*: a difference smaller than this is no misfit, however little grain there is
SURE, WRONG = 2.5, 6.0  # of the grain: a difference below the first fits, one above the second does not


def glance(pixels: Pixels, side: int) -> Float:
    """L* (h, w) 0..100 of a frame (H, W) or (H, W, 3) at about side * side pixels, its grain smoothed."""
    L = lab.lightness(resize.shrink(pixels, resize.fit(pixels.shape[:2], side)))
    return cv2.GaussianBlur(L, (0, 0), GRAIN)


def motion(now: Float, before: Float, guess: Float | None = None) -> Float:
    """(h, w, 2) float32: now[y, x] was before[y + v, x + u], u and v in pixels; both frames L* (h, w).

    guess: a motion to begin from.
    """
    frames = [np.round(L * np.float32(2.55)).astype(np.uint8) for L in (now, before)]
    return _search().calc(*frames, None if guess is None else guess.copy())


@cache
def _search() -> Any:
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setUseMeanNormalization(True)
    search.setUseSpatialPropagation(True)
    return search


def warp(values: Float, move: Float) -> Float:
    """Values (h, w) or (h, w, k) of before, of any size, where they are now; move (h', w', 2) as `motion` gives it."""
    h, w = values.shape[:2]
    across = cv2.resize(move, (w, h), interpolation=cv2.INTER_LINEAR) if move.shape[:2] != (h, w) else move
    scale = np.array((w / move.shape[1], h / move.shape[0]), np.float32)
    where = _grid(h, w) + across * scale
    planes = [values] if values.ndim == 2 else [values[..., i] for i in range(values.shape[2])]
    moved = [cv2.remap(plane, where, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE) for plane in planes]
    return moved[0] if values.ndim == 2 else np.stack(moved, axis=2)


@cache
def _grid(h: int, w: int) -> Float:
    return np.dstack(np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32)))


def fit(now: Float, before: Float, move: Float) -> Float:
    """(h, w) 0..1: how well each pixel of before, moved, fits the one that is there now. What came into view is 0."""
    h, w = now.shape
    moved = warp(before, move)
    difference = cv2.blur(np.abs(now - _as_bright(moved, now)), (3, 3))
    grain = max(LEAST, 1.5 * float(np.median(difference)) if np.median(difference) < 4 * LEAST else 0.0)
    fits = np.clip((WRONG * grain - difference) / np.float32((WRONG - SURE) * grain), 0, 1)
    where = _grid(h, w) + move
    seen = (where[..., 0] >= -0.5) & (where[..., 0] <= w - 0.5) & (where[..., 1] >= -0.5) & (where[..., 1] <= h - 0.5)
    return np.where(seen, fits, 0).astype(np.float32)


def _as_bright(frame: Float, other: Float) -> Float:
    """A frame with the mean and spread of L* of another, within what a fade does."""
    contrast = np.clip(other.std() / max(float(frame.std()), 1.0), 0.4, 2.5)
    return (frame - frame.mean()) * np.float32(contrast) + np.float32(other.mean())


def misfit(fits: Array) -> float:
    """The share of pixels that do not fit, 0..1."""
    return float(np.mean(fits < 0.5))
