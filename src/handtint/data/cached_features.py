"""Cached outputs of a network's frozen stages, read from files: training pairs for the layers after them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from handtint.data.pairs import Batch
from handtint.data.sources import Item
from handtint.types import Array

STEM = "stem"  # stem0, stem1, ...: maps, finest first; the last one is the input of the next stage


@dataclass(frozen=True, slots=True)
class CachedExample:
    """A labelled photograph and the place of its cached features: row `row` of the files FOLDER/VIEW/PART.npy."""

    pair: tuple[Item, Item]
    folder: Path
    row: int


class CachedPairs(Dataset[Batch]):
    """A data set of cached feature maps (c, h, w) float16 and labels (h, w) uint8, where 255 is unknown.

    Each epoch uses another of a photograph's cached views and mirrors half of them: a mirrored feature map is nearly
    that of the mirrored photograph.
    """

    def __init__(self, examples: Sequence[CachedExample], *, views: int, seed: int, epoch: int) -> None:
        self.examples, self.seed, self.epoch = examples, seed, epoch
        folder = examples[0].folder / str(epoch % views)
        self._parts = {path.stem: np.load(path, mmap_mode="r") for path in folder.glob("*.npy")}

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Batch:
        row = self.examples[index].row
        mirrored = np.random.default_rng((self.seed, self.epoch, index)).random() < 0.5
        return {name: torch.from_numpy(_mirrored(part[row], mirrored)) for name, part in self._parts.items()}


def stem_features(batch: Mapping[str, Tensor]) -> list[Tensor]:
    """The cached feature maps in a batch, from the finest to the coarsest."""
    return [batch[name] for name in sorted(batch) if name.startswith(STEM)]


def _mirrored(part: Array, mirrored: bool) -> Array:
    return part[..., ::-1].copy() if mirrored else part.copy()
