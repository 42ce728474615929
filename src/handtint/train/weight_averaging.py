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

CHECKPOINT = "last.ckpt"  # a run's latest state
START = "began.ckpt"  # the weights that a run started from, if they are not simply those of another run's checkpoint
Run = tuple[Recipe, Path]  # a run's recipe and its folder


def trained_network(recipe: Recipe, run: Path) -> nn.Module:
    """The generator of a run's last checkpoint, with its weights averaged over steps, on the CPU. Raises InputError.

    With an `interpolation` below 1, its weights lie between those that the run started from (0) and these (1). That
    keeps most of the colour that a discriminator brings and few of its artefacts (Wang et al. 2018, ESRGAN, "network
    interpolation").
    """
    net = generator(recipe.task, recipe.network).build(False, "")
    _load_averaged(net, run / CHECKPOINT)
    if recipe.interpolation < 1:
        ends = {name: tensor.clone() for name, tensor in net.state_dict().items()}
        if (run / START).exists():
            _load_averaged(net, run / START)
        else:
            load_weights(net, recipe.start)
        starts = net.state_dict()
        net.load_state_dict({name: _interpolate(starts[name], end, recipe.interpolation) for name, end in ends.items()})
    return net


def averaged_network(runs: Sequence[Run]) -> nn.Module:
    """One network whose weights are the mean of several runs', as `trained_network` has them.

    Runs that started from the same weights make different errors, and their mean makes fewer of each (Wortsman et al.
    2022, "Model soups"). Raises InputError, and OptionError for runs of different networks.
    """
    (first, run), *others = runs
    net = trained_network(first, run)
    for count, (recipe, run) in enumerate(others, start=2):
        if (recipe.task, recipe.network) != (first.task, first.network):
            raise OptionError(
                f"{run}: its network is {recipe.network} for {recipe.task}, expected {first.network} for {first.task}"
            )
        mean, other = net.state_dict(), trained_network(recipe, run).state_dict()
        net.load_state_dict({name: _interpolate(mean[name], tensor, 1 / count) for name, tensor in other.items()})
    return net


def exported_network(recipe: Recipe, run: Path, others: Sequence[Run] = ()) -> nn.Module:
    """The network that is exported: averaged over the run and the others, then changed by the recipe's settings.

    A network of classes is joined with the one that `foreground_run` names, which predicts the foreground; colours are
    multiplied by `chroma_gain`. Raises InputError, and OptionError if the recipe names no such run, or if the network's
    colours cannot be scaled.
    """
    net, spec = averaged_network([(recipe, run), *others]), generator(recipe.task, recipe.network)
    if recipe.chroma_gain != 1:
        _scale_chroma(net, recipe.chroma_gain)
    if not isinstance(net, ClassNet):
        return net
    if not recipe.foreground_run:
        raise OptionError("foreground_run: give the folder of the run that trained the foreground network")
    foreground_net = generator("mask", spec.companion).build(False, "")
    load_weights(foreground_net, recipe.foreground_run)
    return MaskStreams(net, cast("MaskNet", foreground_net))


def exported_file(start: str) -> Path | None:
    """The exported file that a recipe's `start` or `foreground_run` names, by path or as a model of the package.

    None if it names the folder of a run. Raises WeightsError.
    """
    if start in manifest() and not Path(start).exists():
        return manifest()[start].verified()
    return Path(start) if start.endswith(".onnx") else None


def load_weights(net: nn.Module, start: str) -> bool:
    """Load the weights that a recipe's `start` names, of a file or a run, into net; tensors without any are unchanged.

    Returns whether the run's checkpoint has every tensor of net; True for a file. Raises InputError, WeightsError.
    """
    exported = exported_file(start)
    if exported:
        load(net, exported)
        return True
    return _load_averaged(net, Path(start) / CHECKPOINT, strict=False)


@torch.no_grad()
def _scale_chroma(net: nn.Module, factor: float) -> None:
    """Multiply the output of the last layer: regression to the mean predicts colours paler than the true ones."""
    if not isinstance(net, ColorNet):
        raise OptionError("chroma_gain: only the hybrid's colours can be scaled")
    for part in net.head.ab.parameters():
        part.mul_(factor)


def _load_averaged(net: nn.Module, path: Path, *, strict: bool = True) -> bool:
    """Load a checkpoint's averaged weights into net; returns whether it has every tensor, as `strict` demands."""
    state = checkpoint.load(path)
    if state is None:
        raise InputError(f"{path.parent}: no checkpoint")
    prefix = "module."
    tensors = {
        name.removeprefix(prefix): t for name, t in current_names(state["averaged"]).items() if name.startswith(prefix)
    }
    own_tensors = net.state_dict()
    try:
        net.load_state_dict(tensors if strict else own_tensors | tensors)
    except RuntimeError as error:
        raise InputError(f"{path.parent}: a checkpoint of another network: {str(error).splitlines()[0]}") from error
    return tensors.keys() >= own_tensors.keys()


def _interpolate(start: torch.Tensor, end: torch.Tensor, share: float) -> torch.Tensor:
    return torch.lerp(start, end, share) if end.is_floating_point() else end
