"""What frozen layers made of photographs, kept in files: pairs for what learns on from there."""

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

BEGUN = "begun"  # begun0, begun1, ...: maps, finest first, and last what the next stage is to be given


@dataclass(frozen=True, slots=True)
class Remembered:
    """A labelled photograph and where what is kept of it lies: row `row` of the files FOLDER/VIEW/PART.npy."""

    pair: tuple[Item, Item]
    folder: Path
    row: int


class RememberedPairs(Dataset[Batch]):
    """One look at each photograph, half of them mirrored: maps (c, h, w) float16, labels (h, w) uint8, 255 unknown.

    A pass over the photographs has one of the looks, the next pass another. Mirrored maps are not quite the maps of
    the mirrored photograph, but near.
    """

    def __init__(self, examples: Sequence[Remembered], *, views: int, seed: int, turn: int) -> None:
        self.examples, self.seed, self.turn = examples, seed, turn
        folder = examples[0].folder / str(turn % views)
        self._parts = {path.stem: np.load(path, mmap_mode="r") for path in folder.glob("*.npy")}

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Batch:
        row = self.examples[index].row
        mirrored = np.random.default_rng((self.seed, self.turn, index)).random() < 0.5
        return {name: torch.from_numpy(_look(part[row], mirrored)) for name, part in self._parts.items()}


def begun(batch: Mapping[str, Tensor]) -> list[Tensor]:
    """The maps in a batch, in their order."""
    return [batch[name] for name in sorted(batch) if name.startswith(BEGUN)]


def _look(part: Array, mirrored: bool) -> Array:
    return part[..., ::-1].copy() if mirrored else part.copy()
