"""Photo -> which part of each person is skin, hair or clothes."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from handtint.image.arrays import resize
from handtint.image.color.view import network_view
from handtint.image.masks import instances
from handtint.types import PARTS, Array, Engine, Float, Segmentation

MOST = 16  # people, the largest first
MARGIN = 0.08  # of a person's box, added on each side
FINEST = 640  # side of the square that has as many pixels as the maps at most
SHARPER = 3  # times the logits: the likeliest part takes a pixel, so that no gaps are left between parts
NEARLY = 0.1  # alpha from which a pixel belongs to a person's box

Box = tuple[float, float, float, float]  # left, top, right, bottom, as shares 0..1 of the photo's sides


def find_parts(pixels: Array, engine: Engine, segmentation: Segmentation, *, side: int, gain: float | None) -> Float:
    """The probabilities of PARTS in a photo (H, W) or (H, W, 3): (3, h, w) float32, at FINEST * FINEST pixels at most.

    They sum to 1 on people and are 0 where no person is near. The network sees each person alone, at about side * side
    pixels; side: as of `network_view`, like gain. Raises OptionError for a segmentation without classes.
    """
    height, width = pixels.shape[:2]
    size = resize.fit((height, width), max(1, min(FINEST, round((height * width) ** 0.5))))
    total, weight = np.zeros((len(PARTS), *size), np.float32), np.zeros(size, np.float32)
    for alpha, box in _people(segmentation):
        rows, columns = _range(box[1], box[3], size[0]), _range(box[0], box[2], size[1])
        crop = pixels[_range(box[1], box[3], height), _range(box[0], box[2], width)]
        shares = _seen(crop, engine, side=side, gain=gain)
        here = (rows.stop - rows.start, columns.stop - columns.start)
        whole = cv2.resize(alpha, size[::-1], interpolation=cv2.INTER_LINEAR)[rows, columns] + np.float32(1e-3)
        total[:, rows, columns] += np.stack([_resized(share, here) for share in shares]) * whole
        weight[rows, columns] += whole
    total /= np.maximum(weight, np.float32(1e-6))
    return total


def _people(segmentation: Segmentation) -> Iterator[tuple[Float, Box]]:
    """(alpha (h, w), box) of each person, the largest first."""
    for person in instances.of(segmentation, "person")[:MOST]:
        height, width = person.alpha.shape
        rows, columns = (np.nonzero((person.alpha > NEARLY).any(axis=axis))[0] for axis in (1, 0))
        top, bottom = _widened(rows[0] / height, (rows[-1] + 1) / height)
        left, right = _widened(columns[0] / width, (columns[-1] + 1) / width)
        yield person.alpha, (left, top, right, bottom)


def _widened(low: float, high: float) -> tuple[float, float]:
    """A stretch with the margin on either side, within 0..1."""
    margin = MARGIN * (high - low)
    return max(0.0, low - margin), min(1.0, high + margin)


def _range(low: float, high: float, length: int) -> slice:
    """The pixels of a side of so many that a stretch of it covers, one at least."""
    first = min(int(low * length), length - 1)
    return slice(first, max(first + 1, round(high * length)))


def _seen(pixels: Array, engine: Engine, *, side: int, gain: float | None) -> Float:
    """(3, h, w): probabilities of PARTS, which sum to 1, since the background is the mask network's business."""
    L, x = network_view(pixels, side, gain)
    logits = engine.run(x)[0][0, 1:]
    h, w = (max(1, n * own // whole) for n, own, whole in zip(logits.shape[1:], L.shape, x.shape[2:], strict=True))
    powers = np.exp(SHARPER * (logits[:, :h, :w] - logits[:, :h, :w].max(axis=0)))
    return powers / powers.sum(axis=0)


def _resized(plane: Float, size: tuple[int, int]) -> Float:
    return cv2.resize(np.ascontiguousarray(plane), size[::-1], interpolation=cv2.INTER_LINEAR)
