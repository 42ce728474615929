"""Pictures of rare classes shown more often: repeat factor sampling (Gupta et al. 2019, LVIS, section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from handtint.data.labels import labels, read_mask
from handtint.data.sources import Item
from handtint.types import VOC, Array, Float

LEAST = 0.002  # of a picture's pixels: less of a class does not count
_T = TypeVar("_T")


def shown(pairs: Sequence[tuple[Item, Item]]) -> Array:
    """Which classes each labelled photograph shows, (pairs, 21) bool. Raises DecodeError."""
    return np.stack([_classes(photo, read_mask(mask)) for photo, mask in pairs])


def _classes(photo: Item, mask: Array) -> Array:
    classes, _ = labels(photo, mask)
    return np.bincount(classes.ravel(), minlength=256)[: len(VOC)] >= LEAST * classes.size


def factors(present: Array, share: float) -> Float:
    """How often to show each picture, at least once: sqrt(share / its rarest class's share of the pictures).

    present: (pictures, classes) bool. share: classes that at least this share of the pictures show are not rare.
    """
    frequency = present.mean(axis=0)
    rarity = np.sqrt(share / np.maximum(frequency, 1 / len(present)))
    return np.maximum(1.0, np.where(present, rarity, 1.0).max(axis=1)).astype(np.float32)


def repeated(examples: Sequence[_T], factor: Float, seed: int) -> list[_T]:
    """Each example as often as its factor says; what is over a whole number is the chance of one time more."""
    whole = np.floor(factor)
    times = whole + (np.random.default_rng(seed).random(len(factor)) < factor - whole)
    return [example for example, count in zip(examples, times, strict=True) for _ in range(int(count))]
