"""What the tests of all networks check."""

from collections.abc import Callable, Iterable

import pytest
import torch
from torch import Tensor, nn

torch.set_num_threads(1)  # more threads are slower for networks as small as these

Check = Callable[[nn.Module, Iterable[Tensor]], None]


def every_parameter_learns(net: nn.Module, outputs: Iterable[Tensor]) -> None:
    """Every parameter that requires a gradient gets a finite one that is not zero."""
    sum(o.square().mean() for o in outputs).backward()  # type: ignore[union-attr]
    for name, parameter in net.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name
            if not name.endswith(("qkv.bias", "key.bias", "k_proj.bias")):  # the keys' bias has no effect
                assert parameter.grad.abs().sum() > 0, name


@pytest.fixture
def learns() -> Check:
    """The check that every parameter of a network gets a gradient from its outputs."""
    return every_parameter_learns
