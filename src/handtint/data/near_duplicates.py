"""Near duplicates: photographs that are in a data set twice, with another name or size, found by their thumbnails."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from handtint.data.ground_truth import rgb
from handtint.data.sources import Item
from handtint.types import Array, Float

SIDE = 12  # of the thumbnails that are compared
ALIKE = 0.975  # the thumbnails of near duplicates correlate by more than this,
APART = 11.0  # and their root mean square difference, in levels of 0..255, is less than this
_ROWS = 1024  # thumbnails compared with all before them at a time


def without_near_duplicates(items: Sequence[Item], held: Sequence[Item], *, say: Callable[[str], None]) -> list[Item]:
    """The items without near duplicates, of which the first stays, and without near duplicates of `held`.

    held: photographs held out for validation, which must not be trained on under another name. say: called with a
    message about what was left out. Raises InputError for a file that is no picture.
    """
    say(f"looking for near duplicates among {len(items) + len(held)} photographs")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        small = np.stack([*pool.map(lambda item: thumbnail(rgb(item)), [*held, *items])])
    again = [bool(row) for row in repeated(small)[len(held) :]]
    say(f"{sum(again)} of {len(items)} photographs are near duplicates of others and are left out")
    return [item for item, twice in zip(items, again, strict=True) if not twice]


def thumbnail(pixels: Array) -> Float:
    """The thumbnail of a picture, RGB (H, W, 3) uint8, as a vector (SIDE * SIDE * 3,) float32, 0..255."""
    small = cv2.resize(np.ascontiguousarray(pixels), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32).ravel()


def repeated(small: Float) -> Array:
    """Which of the thumbnails (n, k) float32 are near duplicates of an earlier one, (n,) bool."""
    shape = small - small.mean(axis=1, keepdims=True)
    shape /= np.maximum(np.linalg.norm(shape, axis=1, keepdims=True), 1e-6)
    again = np.zeros(len(small), bool)
    for first in range(0, len(small), _ROWS):
        rows = slice(first, first + _ROWS)
        late, early = np.nonzero(shape[rows] @ shape[: first + _ROWS].T > ALIKE)
        late += first
        late, early = late[early < late], early[early < late]
        near = np.sqrt(np.mean((small[late] - small[early]) ** 2, axis=1)) < APART
        again[late[near]] = True
    return again
