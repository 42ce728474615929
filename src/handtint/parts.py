"""Parts of people: a photo -> the probabilities of skin, hair and clothes."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from handtint.image.arrays import resize
from handtint.image.color.view import network_view
from handtint.image.masks import instances
from handtint.types import PARTS, Array, Engine, Float, Segmentation

MAX_PEOPLE = 16  # the largest ones
MARGIN = 0.08  # of a person's box, added on each side
MAX_SIDE = 640  # maps have at most MAX_SIDE * MAX_SIDE pixels
LOGIT_SCALE = 3  # sharpens the probabilities, so that no gaps are left between parts
MIN_ALPHA = 0.1  # of pixels in a person's box

Box = tuple[float, float, float, float]  # left, top, right, bottom, as shares 0..1 of the photo's sides


def find_parts(pixels: Array, engine: Engine, segmentation: Segmentation, *, side: int, gain: float | None) -> Float:
    """The probabilities of PARTS in a photo (H, W) or (H, W, 3): (3, h, w) float32, of at most MAX_SIDE * MAX_SIDE.

    They sum to 1 on people and are 0 away from them. The network runs on a crop of each person, at about side * side
    pixels. side, gain: as for `network_view`. Raises OptionError for a segmentation without classes.
    """
    height, width = pixels.shape[:2]
    size = resize.fit((height, width), max(1, min(MAX_SIDE, round((height * width) ** 0.5))))
    total, weight = np.zeros((len(PARTS), *size), np.float32), np.zeros(size, np.float32)
    for alpha, box in _people(segmentation):
        rows, columns = _range(box[1], box[3], size[0]), _range(box[0], box[2], size[1])
        crop = pixels[_range(box[1], box[3], height), _range(box[0], box[2], width)]
        probabilities = _probabilities(crop, engine, side=side, gain=gain)
        crop_size = (rows.stop - rows.start, columns.stop - columns.start)
        person = cv2.resize(alpha, size[::-1], interpolation=cv2.INTER_LINEAR)[rows, columns] + np.float32(1e-3)
        total[:, rows, columns] += (
            np.stack([_resized(probability, crop_size) for probability in probabilities]) * person
        )
        weight[rows, columns] += person
    total /= np.maximum(weight, np.float32(1e-6))
    return total


def _people(segmentation: Segmentation) -> Iterator[tuple[Float, Box]]:
    """(alpha (h, w), box) of each person, the largest first."""
    for person in instances.of(segmentation, "person")[:MAX_PEOPLE]:
        height, width = person.alpha.shape
        rows, columns = (np.nonzero((person.alpha > MIN_ALPHA).any(axis=axis))[0] for axis in (1, 0))
        top, bottom = _with_margin(rows[0] / height, (rows[-1] + 1) / height)
        left, right = _with_margin(columns[0] / width, (columns[-1] + 1) / width)
        yield person.alpha, (left, top, right, bottom)


def _with_margin(low: float, high: float) -> tuple[float, float]:
    """An interval with the margin on both sides, within 0..1."""
    margin = MARGIN * (high - low)
    return max(0.0, low - margin), min(1.0, high + margin)


def _range(low: float, high: float, length: int) -> slice:
    """The pixels of a side of that length in an interval of 0..1, at least one."""
    first = min(int(low * length), length - 1)
    return slice(first, max(first + 1, round(high * length)))


def _probabilities(pixels: Array, engine: Engine, *, side: int, gain: float | None) -> Float:
    """(3, h, w): probabilities of PARTS, which sum to 1: the background is left to the mask network."""
    L, x = network_view(pixels, side, gain)
    logits = engine.run(x)[0][0, 1:]
    h, w = (
        max(1, n * unpadded // padded)
        for n, unpadded, padded in zip(logits.shape[1:], L.shape, x.shape[2:], strict=True)
    )
    exponentials = np.exp(LOGIT_SCALE * (logits[:, :h, :w] - logits[:, :h, :w].max(axis=0)))
    return exponentials / exponentials.sum(axis=0)


def _resized(plane: Float, size: tuple[int, int]) -> Float:
    return cv2.resize(np.ascontiguousarray(plane), size[::-1], interpolation=cv2.INTER_LINEAR)
