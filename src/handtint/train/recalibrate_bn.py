"""Batch norm statistics, measured again: needed to continue training from a network whose norms were folded."""

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

    def mean_and_variance(self) -> tuple[Tensor, Tensor]:
        mean = self.sum / self.count
        return mean.float(), (self.squares / self.count - mean * mean).clamp_min(1e-6).float()


def has_folded_norms(net: nn.Module) -> bool:
    """Whether any norm only adds a bias, as after loading an exported file, where norms are folded."""
    norms = (module for module in net.modules() if isinstance(module, nn.BatchNorm2d))
    return any(_is_folded(norm) for norm in norms)


def _is_folded(norm: nn.BatchNorm2d) -> bool:
    mean, var = cast("Tensor", norm.running_mean), cast("Tensor", norm.running_var)
    return not mean.any() and torch.equal(var, torch.full_like(var, 1.0 - norm.eps))


@torch.no_grad()
def recalibrate_bn(net: nn.Module, inputs: Iterable[tuple[Any, ...]]) -> None:
    """Set the statistics of every batch norm to those of its inputs; the outputs in evaluation mode do not change.

    In training a norm uses the statistics of its batch. One that was folded into the convolution before it has lost
    the statistics that its weight and bias belong to, so the first training step would change all outputs.
    inputs: the arguments of some representative calls of net. Modules keep their mode, training or evaluation.
    """
    moments_of = {norm: _Moments() for norm in net.modules() if isinstance(norm, nn.BatchNorm2d)}
    training = [module for module in net.modules() if module.training]
    with ExitStack() as stack:
        for norm, moments in moments_of.items():
            stack.callback(norm.register_forward_pre_hook(moments).remove)
        net.eval()
        for arguments in inputs:
            net(*arguments)
    for module in training:
        module.training = True
    for norm, moments in moments_of.items():
        if moments.count:
            _set_statistics(norm, *moments.mean_and_variance())


def _set_statistics(norm: nn.BatchNorm2d, mean: Tensor, var: Tensor) -> None:
    """Set the statistics, and weight and bias so that the norm still maps inputs to the same outputs."""
    old_mean, old_var = cast("Tensor", norm.running_mean), cast("Tensor", norm.running_var)
    gain = norm.weight / torch.sqrt(old_var + norm.eps)
    norm.bias.add_(gain * (mean - old_mean))
    norm.weight.copy_(gain * torch.sqrt(var + norm.eps))
    norm.running_mean, norm.running_var = mean, var
