"""Trained networks from the folders of runs: weights averaged over steps and runs, or mixed with the initial ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch
from torch import nn

from handtint.checkpoints.exported import load
from handtint.errors import InputError, OptionError
from handtint.nets.hybrid import ColorNet, MaskNet, current_names
from handtint.nets.streams import ClassNet, MaskStreams
from handtint.train import checkpoint
from handtint.train.networks import generator
from handtint.train.recipe import Recipe
from handtint.weights import manifest

CHECKPOINT = "last.ckpt"  # of a run: its latest state
START = "began.ckpt"  # the weights it started from, where they are not just those of another run's checkpoint
Run = tuple[Recipe, Path]  # a run's recipe and its folder


def trained(recipe: Recipe, run: Path) -> nn.Module:
    """The generator of a run's last checkpoint, its weights averaged over steps, on the CPU. Raises InputError.

    With an `interpolation` below 1 they lie on the line from those the run started from (0) to those it ended with (1).
    That keeps most of the colour that a discriminator brings and little of its artefacts (Wang et al. 2018,
    ESRGAN, "network interpolation").
    """
    net = generator(recipe.task, recipe.network).build(False, "")
    _load_averaged(net, run / CHECKPOINT)
    if recipe.interpolation < 1:
        ends = {name: tensor.clone() for name, tensor in net.state_dict().items()}
        if (run / START).exists():
            _load_averaged(net, run / START)
        else:
            fill(net, recipe.start)
        starts = net.state_dict()
        net.load_state_dict({name: _between(starts[name], end, recipe.interpolation) for name, end in ends.items()})
    return net


def averaged(runs: Sequence[Run]) -> nn.Module:
    """One network whose weights are the mean of several runs' `trained` ones.

    Runs that started from the same weights make different errors, and the mean has less of each (Wortsman et al. 2022,
    "Model soups"). Raises InputError, and OptionError for runs of different networks.
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
    """The network that is exported: `averaged` over the run and the others, and completed as the recipe says.

    A network of classes is joined with the one that `foreground_run` names, which finds the foreground; colours are
    scaled by `chroma_gain`. Raises InputError, and OptionError where the recipe names no such run or the network is not
    one whose colours can be scaled.
    """
    net, kind = averaged([(recipe, run), *others]), generator(recipe.task, recipe.network)
    if recipe.chroma_gain != 1:
        _scale_chroma(net, recipe.chroma_gain)
    if not isinstance(net, ClassNet):
        return net
    if not recipe.foreground_run:
        raise OptionError("foreground_run: name the folder of the run whose foreground goes beside these classes")
    front = generator("mask", kind.companion).build(False, "")
    fill(front, recipe.foreground_run)
    return MaskStreams(net, cast("MaskNet", front))


def exported(start: str) -> Path | None:
    """The exported file, by path or as a model of the package, that a recipe's `start` or `foreground_run` names."""
    if start in manifest() and not Path(start).exists():
        return manifest()[start].verified()
    return Path(start) if start.endswith(".onnx") else None


def fill(net: nn.Module, start: str) -> bool:
    """Load the weights that a recipe's `start` names into net, a file's or a run's; tensors it lacks stay as they are.

    Returns whether the run's checkpoint had every tensor of net; True for a file. Raises InputError, WeightsError.
    """
    file = exported(start)
    if file:
        load(net, file)
        return True
    return _load_averaged(net, Path(start) / CHECKPOINT, whole=False)


@torch.no_grad()
def _scale_chroma(net: nn.Module, factor: float) -> None:
    """Scale the output of the last layer: regression to the mean predicts colours paler than the true ones."""
    if not isinstance(net, ColorNet):
        raise OptionError("chroma_gain: only the hybrid's colours can be scaled")
    for part in net.head.ab.parameters():
        part.mul_(factor)


def _load_averaged(net: nn.Module, path: Path, *, whole: bool = True) -> bool:
    """Load a checkpoint's averaged weights; whether it has every tensor of net, as it must if `whole`."""
    state = checkpoint.load(path)
    if state is None:
        raise InputError(f"{path.parent}: no checkpoint")
    prefix = "module."
    tensors = {
        name.removeprefix(prefix): t for name, t in current_names(state["averaged"]).items() if name.startswith(prefix)
    }
    before = net.state_dict()
    try:
        net.load_state_dict(tensors if whole else before | tensors)
    except RuntimeError as error:
        raise InputError(f"{path.parent}: a checkpoint of another network: {str(error).splitlines()[0]}") from error
    return tensors.keys() >= before.keys()


def _between(start: torch.Tensor, end: torch.Tensor, share: float) -> torch.Tensor:
    return torch.lerp(start, end, share) if end.is_floating_point() else end
