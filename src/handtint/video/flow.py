"""Optical flow between frames at network size, and how well the warped frame matches.

The flow is computed by dense inverse search (DIS; Kroeger et al. 2016). Patches are compared without their means, so
that it also works during a fade.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np

from handtint.image.arrays import resize
from handtint.image.color import lab
from handtint.types import Array, Float, Pixels

GRAIN = 1.2  # pixels: sigma of the blur that removes grain before frames are compared
MIN_GRAIN = 1.5  # L*: a smaller difference always matches, however little grain there is
MATCH, MISMATCH = 2.5, 6.0  # times the grain: a smaller difference matches fully, one above MISMATCH not at all


def smoothed_lightness(pixels: Pixels, side: int) -> Float:
    """L* (h, w), 0..100, of a frame (H, W) or (H, W, 3), shrunk to about side * side pixels and blurred."""
    L = lab.lightness(resize.shrink(pixels, resize.fit(pixels.shape[:2], side)))
    return cv2.GaussianBlur(L, (0, 0), GRAIN)


def motion(current: Float, previous: Float, guess: Float | None = None) -> Float:
    """The optical flow (h, w, 2), float32, in pixels: what is at current[y, x] was at previous[y + v, x + u].

    current, previous: L* (h, w). guess: a flow to start the search from.
    """
    frames = [np.round(L * np.float32(2.55)).astype(np.uint8) for L in (current, previous)]
    return _search().calc(*frames, None if guess is None else guess.copy())


@cache
def _search() -> Any:
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setUseMeanNormalization(True)
    search.setUseSpatialPropagation(True)
    return search


def warp(values: Float, motion: Float) -> Float:
    """Values (h, w) or (h, w, k) of the previous frame, warped to the current one.

    motion: (h', w', 2) as `motion` returns it; its size may differ from that of the values.
    """
    h, w = values.shape[:2]
    resized = cv2.resize(motion, (w, h), interpolation=cv2.INTER_LINEAR) if motion.shape[:2] != (h, w) else motion
    scale = np.array((w / motion.shape[1], h / motion.shape[0]), np.float32)
    coordinates = _grid(h, w) + resized * scale
    planes = [values] if values.ndim == 2 else [values[..., i] for i in range(values.shape[2])]
    warped = [cv2.remap(plane, coordinates, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE) for plane in planes]
    return warped[0] if values.ndim == 2 else np.stack(warped, axis=2)


@cache
def _grid(h: int, w: int) -> Float:
    return np.dstack(np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32)))


def confidence(current: Float, previous: Float, motion: Float) -> Float:
    """(h, w), 0..1: how well the warped previous frame matches the current one; 0 for what has just come into view."""
    h, w = current.shape
    warped = warp(previous, motion)
    difference = cv2.blur(np.abs(current - _match_brightness(warped, current)), (3, 3))
    grain = max(MIN_GRAIN, 1.5 * float(np.median(difference)) if np.median(difference) < 4 * MIN_GRAIN else 0.0)
    confidence = np.clip((MISMATCH * grain - difference) / np.float32((MISMATCH - MATCH) * grain), 0, 1)
    coordinates = _grid(h, w) + motion
    inside = (
        (coordinates[..., 0] >= -0.5)
        & (coordinates[..., 0] <= w - 0.5)
        & (coordinates[..., 1] >= -0.5)
        & (coordinates[..., 1] <= h - 0.5)
    )
    return np.where(inside, confidence, 0).astype(np.float32)


def _match_brightness(frame: Float, other: Float) -> Float:
    """A frame with the mean and contrast of L* of another; the contrast changes by 0.4 to 2.5 times, as in a fade."""
    contrast = np.clip(other.std() / max(float(frame.std()), 1.0), 0.4, 2.5)
    return (frame - frame.mean()) * np.float32(contrast) + np.float32(other.mean())


def mismatch(confidence: Array) -> float:
    """The share of pixels, 0..1, whose confidence is below 0.5."""
    return float(np.mean(confidence < 0.5))
