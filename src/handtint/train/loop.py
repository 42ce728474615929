"""The training loop, the same for every task. Lightning Fabric handles devices, precision and processes."""

from __future__ import annotations

import gc
import inspect
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.loggers.tensorboard import TensorBoardLogger
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from handtint.errors import InputError
from handtint.image.photo import Photo
from handtint.train import checkpoint, resume, samples
from handtint.train.batches import StepBatch, batches, step_count
from handtint.train.eta import Eta
from handtint.train.recipe import Phase, Recipe, checked
from handtint.train.stop import StopFlag, stop_on_signals
from handtint.train.tasks import find
from handtint.train.training_state import TrainingState
from handtint.train.weight_averaging import CHECKPOINT, trained_network

CALIBRATION = 8  # batches on which the statistics of folded norms are measured
Say = Callable[[str], None]


def _ignore(_text: str) -> None:
    pass


def train(
    recipe: Recipe,
    examples: list[Any],
    out: Path,
    *,
    sample_examples: Sequence[Any] = (),
    say: Say = _ignore,
    changed: bool = False,
) -> nn.Module:
    """The network that a recipe trains, with averaged weights; continues from the last checkpoint in `out`, if any.

    examples: what to train on, from `Task.examples`. sample_examples: examples of the sample grids; without any, no
    grids are drawn. say: called with progress messages; with several devices, it has to be picklable. changed: whether
    to continue even if recipe or data differ from those that the run in `out` started with; otherwise that is an error.
    Ctrl-C and SIGTERM save a checkpoint before KeyboardInterrupt is raised. Raises OptionError, InputError,
    WeightsError.
    """
    task, fabric, data = find(checked(recipe).task), _fabric(recipe, out), resume.data_digest(examples)
    resume.check(out / CHECKPOINT, recipe, data, changed=changed, say=say)
    examples = task.resample(task.prepare(recipe, examples, out, fabric, say), recipe)
    if too_large := [p.batch for p in recipe.phases if p.batch > len(examples)]:
        raise InputError(f"{len(examples)} training examples are fewer than one batch of {too_large[0]}")
    # a partial, because the launcher inspects its arguments and fails at frozen dataclasses
    run = partial(_run, recipe=recipe, examples=examples, data=data, out=out, say=say)
    fabric.launch(partial(run, sample_examples=sample_examples[: samples.GRID_SIZE]))
    return trained_network(recipe, out)


def _fabric(recipe: Recipe, out: Path) -> Fabric:
    """Processes do not synchronize buffers: a discriminator runs twice before each of its steps, which forbids it."""
    renamed = "forward_sync_buffers" in inspect.signature(DistributedDataParallel.__init__).parameters
    buffers: dict[str, Any] = {"forward_sync_buffers" if renamed else "broadcast_buffers": False}
    strategy = DDPStrategy(start_method="spawn", **buffers)
    has_logs = any(find_spec(name) for name in ("tensorboard", "tensorboardX"))
    return Fabric(
        accelerator="auto",
        strategy=strategy if recipe.devices > 1 else "auto",
        devices=recipe.devices,
        precision=recipe.precision,  # type: ignore[arg-type]
        loggers=[TensorBoardLogger(out, name="logs", version="")] if has_logs else [],
    )


def _run(fabric: Fabric, out: Path, say: Say, **arguments: Any) -> None:
    _run_steps(_Run(fabric, out=out, say=say if fabric.is_global_zero else _ignore, **arguments))
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        gc.collect()  # free the networks before the process group: freed after it, they may deadlock with its thread
        fabric.barrier()  # no process leaves while others communicate; one that ends with its group open may abort
        torch.distributed.destroy_process_group()


def _run_steps(run: _Run) -> None:
    rank, world_size = run.fabric.global_rank, run.fabric.world_size
    with stop_on_signals() as stop:
        for step_batch in batches(run.recipe, run.examples, run.done, rank=rank, world_size=world_size):
            run.step(step_batch)
            if run.should_stop(stop):
                run.save()
                run.say(f"stopped and saved at step {run.done} of {run.total}; run the same command again to continue")
                raise KeyboardInterrupt
    if run.done and run.saved != run.done:
        run.save()


