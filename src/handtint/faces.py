"""Photo -> the faces in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from handtint.image.arrays import resize
from handtint.image.color import lab, tone
from handtint.types import Array, Engine, Float

SURE = 0.4  # score from which it is a face
APART = 0.35  # share of two boxes' union that they have in common, above which they are one face
STRIDE = 4  # of the detector's answer
GROUP, SMALL = 2, 1 / 18  # from so many faces narrower than this share of the photo's longer side it may be a group
SKIN_CHROMA, SKIN_HUE = (8.0, 40.0), (10.0, 85.0)  # sqrt(a*^2 + b*^2), and the angle of (a*, b*) in degrees


@dataclass(frozen=True, slots=True)
class Face:
    """A face: its box in pixels of the photo, edges included as fractions, and how sure the detector is, 0..1."""

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
    def middle(self) -> tuple[float, float]:
        """(x, y) in pixels."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def shares(self, size: Sequence[int]) -> tuple[float, float, float, float]:
        """Its box as shares of the sides of a photo of that size, (height, width)."""
        height, width = size
        return self.x0 / width, self.y0 / height, self.x1 / width, self.y1 / height


def like_skin(ab: Float) -> bool:
    """Whether colours (h, w, 2), a*b*, are those of skin, of whatever complexion.

    Their median chroma is 8 to 40, and the hue of their median a*b* 10 to 85 degrees.
    """
    return skin_tone(*tone_of(ab))


def tone_of(ab: Float) -> tuple[float, float]:
    """The median chroma of colours (h, w, 2), a*b*, and the hue of their median a*b* in degrees of 0..360."""
    a, b = np.moveaxis(ab.reshape(-1, 2), 1, 0)
    hue = np.degrees(np.arctan2(np.median(b), np.median(a))) % 360
    return float(np.median(np.hypot(a, b))), float(hue)


def skin_tone(chroma: float, hue: float) -> bool:
    """Whether a chroma and a hue in degrees are those of skin; see `like_skin`."""
    return SKIN_CHROMA[0] <= chroma <= SKIN_CHROMA[1] and SKIN_HUE[0] <= hue <= SKIN_HUE[1]


def find_faces(
    pixels: Array, engine: Engine, *, side: int, gain: float | None = None, sure: float = SURE
) -> list[Face]:
    """The faces in a photo (H, W) or (H, W, 3), the largest first.

    The detector (see nets/faces.py) sees the lightness alone, the longer side of the photo at `side` pixels and, for
    faces that fill the picture, at a third of that; after the gain: a factor, or None for the automatic one. Where that
    shows several small faces, it looks at twice the side for more of a group.
    """
    seen = np.concatenate([_seen(pixels, engine, side=part, gain=gain, sure=sure) for part in (side, side // 3)])
    faces = _faces(seen)
    if sum(face.width < SMALL * max(pixels.shape[:2]) for face in faces) >= GROUP:
        faces = _faces(np.concatenate([seen, _seen(pixels, engine, side=2 * side, gain=gain, sure=sure)]))
    return sorted((f for f in faces if f.width >= 1 and f.height >= 1), key=lambda face: -face.width * face.height)


def _faces(boxes: Float) -> list[Face]:
    """Those of the boxes (n, 5), x0, y0, x1, y1 and score, that stand for a face each, the surest first."""
    return [Face(*map(float, box)) for box in _apart(boxes[np.argsort(-boxes[:, 4], kind="stable")])]


def _seen(pixels: Array, engine: Engine, *, side: int, gain: float | None, sure: float) -> Float:
    """(n, 5): x0, y0, x1, y1 in pixels of the photo and the score, at one size of it."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(height * scale)), max(1, round(width * scale))
    L = tone.apply(lab.lightness(resize.shrink(pixels, size)), gain)
    answer = engine.run(resize.pad(L / np.float32(lab.L_SCALE) - 1))
    boxes = _boxes(*(planes[0] for planes in answer[:3]), sure=sure)
    boxes[:, (0, 2)] = np.clip(boxes[:, (0, 2)] * (width / size[1]), 0, width)
    boxes[:, (1, 3)] = np.clip(boxes[:, (1, 3)] * (height / size[0]), 0, height)
    return boxes


def _boxes(heat: Float, size: Float, offset: Float, *, sure: float) -> Float:
    """(n, 5): x0, y0, x1, y1 in pixels of what the detector saw, and the score, of its maps (k, h, w)."""
    peaks = (heat[0] == cv2.dilate(heat[0], np.ones((3, 3), np.uint8))) & (heat[0] > np.log(sure / (1 - sure)))
    y, x = np.nonzero(peaks)
    score = 1 / (1 + np.exp(-heat[0, y, x]))
    high, wide = np.exp(np.clip(size[:, y, x], -4, 6))
    middle_y, middle_x = (np.stack([y, x]) + 0.5 + offset[:, y, x]) * STRIDE
    half_h, half_w = high * STRIDE / 2, wide * STRIDE / 2
    boxes = np.stack([middle_x - half_w, middle_y - half_h, middle_x + half_w, middle_y + half_h, score], axis=1)
    return boxes.astype(np.float32)


def _apart(boxes: Float) -> Float:
    """The boxes (n, 5), surest first, without those that mostly cover a surer one."""
    kept: list[Float] = []
    while len(boxes):
        first, boxes = boxes[0], boxes[1:]
        kept.append(first)
        low, high = np.maximum(first[:2], boxes[:, :2]), np.minimum(first[2:4], boxes[:, 2:4])
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        areas = np.prod(boxes[:, 2:4] - boxes[:, :2], axis=1) + np.prod(first[2:4] - first[:2])
        boxes = boxes[shared < APART * (areas - shared)]
    return np.array(kept, np.float32).reshape(-1, 5)
