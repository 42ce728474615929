"""Photographs with their true colours or masks, one at a time, for evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from handtint.data.labels import labels, read_mask
from handtint.data.sources import Item
from handtint.image.arrays import resize
from handtint.image.arrays.samples import eight_bits
from handtint.image.color import tone
from handtint.image.photo import Photo
from handtint.types import Array

SIDE = 96  # pixels: the longer side of the copy on which `mostly_in_color` decides


def rgb(item: Item) -> Array:
    """The photograph as (H, W, 3) uint8 sRGB. Raises InputError."""
    pixels = eight_bits(Photo.read(item.read(), name=item.name).pixels)
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)


def mostly_in_color(items: Sequence[Item]) -> bool:
    """Whether at least half of the photographs are in colour, neither gray nor toned. Raises InputError."""
    small = (resize.shrink(pixels, resize.fit(pixels.shape[:2], SIDE)) for pixels in map(rgb, items))
    return 2 * sum(tone.kind(pixels) == "color" for pixels in small) >= len(items)


def colors(items: Iterable[Item]) -> Iterator[tuple[str, Array]]:
    """(name, (H, W, 3) uint8) of each photograph."""
    return ((item.name, rgb(item)) for item in items)


def masks(pairs: Iterable[tuple[Item, Item]]) -> Iterator[tuple[str, Array, Array, Array]]:
    """(name, photo (H, W, 3), class labels (H, W), foreground labels (H, W)), uint8, of each labelled photograph."""
    for photo, mask in pairs:
        yield photo.name, rgb(photo), *labels(photo, read_mask(mask))
