"""Batch after batch for the loop: which photographs a step sees depends on the recipe and the step alone."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from torch.utils.data import DataLoader, Dataset

from handtint.data.pairs import Batch
from handtint.train.recipe import Phase, Recipe
from handtint.train.tasks import find
from handtint.types import Array

Key = tuple[int, int, int]  # phase, turn (pass over the photographs), photograph
AHEAD = 4  # batches that each worker keeps ready


class Tick(NamedTuple):
    """One step's batch, or this process's share of it, and how many seconds the loop waited for it."""

    step: int
    phase: Phase
    batch: Batch
    waited: float


def steps(phase: Phase, examples: Sequence[Any]) -> int:
    """How many steps a phase has; what does not fill a batch is left to the next pass."""
    return phase.passes * (len(examples) // phase.batch)


def feed(recipe: Recipe, examples: list[Any], done: int, *, rank: int = 0, world: int = 1) -> Iterator[Tick]:
    """Every tick from step `done` on, for process `rank` of `world`.

    Workers live as long as the run, so that no pass begins by waiting for them. They are spawned, not forked: the
    libraries that decode photographs have threads, which a fork would leave behind with their locks held.
    """
    order = _Order(recipe, len(examples), done, rank, world)
    loader = DataLoader(
        _Pairs(recipe, examples),
        batch_sampler=order,
        num_workers=recipe.workers,
        prefetch_factor=AHEAD if recipe.workers else None,
        multiprocessing_context="spawn" if recipe.workers else None,
        worker_init_fn=_deaf,
    )
    asked = time.perf_counter()
    for keys, (step, batch) in zip(order, enumerate(loader, start=done), strict=True):
        yield Tick(step, recipe.phases[keys[0][0]], batch, time.perf_counter() - asked)
        asked = time.perf_counter()


@dataclass(frozen=True, slots=True)
class _Order:
    """What each step from `done` on sees: a process's part of each whole batch of a pass in random order."""

    recipe: Recipe
    examples: int
    done: int
    rank: int
    world: int

    def __iter__(self) -> Iterator[list[Key]]:
        step = turn = 0
        for number, phase in enumerate(self.recipe.phases):
            each = self.examples // phase.batch
            for _ in range(phase.passes):
                if step + each > self.done:
                    for batch in _pass(self.recipe.seed, turn, self.examples, phase.batch)[max(0, self.done - step) :]:
                        share = batch.reshape(self.world, -1)[self.rank]
                        yield [(number, turn, int(index)) for index in share]
                step += each
                turn += 1


def _pass(seed: int, turn: int, examples: int, batch: int) -> Array:
    """The batches of a pass, (steps, batch) indices."""
    order = np.random.default_rng((seed, turn)).permutation(examples)
    return order[: examples // batch * batch].reshape(-1, batch)


class _Pairs(Dataset[Batch]):
    """The pairs of every phase and turn of a run."""

    def __init__(self, recipe: Recipe, examples: list[Any]) -> None:
        self.recipe, self.examples = recipe, examples
        self._turn: tuple[int, int] = (-1, -1)
        self._pairs: Any = None

    def __getitem__(self, key: Key) -> Batch:
        phase, turn, index = key
        if self._turn != (phase, turn):
            self._turn = phase, turn
            self._pairs = find(self.recipe.task).pairs(self.examples, self.recipe.phases[phase], turn, self.recipe)
        return self._pairs[index]


def _deaf(worker: int) -> None:  # noqa: ARG001
    """Ctrl-C is for the loop, which still wants the batch it waits for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
