"""The foreground and the objects in a photo, as `handtint inspect` lists them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from handtint.image.arrays import resize
from handtint.image.masks import instances, masks
from handtint.types import Alpha, Array, Float, Segmentation

SIDE = 768  # objects are measured at about SIDE * SIDE pixels
FOREGROUND = "foreground"


@dataclass(frozen=True, slots=True)
class Detection:
    """One object, or the foreground (number and position 0).

    number: 1 is the largest of its class. position: 1 is the leftmost of its class. box: (left, top, right, bottom) in
    pixels of the photo, right and bottom exclusive. share: of the photo, 0..1. confidence: 0..1. alpha: (h, w) uint8 at
    about SIDE * SIDE pixels, at most the photo's size, refined like a mask.
    """

    name: str
    number: int
    position: int
    box: tuple[int, int, int, int]
    share: float
    confidence: float
    alpha: Alpha

    @property
    def term(self) -> str:
        """Its term for --keep."""
        return f"{self.name}:{self.number}" if self.number else "subject"

    @property
    def record(self) -> dict[str, Any]:
        """Its entry in JSON."""
        return {
            "keep": self.term,
            "class": self.name,
            "number": self.number or None,
            "position": self.position or None,
            "box": list(self.box),
            "share": round(self.share, 4),
            "confidence": round(self.confidence, 4),
        }


def detect(segmentation: Segmentation, pixels: Array) -> list[Detection]:
    """The foreground, if there is any, and the objects of all classes, the largest first.

    segmentation: of the photo with the pixels (H, W) or (H, W, 3). A network without classes finds the foreground only.
    """
    size = pixels.shape[0], pixels.shape[1]
    small = resize.shrink(pixels, tuple(min(pair) for pair in zip(size, resize.fit(size, SIDE), strict=True)))
    objects = [] if segmentation.classes is None else list(instances.every(segmentation))
    objects.sort(key=lambda instance: -instance.share)
    detections = [_detection(o.name, o.number, o.position, o.alpha, o.confidence, small, size) for o in objects]
    foreground = masks.clean(segmentation.foreground)
    if (foreground > 0.5).any():
        confidence = float(foreground[foreground > 0.5].mean())
        detections.insert(0, _detection(FOREGROUND, 0, 0, foreground, confidence, small, size))
    return [detection for detection in detections if detection.share > 0]


def _detection(
    name: str, number: int, position: int, soft: Float, confidence: float, small: Array, size: tuple[int, int]
) -> Detection:
    alpha = masks.refine(soft, small)
    inside = alpha > 127
    box = _box(inside, size) if inside.any() else (0, 0, 0, 0)
    return Detection(name, number, position, box, float(inside.mean()), confidence, alpha)


def _box(inside: Array, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box (left, top, right, bottom) of a region (h, w) bool, in pixels of a photo of the given size."""
    edges = []
    for axis in (0, 1):
        positions = np.flatnonzero(inside.any(axis=axis))
        scale = size[1 - axis] / inside.shape[1 - axis]
        edges.append((round(int(positions[0]) * scale), round((int(positions[-1]) + 1) * scale)))
    (left, right), (top, bottom) = edges
    return left, top, right, bottom