class _Run:
    """One process of a run: the training state, logs, sample grids and checkpoints."""

    def __init__(
        self,
        fabric: Fabric,
        *,
        recipe: Recipe,
        examples: list[Any],
        data: str,
        sample_examples: Sequence[Any],
        out: Path,
        say: Say,
    ) -> None:
        self.fabric, self.recipe, self.examples, self.out, self.say = fabric, recipe, examples, out, say
        self.task = find(recipe.task)
        self.state = TrainingState(recipe, fabric, data)
        self.done = self.saved = self._resume(examples)
        phase_steps = [(phase, step_count(phase, examples)) for phase in recipe.phases]
        self.total = sum(count for _, count in phase_steps)
        self._phase_starts = _phase_starts(phase_steps)
        self._eta, self._step_start, self._sample_examples = Eta(phase_steps), time.perf_counter(), sample_examples

    def _resume(self, examples: list[Any]) -> int:
        state = checkpoint.load(self.out / CHECKPOINT)
        if state is not None:
            return self.state.restore(state)
        if self.recipe.start:
            self.state.start_from(self.recipe.start, self._first_inputs(examples), self.out)
        return 0

    def _first_inputs(self, examples: list[Any]) -> Iterator[tuple[Any, ...]]:
        """The generator's inputs in the first steps."""
        for step_batch in islice(batches(self.recipe, examples, 0), CALIBRATION):
            yield self.task.inputs(self.fabric.to_device(step_batch.batch), self.recipe)

    def step(self, step_batch: StepBatch) -> None:
        """One step of every network, then logs, a sample grid and a checkpoint where they are due."""
        step, phase = step_batch.step, step_batch.phase
        if step in self._phase_starts:
            self.state.start_phase(phase, self._phase_starts[step])
        torch.manual_seed((self.recipe.seed << 32) + step)  # dropout, too, depends on the step alone
        self.state.set_learning_rates(phase, _lr_factor(self.recipe, step / self.total))
        batch = self.fabric.to_device(step_batch.batch)
        losses: dict[str, Tensor] = {}
        for update in self.task.steps(self.recipe, phase)(self.state.nets, batch):
            self.state.apply(update)
            losses |= {name: loss.detach() for name, loss in update.losses.items()}
        self.state.average()
        self.done = step + 1
        now = time.perf_counter()
        self._eta.add(phase, now - self._step_start, step_batch.wait)
        self._step_start = now
        self._report(phase, losses)

    def _report(self, phase: Phase, losses: Mapping[str, Tensor]) -> None:
        recipe, is_last = self.recipe, self.done == self.total
        if self.done % recipe.log_every == 0 or is_last:
            self.fabric.log_dict({name: loss.item() for name, loss in losses.items()}, step=self.done)
            self.fabric.log("loader_share", self._eta.loader_share, step=self.done)
        if recipe.sample_every and (self.done % recipe.sample_every == 0 or is_last):
            self._write_samples(phase)
        if self.done % recipe.save_every == 0 or is_last:
            self.save()
            loss_text = " ".join(f"{name} {loss.item():.4f}" for name, loss in losses.items())
            minutes_left, loader_share = self._eta.remaining(self.done) / 60, self._eta.loader_share
            self.say(f"step {self.done}/{self.total} {loss_text} loader {loader_share:.0%} left {minutes_left:.1f} min")

    def _write_samples(self, phase: Phase) -> None:
        if not self._sample_examples or not self.fabric.is_global_zero:
            return
        pairs = self.task.sample_pairs(list(self._sample_examples), phase.size)
        batch = samples.collect(pairs, len(self._sample_examples))
        outputs = samples.predict(self.state.averaged.module, batch, self.fabric.device)
        picture = samples.grid(self.task.sample_rows(outputs, batch))
        folder = self.out / "samples"
        folder.mkdir(parents=True, exist_ok=True)
        Photo(picture).write(folder / f"step-{self.done:06}.png")
        for logger in self.fabric.loggers:
            writer: Any = logger
            writer.experiment.add_image("samples", picture, self.done, dataformats="HWC")

    def save(self) -> None:
        """Write the checkpoint in the first process, while the others wait."""
        if self.fabric.is_global_zero:
            checkpoint.save(self.out / CHECKPOINT, self.state.dump(self.done))
        self.fabric.barrier()
        self.saved = self.done

    def should_stop(self, stop: StopFlag) -> bool:
        """Whether to stop after this step: in all processes, if any of them received a signal."""
        if self.fabric.world_size == 1:
            return stop.requested
        stops: Any = self.fabric.all_reduce(
            torch.tensor(float(stop.requested), device=self.fabric.device), reduce_op="sum"
        )
        return bool(stops > 0)


def _phase_starts(phase_steps: Sequence[tuple[Phase, int]]) -> dict[int, Phase | None]:
    """{first step of each phase: the phase before it, or None}."""
    starts: dict[int, Phase | None] = {}
    previous, step = None, 0
    for phase, count in phase_steps:
        starts[step] = previous
        previous, step = phase, step + count
    return starts


def _lr_factor(recipe: Recipe, progress: float) -> float:
    """The factor on the peak learning rates at a progress of 0..1: linear warm-up, then a cosine down to nearly 0."""
    if recipe.schedule == "constant":
        return 1.0
    if progress < recipe.warmup:
        return (progress + 1e-3) / (recipe.warmup + 1e-3)
    return 0.5 * (1 + math.cos(math.pi * (progress - recipe.warmup) / (1 - recipe.warmup))) + 1e-3
