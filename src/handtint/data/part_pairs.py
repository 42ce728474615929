"""Training pairs for parts of people: crops of a person, or of the head, and which pixel is of which part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.utils.data import Dataset

from handtint.data.augment import Box, box_around, crop_and_resize, crop_box, degrade
from handtint.data.cameras import film, recorded_lightness
from handtint.data.ground_truth import rgb
from handtint.data.labels import read_mask
from handtint.data.pairs import Batch, network_lightness
from handtint.data.sources import Item
from handtint.errors import DecodeError
from handtint.types import PARTS, VOID, Array

HEAD_CROP_PROB = 0.4  # probability of a crop around the head, as in old portraits
HAIR = 1 + PARTS.index("hair")


class PartPairs(Dataset[Batch]):
    """A data set of random crops: L (1, size, size), and the part of each pixel (size, size) uint8.

    Masks are 0 for background, 1.. for PARTS in their order and 255 for unknown. L is recorded by a random plate or
    film. degradation_prob: of each fault of old prints. Raises DecodeError for other masks.
    """

    def __init__(
        self,
        pairs: Sequence[tuple[Item, Item]],
        size: int,
        *,
        seed: int,
        epoch: int,
        min_crop_scale: float = 0.1,
        degradation_prob: float = 0.25,
    ) -> None:
        self.pairs, self.size, self.seed, self.epoch = pairs, size, seed, epoch
        self.min_crop_scale, self.degradation_prob = min_crop_scale, degradation_prob

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng((self.seed, self.epoch, index))
        photo, file = self.pairs[index]
        pixels, mask = rgb(photo), part_labels(file)
        box = self._box(rng, mask)
        pixels, mask = crop_and_resize(pixels, box, self.size), crop_and_resize(mask, box, self.size, nearest=True)
        if rng.random() < 0.5:
            pixels, mask = np.ascontiguousarray(pixels[:, ::-1]), mask[:, ::-1]
        L = recorded_lightness(pixels, film(rng))
        return {
            "L": network_lightness(degrade(rng, L, prob=self.degradation_prob)),
            "parts": torch.from_numpy(mask.copy()),
        }

    def _box(self, rng: np.random.Generator, mask: Array) -> Box:
        height, width = mask.shape
        rows, columns = np.nonzero(mask == HAIR)
        if len(rows) and rng.random() < HEAD_CROP_PROB:
            hair = float(columns.min()), float(rows.min()), float(columns.max()) + 1, float(rows.max()) + 1
            return box_around(rng, height, width, hair)
        return crop_box(rng, height, width, min_scale=self.min_crop_scale, aspect=1.5)


def part_labels(file: Item) -> Array:
    """The part of each pixel (h, w) uint8 in a mask file; see PartPairs. Raises DecodeError."""
    mask = read_mask(file)
    if wrong := mask[(mask > len(PARTS)) & (mask != VOID)].tolist():
        raise DecodeError(
            f"{file.name}: {wrong[0]} is no part: 0 is background, 1..{len(PARTS)} are {', '.join(PARTS)}"
        )
    return mask
