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
from handtint.train.batches import Tick, batches, step_count
from handtint.train.eta import Eta
from handtint.train.recipe import Phase, Recipe, checked
from handtint.train.stop import StopFlag, stopping
from handtint.train.tasks import find
from handtint.train.training_state import TrainingState
from handtint.train.weight_averaging import CHECKPOINT, trained

CALIBRATION = 8  # batches by which norms of exported weights get statistics again
Say = Callable[[str], None]


def _ignore(_text: str) -> None:
    pass


def train(
    recipe: Recipe,
    examples: list[Any],
    out: Path,
    *,
    shown: Sequence[Any] = (),
    say: Say = _ignore,
    changed: bool = False,
) -> nn.Module:
    """The network that a recipe trains, its weights averaged; continues from the last checkpoint in `out`, if any.

    examples: what to train on, as the task gathers them. shown: those of the sample grids; none, no grids.
    say: called with progress messages; with several devices, a function that pickles. changed: continue although
    recipe or data differ from those that the run in `out` started with, which is refused otherwise. Ctrl-C and SIGTERM
    save a checkpoint before KeyboardInterrupt is raised. Raises OptionError, InputError, WeightsError.
    """
    task, fabric, data = find(checked(recipe).task), _fabric(recipe, out), resume.data_digest(examples)
    resume.check(out / CHECKPOINT, recipe, data, changed=changed, say=say)
    examples = task.repeated(task.prepared(recipe, examples, out, fabric, say), recipe)
    if too_large := [p.batch for p in recipe.phases if p.batch > len(examples)]:
        raise InputError(f"{len(examples)} training examples are fewer than a batch of {too_large[0]}")
    # one value of its own, as the launcher of processes looks into what it is given and stumbles over frozen records
    shown = shown[: samples.SHOWN]
    fabric.launch(partial(_run, recipe=recipe, examples=examples, data=data, shown=shown, out=out, say=say))
    return trained(recipe, out)


def _fabric(recipe: Recipe, out: Path) -> Fabric:
    """Buffers are not exchanged: a discriminator runs twice before each of its steps, which that would disturb."""
    newer = "forward_sync_buffers" in inspect.signature(DistributedDataParallel.__init__).parameters
    exchange: dict[str, Any] = {"forward_sync_buffers" if newer else "broadcast_buffers": False}
    many = DDPStrategy(start_method="spawn", **exchange)
    has_logs = any(find_spec(name) for name in ("tensorboard", "tensorboardX"))
    return Fabric(
        accelerator="auto",
        strategy=many if recipe.devices > 1 else "auto",
        devices=recipe.devices,
        precision=recipe.precision,  # type: ignore[arg-type]
        loggers=[TensorBoardLogger(out, name="logs", version="")] if has_logs else [],
    )


def _run(fabric: Fabric, out: Path, say: Say, **given: Any) -> None:
    _follow(_Run(fabric, out=out, say=say if fabric.is_global_zero else _ignore, **given))
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        gc.collect()  # networks go first: one that let go of the group last would wait for a thread that waits for it
        fabric.barrier()  # nobody leaves while another still talks; a process that ends with its group open may abort
        torch.distributed.destroy_process_group()


def _follow(run: _Run) -> None:
    rank, world = run.fabric.global_rank, run.fabric.world_size
    with stopping() as stop:
        for tick in batches(run.recipe, run.examples, run.done, rank=rank, world=world):
            run.step(tick)
            if run.should_stop(stop):
                run.save()
                run.say(f"stopped and saved at step {run.done} of {run.total}; the same command goes on from there")
                raise KeyboardInterrupt
    if run.done and run.saved != run.done:
        run.save()


