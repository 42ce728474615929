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
MIN_CORRELATION = 0.975  # the thumbnails of near duplicates correlate by more than this,
MAX_RMS_DIFFERENCE = 11.0  # and their root mean square difference, in levels of 0..255, is less than this
_ROWS = 1024  # thumbnails that are compared at a time with all before them


def without_near_duplicates(
    items: Sequence[Item], held_out: Sequence[Item], *, say: Callable[[str], None]
) -> list[Item]:
    """The items without near duplicates, of which the first stays, and without near duplicates of `held_out`.

    held_out: photographs held out for validation, which must not be trained on under another name. say: called with
    messages about the search and how many were left out. Raises InputError for a file that is no picture.
    """
    say(f"looking for near duplicates among {len(items) + len(held_out)} photographs")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        thumbnails = np.stack([*pool.map(lambda item: thumbnail(rgb(item)), [*held_out, *items])])
    is_duplicate = [bool(row) for row in duplicates(thumbnails)[len(held_out) :]]
    say(f"{sum(is_duplicate)} of {len(items)} photographs are near duplicates of others and are left out")
    return [item for item, duplicate in zip(items, is_duplicate, strict=True) if not duplicate]


def thumbnail(pixels: Array) -> Float:
    """The thumbnail of a picture, RGB (H, W, 3) uint8, as a vector (SIDE * SIDE * 3,) float32, 0..255."""
    small = cv2.resize(np.ascontiguousarray(pixels), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32).ravel()


def duplicates(thumbnails: Float) -> Array:
    """Which of the thumbnails (n, k) float32 are near duplicates of an earlier one, (n,) bool."""
    normalized = thumbnails - thumbnails.mean(axis=1, keepdims=True)
    normalized /= np.maximum(np.linalg.norm(normalized, axis=1, keepdims=True), 1e-6)
    is_duplicate = np.zeros(len(thumbnails), bool)
    for first in range(0, len(thumbnails), _ROWS):
        rows = slice(first, first + _ROWS)
        later, earlier = np.nonzero(normalized[rows] @ normalized[: first + _ROWS].T > MIN_CORRELATION)
        later += first
        later, earlier = later[earlier < later], earlier[earlier < later]
        close = np.sqrt(np.mean((thumbnails[later] - thumbnails[earlier]) ** 2, axis=1)) < MAX_RMS_DIFFERENCE
        is_duplicate[later[close]] = True
    return is_duplicate
