"""Trained networks as runs and files keep them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch
from torch import nn

from handtint.engines.exported import load
from handtint.errors import InputError, OptionError
from handtint.nets.hybrid import ColorNet, MaskNet
from handtint.nets.streams import ClassNet, MaskStreams
from handtint.train import checkpoint
from handtint.train.networks import generator
from handtint.train.recipe import Recipe
from handtint.weights import manifest

CHECKPOINT = "last.ckpt"  # of a run: as it stood last
BEGAN = "began.ckpt"  # and what it began with, where that is not what another run's checkpoint says
Run = tuple[Recipe, Path]  # a run's folder, and the recipe that it followed


def trained(recipe: Recipe, run: Path) -> nn.Module:
    """The averaged generator of the last checkpoint in a run's folder, on the CPU. Raises InputError.

    With a `mix` below 1, its weights lie on the straight line from those that the run began with: much of the colour
    that a discriminator brings, few of its faults (Wang et al. 2018, ESRGAN, "network interpolation").
    """
    net = generator(recipe.task, recipe.network).build(False, "")
    _load_averaged(net, run / CHECKPOINT)
    if recipe.mix < 1:
        ends = {name: tensor.clone() for name, tensor in net.state_dict().items()}
        if (run / BEGAN).exists():
            _load_averaged(net, run / BEGAN)
        else:
            fill(net, recipe.start)
        starts = net.state_dict()
        net.load_state_dict({name: _between(starts[name], end, recipe.mix) for name, end in ends.items()})
    return net


def averaged(runs: Sequence[Run]) -> nn.Module:
    """The mean of what was `trained` in several runs of one network.

    Runs that went different ways from one beginning err in different places (Wortsman et al. 2022, "Model soups").
    Raises InputError, OptionError for runs of different networks.
    """
    (first, run), *others = runs
    net = trained(first, run)
    for count, (recipe, run) in enumerate(others, start=2):
        if (recipe.task, recipe.network) != (first.task, first.network):
            raise OptionError(f"{run}: of {recipe.task} by {recipe.network}, not of {first.task} by {first.network}")
        mean, other = net.state_dict(), trained(recipe, run).state_dict()
        net.load_state_dict({name: _between(mean[name], tensor, 1 / count) for name, tensor in other.items()})
    return net


def finished(recipe: Recipe, run: Path, others: Sequence[Run] = ()) -> nn.Module:
    """What was trained, `averaged` with other runs, as it is exported.

    Classes have the foreground of the recipe's other run beside them; colours are as `vivid` as the recipe says.
    Raises InputError, and OptionError where the recipe names no such run or the network cannot be made vivid.
    """
    net, kind = averaged([(recipe, run), *others]), generator(recipe.task, recipe.network)
    if recipe.vivid != 1:
        _make_vivid(net, recipe.vivid)
    if not isinstance(net, ClassNet):
        return net
    if not recipe.front:
        raise OptionError("front: name the folder of the run whose foreground goes beside these classes")
    front = generator("mask", kind.beside).build(False, "")
    fill(front, recipe.front)
    return MaskStreams(net, cast("MaskNet", front))


def exported(start: str) -> Path | None:
    """The exported weights that a recipe's `start` or `front` names: a file, or a model of the package."""
    if start in manifest() and not Path(start).exists():
        return manifest()[start].verified()
    return Path(start) if start.endswith(".onnx") else None


def fill(net: nn.Module, start: str) -> bool:
    """Give net the weights that a recipe's `start` names; what that has nothing of stays as it is.

    False where a run had not all that net has. Raises InputError, WeightsError.
    """
    file = exported(start)
    if file:
        load(net, file)
        return True
    return _load_averaged(net, Path(start) / CHECKPOINT, whole=False)


@torch.no_grad()
def _make_vivid(net: nn.Module, factor: float) -> None:
    """Scale what the last layer answers: regression to the mean leaves colours paler than they are."""
    if not isinstance(net, ColorNet):
        raise OptionError("vivid: only the hybrid's colours can be scaled")
    for part in net.head.ab.parameters():
        part.mul_(factor)


def _load_averaged(net: nn.Module, path: Path, *, whole: bool = True) -> bool:
    """Whether the checkpoint has all that net has, as it must if `whole`. What net has not, it must not have."""
    state = checkpoint.load(path)
    if state is None:
        raise InputError(f"{path.parent}: no checkpoint")
    prefix = "module."
    tensors = {name.removeprefix(prefix): t for name, t in state["averaged"].items() if name.startswith(prefix)}
    before = net.state_dict()
    try:
        net.load_state_dict(tensors if whole else before | tensors)
    except RuntimeError as error:
        raise InputError(f"{path.parent}: a checkpoint of another network: {str(error).splitlines()[0]}") from error
    return tensors.keys() >= before.keys()


def _between(start: torch.Tensor, end: torch.Tensor, share: float) -> torch.Tensor:
    return torch.lerp(start, end, share) if end.is_floating_point() else end
