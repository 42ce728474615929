"""Augmentation of arrays: crops, flips, and the damage of old prints; all randomness comes from a given generator."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from handtint.types import Array, Float

Box = tuple[int, int, int, int]  # y0, x0, height, width


def crop_box(rng: np.random.Generator, height: int, width: int, *, min_scale: float, aspect: float = 1.15) -> Box:
    """A random, nearly square crop box whose area is at least `min_scale` (0..1) of the largest square that fits."""
    side = min(height, width) * rng.uniform(np.sqrt(min_scale), 1.0)
    stretch = np.sqrt(aspect ** rng.uniform(-1, 1))
    h, w = min(height, round(side * stretch)), min(width, round(side / stretch))
    return int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1)), h, w


def box_around(rng: np.random.Generator, height: int, width: int, object_box: tuple[float, float, float, float]) -> Box:
    """A random square crop box around an object and 1.5 to 5 times as wide, moved so that it lies inside the picture.

    object_box: the object's x0, y0, x1, y1 in pixels.
    """
    x0, y0, x1, y1 = object_box
    side = min(height, width, max(24.0, (x1 - x0) * np.exp(rng.uniform(np.log(1.5), np.log(5)))))
    y, x = ((a + b) / 2 + rng.uniform(-0.2, 0.2) * side - side / 2 for a, b in ((y0, y1), (x0, x1)))
    side = round(side)
    return int(np.clip(y, 0, height - side)), int(np.clip(x, 0, width - side)), side, side


def crop_and_resize(pixels: Array, box: Box, size: int, *, nearest: bool = False) -> Array:
    """The part of a picture (H, W) or (H, W, 3) inside a box, resized to (size, size)."""
    y, x, h, w = box
    crop = np.ascontiguousarray(pixels[y : y + h, x : x + w])
    interpolation = cv2.INTER_NEAREST if nearest else cv2.INTER_AREA if min(h, w) > size else cv2.INTER_LINEAR
    return cv2.resize(crop, (size, size), interpolation=interpolation)


def squash(pixels: Array, side: int = 224) -> Array:
    """A picture (H, W) or (H, W, 3) uint8 resized to side x side pixels, bicubic, without keeping its aspect ratio.

    The report prepares its photographs in this way.
    """
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC))


def degrade(rng: np.random.Generator, L: Float, *, prob: float) -> Float:
    """Lightness (h, w) 0..100 degraded as in an old print or a poor scan, each fault with the probability `prob`."""
    if rng.random() < prob:  # another exposure
        L = np.power(L / np.float32(100), np.float32(np.exp(rng.normal(0, 0.3))), dtype=np.float32) * np.float32(100)
    if rng.random() < prob:  # faded: raised blacks, lowered whites
        low, high = rng.uniform(0, 30), rng.uniform(65, 100)
        L = L * np.float32((high - low) / 100) + np.float32(low)
    if rng.random() < prob / 2:  # saturated
        L = L * np.float32(rng.uniform(1.05, 1.5))
    if rng.random() < prob:  # soft
        L = cv2.GaussianBlur(L, (0, 0), float(rng.uniform(0.4, 1.6)))
    if rng.random() < prob:  # grain
        L = L + rng.normal(0, rng.uniform(1, 7), L.shape).astype(np.float32)
    return np.clip(L, 0, 100).astype(np.float32)
