"""Norms that know what they see: needed before a network whose norms were folded away can be trained on."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any, cast

import torch
from torch import Tensor, nn


class _Moments:
    """Mean and variance of each channel over all that a norm is given."""

    def __init__(self) -> None:
        self.count, self.sum, self.squares = 0, torch.zeros(()).double(), torch.zeros(()).double()

    def __call__(self, _norm: nn.Module, given: tuple[Tensor]) -> None:
        x = given[0].detach().double()
        self.count += x.numel() // x.shape[1]
        self.sum = self.sum + x.sum((0, 2, 3))
        self.squares = self.squares + (x * x).sum((0, 2, 3))

    def both(self) -> tuple[Tensor, Tensor]:
        mean = self.sum / self.count
        return mean.float(), (self.squares / self.count - mean * mean).clamp_min(1e-6).float()


def folded(net: nn.Module) -> bool:
    """Whether any norm is as `engines/exported.py` gives it back: one that adds a bias and changes nothing else."""
    norms = (module for module in net.modules() if isinstance(module, nn.BatchNorm2d))
    return any(_neutral(norm) for norm in norms)


def _neutral(norm: nn.BatchNorm2d) -> bool:
    mean, var = cast("Tensor", norm.running_mean), cast("Tensor", norm.running_var)
    return not mean.any() and torch.equal(var, torch.full_like(var, 1.0 - norm.eps))


@torch.no_grad()
def settle(net: nn.Module, inputs: Iterable[tuple[Any, ...]]) -> None:
    """Give every norm that the inputs reach the statistics of what it sees, and change no answer of the network.

    inputs: the arguments of each call of net. A norm in training goes by its batch; one that was folded into the
    convolution before it has lost the statistics that its weight and bias were made for.
    """
    seen = {norm: _Moments() for norm in net.modules() if isinstance(norm, nn.BatchNorm2d)}
    training = [module for module in net.modules() if module.training]
    with ExitStack() as stack:
        for norm, moments in seen.items():
            stack.callback(norm.register_forward_pre_hook(moments).remove)
        net.eval()
        for given in inputs:
            net(*given)
    for module in training:
        module.training = True
    for norm, moments in seen.items():
        if moments.count:
            _restate(norm, *moments.both())


def _restate(norm: nn.BatchNorm2d, mean: Tensor, var: Tensor) -> None:
    """The same line from input to output, said by other statistics."""
    old_mean, old_var = cast("Tensor", norm.running_mean), cast("Tensor", norm.running_var)
    gain = norm.weight / torch.sqrt(old_var + norm.eps)
    norm.bias.add_(gain * (mean - old_mean))
    norm.weight.copy_(gain * torch.sqrt(var + norm.eps))
    norm.running_mean, norm.running_var = mean, var
