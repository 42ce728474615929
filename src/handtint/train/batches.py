"""Batches for the training loop; the content of each depends on the recipe and the number of the step alone."""

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

Key = tuple[int, int, int]  # phase, epoch (counted over all phases), photograph
AHEAD = 4  # batches that each worker keeps ready


class Tick(NamedTuple):
    """One step's batch, or this process's share of it, and how many seconds the loop waited for it."""

    step: int
    phase: Phase
    batch: Batch
    waited: float


def step_count(phase: Phase, examples: Sequence[Any]) -> int:
    """How many steps a phase has; examples that do not fill a batch are left to the next epoch."""
    return phase.epochs * (len(examples) // phase.batch)


def batches(recipe: Recipe, examples: list[Any], done: int, *, rank: int = 0, world: int = 1) -> Iterator[Tick]:
    """Every step's batch from step `done` on, for process `rank` of `world`.

    The workers that read photographs live as long as the run, so that no epoch begins by waiting for them. They are
    spawned, not forked: the libraries that decode photographs have threads, and a fork would copy their held locks.
    """
    order = _Order(recipe, len(examples), done, rank, world)
    loader = DataLoader(
        _Pairs(recipe, examples),
        batch_sampler=order,
        num_workers=recipe.workers,
        prefetch_factor=AHEAD if recipe.workers else None,
        multiprocessing_context="spawn" if recipe.workers else None,
        worker_init_fn=_ignore_interrupts,
    )
    requested_at = time.perf_counter()
    for keys, (step, batch) in zip(order, enumerate(loader, start=done), strict=True):
        yield Tick(step, recipe.phases[keys[0][0]], batch, time.perf_counter() - requested_at)
        requested_at = time.perf_counter()


@dataclass(frozen=True, slots=True)
class _Order:
    """The keys of each step's examples from step `done` on; each process has its part of every batch."""

    recipe: Recipe
    examples: int
    done: int
    rank: int
    world: int

    def __iter__(self) -> Iterator[list[Key]]:
        step = epoch = 0
        for number, phase in enumerate(self.recipe.phases):
            steps = self.examples // phase.batch
            for _ in range(phase.epochs):
                if step + steps > self.done:
                    shuffled = _shuffled(self.recipe.seed, epoch, self.examples, phase.batch)
                    for batch in shuffled[max(0, self.done - step) :]:
                        share = batch.reshape(self.world, -1)[self.rank]
                        yield [(number, epoch, int(index)) for index in share]
                step += steps
                epoch += 1


def _shuffled(seed: int, epoch: int, examples: int, batch: int) -> Array:
    """The batches of an epoch in random order, (steps, batch) indices."""
    order = np.random.default_rng((seed, epoch)).permutation(examples)
    return order[: examples // batch * batch].reshape(-1, batch)


class _Pairs(Dataset[Batch]):
    """The pairs of every phase and epoch of a run, by their keys."""

    def __init__(self, recipe: Recipe, examples: list[Any]) -> None:
        self.recipe, self.examples = recipe, examples
        self._epoch: tuple[int, int] = (-1, -1)
        self._pairs: Any = None

    def __getitem__(self, key: Key) -> Batch:
        phase, epoch, index = key
        if self._epoch != (phase, epoch):
            self._epoch = phase, epoch
            self._pairs = find(self.recipe.task).pairs(self.examples, self.recipe.phases[phase], epoch, self.recipe)
        return self._pairs[index]


def _ignore_interrupts(worker: int) -> None:  # noqa: ARG001
    """Leave Ctrl-C to the loop, which still needs the batch that it waits for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
