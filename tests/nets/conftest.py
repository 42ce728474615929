"""What every network's tests ask."""

from collections.abc import Callable, Iterable

import pytest
import torch
from torch import Tensor, nn

torch.set_num_threads(1)  # the networks here are tiny: more threads only wait for each other

Check = Callable[[nn.Module, Iterable[Tensor]], None]


def every_parameter_learns(net: nn.Module, outputs: Iterable[Tensor]) -> None:
    """Every parameter that wants a gradient gets a finite one, and not only zeros."""
    sum(o.square().mean() for o in outputs).backward()  # type: ignore[union-attr]
    for name, parameter in net.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name
            if not name.endswith(("qkv.bias", "key.bias", "k_proj.bias")):  # the keys' bias has no effect
                assert parameter.grad.abs().sum() > 0, name


@pytest.fixture
def learns() -> Check:
    return every_parameter_learns
