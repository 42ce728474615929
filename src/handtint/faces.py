"""Face detection: a photo -> the boxes of its faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from handtint.image.arrays import resize
from handtint.image.color import lab, tone
from handtint.types import Array, Engine, Float

MIN_SCORE = 0.4  # a detection with a lower score is discarded
MAX_IOU = 0.35  # intersection over union above which two boxes are one face
STRIDE = 4  # of the detector's output
GROUP_SIZE, SMALL_WIDTH = 2, 1 / 18  # this many faces narrower than this share of the longer side may be a group
SKIN_CHROMA, SKIN_HUE = (8.0, 40.0), (10.0, 85.0)  # sqrt(a*^2 + b*^2), and the angle of (a*, b*) in degrees


@dataclass(frozen=True, slots=True)
class Face:
    """A face: its box in pixels of the photo, with fractions, and the detector's score, 0..1."""

    x0: float
    y0: float
    x1: float
    y1: float
    score: float

    @property
    def width(self) -> float:
        """In pixels."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """In pixels."""
        return self.y1 - self.y0

    @property
    def center(self) -> tuple[float, float]:
        """(x, y) in pixels."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def shares(self, size: Sequence[int]) -> tuple[float, float, float, float]:
        """Its box (x0, y0, x1, y1) relative to a photo of that size, (height, width): 0..1."""
        height, width = size
        return self.x0 / width, self.y0 / height, self.x1 / width, self.y1 / height


def has_skin_tone(ab: Float) -> bool:
    """Whether colours (h, w, 2), a*b*, are those of skin, of any complexion.

    Their median chroma is 8 to 40, and the hue of their median a*b* 10 to 85 degrees.
    """
    return is_skin_tone(*median_tone(ab))


def median_tone(ab: Float) -> tuple[float, float]:
    """The median chroma of colours (h, w, 2), a*b*, and the hue of their median a*b* in degrees of 0..360."""
    a, b = np.moveaxis(ab.reshape(-1, 2), 1, 0)
    hue = np.degrees(np.arctan2(np.median(b), np.median(a))) % 360
    return float(np.median(np.hypot(a, b))), float(hue)


def is_skin_tone(chroma: float, hue: float) -> bool:
    """Whether a chroma and a hue in degrees are those of skin; see `has_skin_tone`."""
    return SKIN_CHROMA[0] <= chroma <= SKIN_CHROMA[1] and SKIN_HUE[0] <= hue <= SKIN_HUE[1]


def find_faces(
    pixels: Array, engine: Engine, *, side: int, gain: float | None = None, min_score: float = MIN_SCORE
) -> list[Face]:
    """The faces in a photo (H, W) or (H, W, 3), the largest first.

    The detector (nets/faces.py) runs on lightness, with the photo's longer side at `side` pixels and, for faces that
    fill the picture, at a third of that. If it finds several small faces, it also runs at twice the side. gain: applied
    to the lightness; None for the automatic one. min_score: of a detection.
    """
    boxes = np.concatenate(
        [_detect(pixels, engine, side=input_side, gain=gain, min_score=min_score) for input_side in (side, side // 3)]
    )
    faces = _suppress(boxes)
    if sum(face.width < SMALL_WIDTH * max(pixels.shape[:2]) for face in faces) >= GROUP_SIZE:
        faces = _suppress(
            np.concatenate([boxes, _detect(pixels, engine, side=2 * side, gain=gain, min_score=min_score)])
        )
    return sorted((f for f in faces if f.width >= 1 and f.height >= 1), key=lambda face: -face.width * face.height)


def _suppress(boxes: Float) -> list[Face]:
    """A face for each group of overlapping boxes (n, 5), x0, y0, x1, y1, score; best first."""
    return [Face(*map(float, box)) for box in _non_maximum_suppression(boxes[np.argsort(-boxes[:, 4], kind="stable")])]


def _detect(pixels: Array, engine: Engine, *, side: int, gain: float | None, min_score: float) -> Float:
    """Detections at one input size, (n, 5): x0, y0, x1, y1 in pixels of the photo, and the score."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(height * scale)), max(1, round(width * scale))
    L = tone.apply(lab.lightness(resize.shrink(pixels, size)), gain)
    outputs = engine.run(resize.pad(L / np.float32(lab.L_SCALE) - 1))
    boxes = _boxes(*(planes[0] for planes in outputs[:3]), min_score=min_score)
    boxes[:, (0, 2)] = np.clip(boxes[:, (0, 2)] * (width / size[1]), 0, width)
    boxes[:, (1, 3)] = np.clip(boxes[:, (1, 3)] * (height / size[0]), 0, height)
    return boxes


def _boxes(heat: Float, size: Float, offset: Float, *, min_score: float) -> Float:
    """The detector's maps (k, h, w) as boxes (n, 5): x0, y0, x1, y1 in pixels of its input, and the score."""
    peaks = (heat[0] == cv2.dilate(heat[0], np.ones((3, 3), np.uint8))) & (
        heat[0] > np.log(min_score / (1 - min_score))
    )
    y, x = np.nonzero(peaks)
    score = 1 / (1 + np.exp(-heat[0, y, x]))
    heights, widths = np.exp(np.clip(size[:, y, x], -4, 6))
    center_y, center_x = (np.stack([y, x]) + 0.5 + offset[:, y, x]) * STRIDE
    half_h, half_w = heights * STRIDE / 2, widths * STRIDE / 2
    boxes = np.stack([center_x - half_w, center_y - half_h, center_x + half_w, center_y + half_h, score], axis=1)
    return boxes.astype(np.float32)


def _non_maximum_suppression(boxes: Float) -> Float:
    """The boxes (n, 5), sorted by falling score, without those that overlap a better one by more than MAX_IOU."""
    selected: list[Float] = []
    while len(boxes):
        best, boxes = boxes[0], boxes[1:]
        selected.append(best)
        low, high = np.maximum(best[:2], boxes[:, :2]), np.minimum(best[2:4], boxes[:, 2:4])
        intersections = np.prod(np.clip(high - low, 0, None), axis=1)
        areas = np.prod(boxes[:, 2:4] - boxes[:, :2], axis=1) + np.prod(best[2:4] - best[:2])
        boxes = boxes[intersections < MAX_IOU * (areas - intersections)]
    return np.array(selected, np.float32).reshape(-1, 5)
