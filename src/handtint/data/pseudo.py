"""Pseudo masks for photographs with weak labels or none: networks find where objects are, labels say what they are.

With labels this is weak supervision after Papandreou et al. 2015: a class that a photograph does not show cannot win.
Without labels it is self-training (Xie et al. 2020, "noisy student"). Uncertain pixels become unknown.
"""

from __future__ import annotations

import cv2
import numpy as np

from handtint.data.weak_labels import Box, WeakLabel
from handtint.types import VOC, VOID, Array, Float, Segmentation

THING, GROUND = 0.6, 0.15  # probability of some object: at least, at most
SURE = 0.65  # of one class among those that are labelled
LEAST = 0.005  # of a photograph's pixels: with less of an object the mask is not worth having
FIRST, UNSURE = 0.6, 0.1  # what the first of two networks weighs; how near to one half their mean is no answer
OFTEN_UNLABELLED = tuple(
    VOC.index(name) for name in ("bottle", "chair", "cow", "diningtable", "pottedplant", "sheep", "sofa", "tvmonitor")
)  # what labels of whole photographs often leave out


def mask(segmentation: Segmentation, label: WeakLabel, size: tuple[int, int]) -> Array | None:
    """A mask by a weak label: class labels (H, W) uint8, 255 for unknown. None if too little of an object is certain.

    segmentation: by a network that knows classes. size: (H, W) of the photograph; the label's boxes are in its pixels.
    """
    if segmentation.classes is None:
        raise ValueError("a network that knows no classes")
    classes = np.stack([_fitted(plane, size) for plane in segmentation.classes])
    foreground = _fitted(segmentation.foreground, size)
    labelled = sorted(label.classes)
    object_probability, share = 1 - classes[0], classes[labelled] * _label_regions(label, labelled, size)
    total = share.sum(axis=0)
    sure = (share.max(axis=0) >= SURE * total) & (total > 0) & ~_unlabelled(classes, labelled)
    is_thing = sure & (object_probability >= 0.5) & (np.maximum(object_probability, foreground) >= THING)
    labels = np.full(size, VOID, np.uint8)
    labels[is_thing] = np.array(labelled, np.uint8)[share.argmax(axis=0)][is_thing]
    labels[(object_probability <= GROUND) & (foreground <= 2 * GROUND)] = 0
    for box in label.unclear:
        labels[_inside(box, size)] = VOID
    if not set(labelled) <= set(np.unique(labels)):
        labels[labels == 0] = VOID  # something that is there was not found: it may be anywhere
    return labels if np.isin(labels, labelled).mean() >= LEAST else None


def foreground(segmentation: Segmentation, second: Segmentation | None, size: tuple[int, int]) -> Array:
    """A mask of the foreground by one or two networks: (H, W) uint8, 0 or 1, and 255 where they are not certain."""
    alpha = _fitted(segmentation.foreground, size)
    if second is not None:
        alpha = FIRST * alpha + (1 - FIRST) * _fitted(second.foreground, size)
    labels = (alpha >= 0.5).astype(np.uint8)
    labels[np.abs(alpha - 0.5) < UNSURE] = VOID
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


def _fitted(plane: Float, size: tuple[int, int]) -> Float:
    return np.asarray(cv2.resize(plane, size[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
