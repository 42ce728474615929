"""The values passed around in handtint: arrays, what the networks predict for a photo, and the interface of engines."""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Float = NDArray[np.float32]  # L* 0..100, a*b* -128..127, alpha and mask 0..1
Pixels = NDArray[Any]  # uint8 or uint16
Alpha = NDArray[np.uint8]  # (H, W): 255 keeps a pixel's colour, 0 does not
Content = bytes | mmap.mmap  # of a file: the latter where it is too large for memory


# The 21 labels of PASCAL VOC 2012, by index.
VOC = (
    "background",
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
)
PARTS = ("skin", "hair", "clothes")  # of people; clothes are all that is worn or carried
VOID = 255  # the label of pixels that nobody labelled
OTHER, AMBIGUOUS = 254, 253  # labels of a thing that is none of the classes, and of one that may be one of them


@dataclass(frozen=True, slots=True)
class Segmentation:
    """What stands where in a photo, at network size.

    classes: (21, h, w) float32 probabilities of the VOC classes, summing to 1 over the first axis; None from a network
             that knows no classes.
    foreground: (h, w) float32 alpha of whatever stands in front, 0..1.
    features: (c, h, w) float32, alike where the network sees the same thing.
    faces: a box (left, top, right, bottom) for each face, as shares 0..1 of the photo's sides; they tell people who
           touch one another apart.
    parts: (3, h, w) float32 probabilities of PARTS, which sum to 1 on people; None where nobody asked for them.
    Each map covers the whole photo, whatever its own h and w.
    """

    classes: Float | None
    foreground: Float
    features: Float
    faces: tuple[tuple[float, float, float, float], ...] = ()
    parts: Float | None = None


class Engine(Protocol):
    """A network ready to run, whatever runs it."""

    def run(self, x: Float) -> tuple[Float, ...]:
        """Map one batch (n, c, h, w) float32 to the network's outputs, float32."""
        ...
