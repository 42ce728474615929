"""What each task trains: its network, its pairs, its step. An explicit table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.utils.data import Dataset

from handtint.data.labels import mask_pairs
from handtint.data.pairs import Batch, ColorPairs, MaskPairs
from handtint.data.sources import Item, held_out
from handtint.errors import OptionError
from handtint.nets.hybrid import ColorNet, HybridViT, MaskNet
from handtint.train.recipe import Phase, Recipe
from handtint.train.steps import Losses, color_step, mask_step


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of training."""

    network: Callable[[HybridViT], nn.Module]
    examples: Callable[[Sequence[Item]], list[Any]]  # training examples among the items, validation left out
    pairs: Callable[[list[Any], Phase, int, Recipe], Dataset[Batch]]
    step: Callable[[Recipe], Callable[[nn.Module, dict[str, Tensor]], Losses]]
    outputs: tuple[str, ...]  # what the network's outputs are called when exported


def _color_pairs(examples: list[Any], phase: Phase, turn: int, recipe: Recipe) -> Dataset[Batch]:
    return ColorPairs(examples, phase.size, seed=recipe.seed, turn=turn)


def _mask_pairs(examples: list[Any], phase: Phase, turn: int, recipe: Recipe) -> Dataset[Batch]:
    return MaskPairs(examples, phase.size, seed=recipe.seed, turn=turn, paste=recipe.paste)


TASKS = {
    "colour": Task(
        ColorNet,
        lambda items: [i for i in items if not held_out(i)],
        _color_pairs,
        lambda recipe: partial(color_step, beta=recipe.beta, chroma_weight=recipe.chroma_weight),
        ("ab",),
    ),
    "mask": Task(
        MaskNet,
        lambda items: [p for p in mask_pairs(items) if not held_out(p[0])],
        _mask_pairs,
        lambda _: mask_step,
        ("classes", "foreground", "features"),
    ),
}


def find(name: str) -> Task:
    """The task of that name. Raises OptionError."""
    if name not in TASKS:
        raise OptionError(f"task: unknown task {name!r}; there are {', '.join(TASKS)}")
    return TASKS[name]