class _Run:
    """One process of a run: its state, and what it logs and saves."""

    def __init__(
        self,
        fabric: Fabric,
        *,
        recipe: Recipe,
        examples: list[Any],
        data: str,
        shown: Sequence[Any],
        out: Path,
        say: Say,
    ) -> None:
        self.fabric, self.recipe, self.examples, self.out, self.say = fabric, recipe, examples, out, say
        self.task = find(recipe.task)
        self.state = TrainingState(recipe, fabric, data)
        self.done = self.saved = self._resume(examples)
        work = [(phase, step_count(phase, examples)) for phase in recipe.phases]
        self.total = sum(count for _, count in work)
        self._firsts = _firsts(work)
        self._eta, self._mark, self._shown = Eta(work), time.perf_counter(), shown

    def _resume(self, examples: list[Any]) -> int:
        state = checkpoint.load(self.out / CHECKPOINT)
        if state is not None:
            return self.state.restore(state)
        if self.recipe.start:
            self.state.start_from(self.recipe.start, self._first_inputs(examples), self.out)
        return 0

    def _first_inputs(self, examples: list[Any]) -> Iterator[tuple[Any, ...]]:
        """The generator's inputs in the first steps."""
        for tick in islice(batches(self.recipe, examples, 0), CALIBRATION):
            yield self.task.inputs(self.fabric.to_device(tick.batch), self.recipe)

    def step(self, tick: Tick) -> None:
        """One step of every network, and what is due after it: logs, samples, a checkpoint."""
        if tick.step in self._firsts:
            self.state.begin(tick.phase, self._firsts[tick.step])
        torch.manual_seed((self.recipe.seed << 32) + tick.step)  # chance in a network, too, depends on the step alone
        self.state.set_rates(tick.phase, _schedule(self.recipe, tick.step / self.total))
        batch = self.fabric.to_device(tick.batch)
        losses: dict[str, Tensor] = {}
        for update in self.task.steps(self.recipe, tick.phase)(self.state.nets, batch):
            self.state.apply(update)
            losses |= {name: loss.detach() for name, loss in update.losses.items()}
        self.state.average()
        self.done = tick.step + 1
        now = time.perf_counter()
        self._eta.add(tick.phase, now - self._mark, tick.waited)
        self._mark = now
        self._report(tick.phase, losses)

    def _report(self, phase: Phase, losses: Mapping[str, Tensor]) -> None:
        recipe, last = self.recipe, self.done == self.total
        if self.done % recipe.log_every == 0 or last:
            self.fabric.log_dict({name: loss.item() for name, loss in losses.items()}, step=self.done)
            self.fabric.log("loader_share", self._eta.loader_share, step=self.done)
        if recipe.sample_every and (self.done % recipe.sample_every == 0 or last):
            self._draw(phase)
        if self.done % recipe.save_every == 0 or last:
            self.save()
            shown = " ".join(f"{name} {loss.item():.4f}" for name, loss in losses.items())
            left, waiting = self._eta.left(self.done) / 60, self._eta.loader_share
            self.say(f"step {self.done}/{self.total} {shown} loader {waiting:.0%} left {left:.1f} min")

    def _draw(self, phase: Phase) -> None:
        if not self._shown or not self.fabric.is_global_zero:
            return
        batch = samples.collect(self.task.shown(list(self._shown), phase.size), len(self._shown))
        answer = samples.draw(self.state.averaged.module, batch, self.fabric.device)
        picture = samples.grid(self.task.rows(answer, batch))
        folder = self.out / "samples"
        folder.mkdir(parents=True, exist_ok=True)
        Photo(picture).write(folder / f"step-{self.done:06}.png")
        for logger in self.fabric.loggers:
            writer: Any = logger
            writer.experiment.add_image("samples", picture, self.done, dataformats="HWC")

    def save(self) -> None:
        """Write the checkpoint, by the first process; the others wait for it."""
        if self.fabric.is_global_zero:
            checkpoint.save(self.out / CHECKPOINT, self.state.dump(self.done))
        self.fabric.barrier()
        self.saved = self.done

    def should_stop(self, stop: StopFlag) -> bool:
        """Whether to stop after this step: all processes agree, whichever of them got the signal."""
        if self.fabric.world_size == 1:
            return stop.requested
        stops: Any = self.fabric.all_reduce(
            torch.tensor(float(stop.requested), device=self.fabric.device), reduce_op="sum"
        )
        return bool(stops > 0)


def _firsts(work: Sequence[tuple[Phase, int]]) -> dict[int, Phase | None]:
    """The first step of each phase, and the phase before it."""
    firsts: dict[int, Phase | None] = {}
    before, step = None, 0
    for phase, count in work:
        firsts[step] = before
        before, step = phase, step + count
    return firsts


def _schedule(recipe: Recipe, progress: float) -> float:
    """The share of the peak rates at a progress of 0..1: linear warm-up, then a cosine down to nearly 0."""
    if recipe.schedule == "constant":
        return 1.0
    if progress < recipe.warmup:
        return (progress + 1e-3) / (recipe.warmup + 1e-3)
    return 0.5 * (1 + math.cos(math.pi * (progress - recipe.warmup) / (1 - recipe.warmup))) + 1e-3
