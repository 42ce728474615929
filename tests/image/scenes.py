"""A drawn photograph, and the segmentation that a good network would predict."""

from dataclasses import dataclass

import cv2
import numpy as np

from handtint.types import VOC, Array, Segmentation

OBJECTS = (  # class, centre, half axes, gray level
    ("person", (620, 330), (90, 220), 40),
    ("person", (150, 380), (60, 160), 70),
    ("person", (400, 450), (30, 90), 60),
    ("dog", (280, 520), (60, 40), 30),
)
SIZE, CELLS = (600, 800), (72, 96)


@dataclass(frozen=True)
class Scene:
    """pixels, labels (VOC indices), owner (0, or 1 + index in OBJECTS): (600, 800) uint8; segmentation: (72, 96)."""

    pixels: Array
    labels: Array
    owner: Array
    segmentation: Segmentation


def shrink(plane: Array, size: tuple[int, int] = CELLS) -> Array:
    return cv2.resize(plane.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)


def draw() -> Scene:
    """Three people, the largest on the right, the smallest in the middle, and a dog, under a sky, on a ground."""
    random = np.random.default_rng(0)
    labels, owner = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
    pixels = np.full(SIZE, 200, np.uint8)
    pixels[420:] = 120
    for i, (name, centre, axes, level) in enumerate(OBJECTS, 1):
        for plane, value in ((labels, VOC.index(name)), (owner, i), (pixels, level)):
            cv2.ellipse(plane, centre, axes, 0, 0, 360, value, -1)
    pixels = np.clip(pixels + random.normal(0, 4, SIZE), 0, 255).astype(np.uint8)
    classes = np.stack([cv2.GaussianBlur(shrink(labels == k), (0, 0), 0.8) for k in range(21)])
    kinds = labels.copy()
    kinds[(labels == 0) & (np.arange(SIZE[0])[:, None] >= 420)] = 255  # the ground differs from the sky
    features = random.normal(0, 0.3, (64, *CELLS)).astype(np.float32)
    for kind in np.unique(kinds):
        features += np.abs(random.normal(0, 1, (64, 1, 1))).astype(np.float32) * shrink(kinds == kind)
    foreground = shrink(labels > 0, (144, 192))
    return Scene(pixels, labels, owner, Segmentation(classes / classes.sum(axis=0), foreground, features))
