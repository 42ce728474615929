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
PREFETCH = 4  # batches that each worker keeps ready


class StepBatch(NamedTuple):
    """The batch of one step, or this process's part of it. wait: seconds that the loop waited for it."""

    step: int
    phase: Phase
    batch: Batch
    wait: float


def step_count(phase: Phase, examples: Sequence[Any]) -> int:
    """The number of steps in a phase; in each epoch the last examples, which do not fill a batch, are left out."""
    return phase.epochs * (len(examples) // phase.batch)


def batches(
    recipe: Recipe, examples: list[Any], start_step: int, *, rank: int = 0, world_size: int = 1
) -> Iterator[StepBatch]:
    """The batches from step `start_step` to the end of the run, for process `rank` of `world_size`.

    The workers that read photographs live as long as the run, so that no epoch begins by waiting for them. They are
    spawned, not forked: the libraries that decode photographs have threads, and a fork would copy their held locks.
    """
    sampler = _BatchSampler(recipe, len(examples), start_step, rank, world_size)
    loader = DataLoader(
        _Pairs(recipe, examples),
        batch_sampler=sampler,
        num_workers=recipe.workers,
        prefetch_factor=PREFETCH if recipe.workers else None,
        multiprocessing_context="spawn" if recipe.workers else None,
        worker_init_fn=_ignore_interrupts,
    )
    requested_at = time.perf_counter()
    for keys, (step, batch) in zip(sampler, enumerate(loader, start=start_step), strict=True):
        yield StepBatch(step, recipe.phases[keys[0][0]], batch, time.perf_counter() - requested_at)
        requested_at = time.perf_counter()


@dataclass(frozen=True, slots=True)
class _BatchSampler:
    """The keys of the examples of each step from `start_step` on; each process gets its part of every batch."""

    recipe: Recipe
    examples: int
    start_step: int
    rank: int
    world_size: int

    def __iter__(self) -> Iterator[list[Key]]:
        step = epoch = 0
        for phase_index, phase in enumerate(self.recipe.phases):
            steps = self.examples // phase.batch
            for _ in range(phase.epochs):
                if step + steps > self.start_step:
                    shuffled = _shuffled(self.recipe.seed, epoch, self.examples, phase.batch)
                    for indices in shuffled[max(0, self.start_step - step) :]:
                        local_indices = indices.reshape(self.world_size, -1)[self.rank]
                        yield [(phase_index, epoch, int(index)) for index in local_indices]
                step += steps
                epoch += 1


def _shuffled(seed: int, epoch: int, examples: int, batch_size: int) -> Array:
    """The batches of an epoch in random order, (steps, batch) indices."""
    order = np.random.default_rng((seed, epoch)).permutation(examples)
    return order[: examples // batch_size * batch_size].reshape(-1, batch_size)


class _Pairs(Dataset[Batch]):
    """The training pairs of all phases and epochs of a run, by their keys."""

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
    """Let only the training loop handle Ctrl-C: it still needs the batch that it is waiting for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
