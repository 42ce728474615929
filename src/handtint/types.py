"""Types that all of handtint shares: arrays, the segmentation of a photo, and the interface of engines."""

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
Content = bytes | mmap.mmap  # of a file; the latter if it is large


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
VOID = 255  # the label of unlabelled pixels
OTHER, AMBIGUOUS = 254, 253  # labels of objects that belong to none of the classes, and that may belong to one


@dataclass(frozen=True, slots=True)
class Segmentation:
    """The segmentation of a photo, at network size.

    classes: (21, h, w) float32 probabilities of the VOC classes, summing to 1 over the first axis; None from a network
             that predicts no classes.
    foreground: (h, w) float32 alpha of the foreground, 0..1.
    features: (c, h, w) float32 of the network, similar in similar regions.
    faces: a box (left, top, right, bottom) for each face, relative to the photo's sides, 0..1; they separate people who
           touch one another.
    parts: (3, h, w) float32 probabilities of PARTS, which sum to 1 on people; None if they were not requested.
    Each map covers the whole photo; h and w may differ between maps.
    """

    classes: Float | None
    foreground: Float
    features: Float
    faces: tuple[tuple[float, float, float, float], ...] = ()
    parts: Float | None = None


class Engine(Protocol):
    """A loaded network, run by any library."""

    def run(self, x: Float) -> tuple[Float, ...]:
        """Map one batch (n, c, h, w) float32 to the network's outputs, float32."""
        ...
