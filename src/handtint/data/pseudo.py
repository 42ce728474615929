"""Pseudo masks for photographs with weak labels or none: networks find where objects are, labels say what they are.

With labels this is weak supervision after Papandreou et al. 2015: a class that a photograph does not show cannot win.
Without labels it is self-training (Xie et al. 2020, "noisy student"). Uncertain pixels become unknown.
"""

from __future__ import annotations

import cv2
import numpy as np

from handtint.data.weak_labels import Box, WeakLabel
from handtint.types import VOC, VOID, Array, Float, Segmentation

OBJECT_MIN, BACKGROUND_MAX = 0.6, 0.15  # thresholds of the probability of any object
CLASS_MIN_SHARE = 0.65  # of one class in the total probability of the labelled classes
MIN_COVERAGE = 0.005  # of a photograph's pixels: a mask whose objects cover less is not used
FIRST_WEIGHT, MARGIN = 0.6, 0.1  # weight of the first of two networks; an alpha nearer to 0.5 than this is unknown
OFTEN_UNLABELLED = tuple(
    VOC.index(name) for name in ("bottle", "chair", "cow", "diningtable", "pottedplant", "sheep", "sofa", "tvmonitor")
)  # classes that labels of whole photographs often omit


def mask(segmentation: Segmentation, label: WeakLabel, size: tuple[int, int]) -> Array | None:
    """A mask by a weak label: class labels (H, W) uint8, 255 for unknown. None if too few object pixels are certain.

    segmentation: by a network that predicts classes. size: (H, W) of the photograph, in whose pixels the boxes are.
    Raises ValueError for a segmentation without classes.
    """
    if segmentation.classes is None:
        raise ValueError("a network that predicts no classes")
    classes = np.stack([_resized(plane, size) for plane in segmentation.classes])
    foreground = _resized(segmentation.foreground, size)
    labelled = sorted(label.classes)
    object_probability, class_scores = 1 - classes[0], classes[labelled] * _label_regions(label, labelled, size)
    total = class_scores.sum(axis=0)
    certain = (class_scores.max(axis=0) >= CLASS_MIN_SHARE * total) & (total > 0) & ~_unlabelled(classes, labelled)
    is_object = certain & (object_probability >= 0.5) & (np.maximum(object_probability, foreground) >= OBJECT_MIN)
    labels = np.full(size, VOID, np.uint8)
    labels[is_object] = np.array(labelled, np.uint8)[class_scores.argmax(axis=0)][is_object]
    labels[(object_probability <= BACKGROUND_MAX) & (foreground <= 2 * BACKGROUND_MAX)] = 0
    for box in label.ignored_boxes:
        labels[_inside(box, size)] = VOID
    if not set(labelled) <= set(np.unique(labels)):
        labels[labels == 0] = VOID  # a labelled object was not found: it may be anywhere
    return labels if np.isin(labels, labelled).mean() >= MIN_COVERAGE else None


def foreground(segmentation: Segmentation, second: Segmentation | None, size: tuple[int, int]) -> Array:
    """A mask of the foreground by one or two networks: (H, W) uint8, 0 or 1, and 255 where they are not certain."""
    alpha = _resized(segmentation.foreground, size)
    if second is not None:
        alpha = FIRST_WEIGHT * alpha + (1 - FIRST_WEIGHT) * _resized(second.foreground, size)
    labels = (alpha >= 0.5).astype(np.uint8)
    labels[np.abs(alpha - 0.5) < MARGIN] = VOID
    return labels


def _label_regions(label: WeakLabel, labelled: list[int], size: tuple[int, int]) -> Array:
    """Where each labelled class may be, (classes, H, W) bool: inside its boxes, or everywhere without boxes."""
    if not label.boxes:
        return np.ones((len(labelled), *size), bool)
    regions = np.zeros((len(labelled), *size), bool)
    for index, box in label.boxes:
        regions[labelled.index(index)] |= _inside(box, size)
    return regions


def _inside(box: Box, size: tuple[int, int]) -> Array:
    y, x = (np.arange(n) + 0.5 for n in size)
    inside: Array = ((y >= box[1]) & (y <= box[3]))[:, None] & ((x >= box[0]) & (x <= box[2]))
    return inside


def _unlabelled(classes: Float, labelled: list[int]) -> Array:
    """Where the network predicts a class that weak labels often omit."""
    return np.isin(classes.argmax(axis=0), [index for index in OFTEN_UNLABELLED if index not in labelled])


def _resized(plane: Float, size: tuple[int, int]) -> Float:
    return np.asarray(cv2.resize(plane, size[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
