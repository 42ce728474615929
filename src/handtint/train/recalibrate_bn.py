"""Batch norm statistics, measured again: needed to train on from a network whose norms were folded away."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any, cast

import torch
from torch import Tensor, nn


class _Moments:
    """A hook that gathers the mean and variance of each channel over all inputs of a norm."""

    def __init__(self) -> None:
        self.count, self.sum, self.squares = 0, torch.zeros(()).double(), torch.zeros(()).double()

    def __call__(self, _norm: nn.Module, inputs: tuple[Tensor]) -> None:
        x = inputs[0].detach().double()
        self.count += x.numel() // x.shape[1]
        self.sum = self.sum + x.sum((0, 2, 3))
        self.squares = self.squares + (x * x).sum((0, 2, 3))

    def both(self) -> tuple[Tensor, Tensor]:
        mean = self.sum / self.count
        return mean.float(), (self.squares / self.count - mean * mean).clamp_min(1e-6).float()


def has_folded_norms(net: nn.Module) -> bool:
    """Whether any norm only adds a bias, as those do that come back from an exported file."""
    norms = (module for module in net.modules() if isinstance(module, nn.BatchNorm2d))
    return any(_neutral(norm) for norm in norms)


def _neutral(norm: nn.BatchNorm2d) -> bool:
    mean, var = cast("Tensor", norm.running_mean), cast("Tensor", norm.running_var)
    return not mean.any() and torch.equal(var, torch.full_like(var, 1.0 - norm.eps))


@torch.no_grad()
def recalibrate_bn(net: nn.Module, inputs: Iterable[tuple[Any, ...]]) -> None:
    """Give every batch norm the statistics of its inputs, and change no output of the network in evaluation.

    In training a norm goes by the statistics of its batch. One that was folded into the convolution before it has lost
    the statistics that its weight and bias belong to, so the first step of training would change every answer.
    inputs: the arguments of some calls of net, representative ones. Modules stay in training or evaluation as they are.
    """
    seen = {norm: _Moments() for norm in net.modules() if isinstance(norm, nn.BatchNorm2d)}
    training = [module for module in net.modules() if module.training]
    with ExitStack() as stack:
        for norm, moments in seen.items():
            stack.callback(norm.register_forward_pre_hook(moments).remove)
        net.eval()
        for arguments in inputs:
            net(*arguments)
    for module in training:
        module.training = True
    for norm, moments in seen.items():
        if moments.count:
            _restate(norm, *moments.both())


def _restate(norm: nn.BatchNorm2d, mean: Tensor, var: Tensor) -> None:
    """Set the statistics, and weight and bias so that the norm still maps inputs to the same outputs."""
    old_mean, old_var = cast("Tensor", norm.running_mean), cast("Tensor", norm.running_var)
    gain = norm.weight / torch.sqrt(old_var + norm.eps)
    norm.bias.add_(gain * (mean - old_mean))
    norm.weight.copy_(gain * torch.sqrt(var + norm.eps))
    norm.running_mean, norm.running_var = mean, var
