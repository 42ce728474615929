"""Repeat factor sampling: pictures of rare classes are shown more often (Gupta et al. 2019, LVIS, section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from handtint.data.labels import labels, read_mask
from handtint.data.sources import Item
from handtint.types import VOC, Array, Float

MIN_SHARE = 0.002  # of a picture's pixels: a class that covers less counts as absent
_T = TypeVar("_T")


def class_presence(pairs: Sequence[tuple[Item, Item]]) -> Array:
    """Which of the 21 VOC classes each labelled photograph shows, (pairs, 21) bool. Raises DecodeError."""
    return np.stack([_classes(photo, read_mask(mask)) for photo, mask in pairs])


def _classes(photo: Item, mask: Array) -> Array:
    classes, _ = labels(photo, mask)
    return np.bincount(classes.ravel(), minlength=256)[: len(VOC)] >= MIN_SHARE * classes.size


def repeat_factors(present: Array, share: float) -> Float:
    """The number of repetitions of each picture in an epoch, at least 1: sqrt(share / frequency of its rarest class).

    present: (pictures, classes) bool. share: classes in at least this share 0..1 of the pictures do not count as rare.
    """
    frequency = present.mean(axis=0)
    rarity = np.sqrt(share / np.maximum(frequency, 1 / len(present)))
    return np.maximum(1.0, np.where(present, rarity, 1.0).max(axis=1)).astype(np.float32)


def repeat(examples: Sequence[_T], factor: Float, seed: int) -> list[_T]:
    """The examples, each repeated by its factor; the fraction of a factor is the probability of one more repetition."""
    whole = np.floor(factor)
    counts = whole + (np.random.default_rng(seed).random(len(factor)) < factor - whole)
    return [example for example, count in zip(examples, counts, strict=True) for _ in range(int(count))]
