"""Batch norms get the statistics of their inputs, and the output of the network stays the same."""

import torch
from torch import nn

from handtint.nets.hybrid import ColorNet, hybrid
from handtint.train.recalibrate_bn import recalibrate_bn


def test_norms_get_the_statistics_of_their_inputs_and_the_output_stays() -> None:
    torch.manual_seed(0)
    net = ColorNet(hybrid("tiny"))
    frozen = net.backbone.pyramid.stem.eval()
    L = torch.randn(4, 1, 64, 64)
    with torch.no_grad():
        before = net.eval()(L)
    net.train()
    frozen.eval()
    recalibrate_bn(net, [(L[:2],), (L[2:],)])
    assert net.training
    assert not frozen.training, "frozen modules stay in eval mode"
    norm = next(m for m in net.modules() if isinstance(m, nn.BatchNorm2d))
    inputs: list[torch.Tensor] = []
    norm.register_forward_pre_hook(lambda _, args: inputs.append(args[0]))
    with torch.no_grad():
        after = net.eval()(L)
    torch.testing.assert_close(after, before, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(norm.running_mean, inputs[0].mean((0, 2, 3)), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(norm.running_var, inputs[0].var((0, 2, 3), correction=0), atol=1e-5, rtol=1e-3)


def test_the_output_in_training_mode_is_the_same() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 2, 3), nn.BatchNorm2d(2))
    x = 3 + 2 * torch.randn(8, 1, 16, 16)
    with torch.no_grad():
        before = net.eval()(x)
        recalibrate_bn(net, [(x,)])
        torch.testing.assert_close(net.train()(x), before, atol=1e-4, rtol=1e-3)
