"""Norms are told what they see, and the network answers as before."""

import torch
from torch import nn

from handtint.nets.hybrid import ColorNet, hybrid
from handtint.train.recalibrate_bn import recalibrate_bn


def test_answers_stay_and_statistics_come() -> None:
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
    assert not frozen.training, "what was frozen stays so"
    norm = next(m for m in net.modules() if isinstance(m, nn.BatchNorm2d))
    seen: list[torch.Tensor] = []
    norm.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    with torch.no_grad():
        after = net.eval()(L)
    torch.testing.assert_close(after, before, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(norm.running_mean, seen[0].mean((0, 2, 3)), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(norm.running_var, seen[0].var((0, 2, 3), correction=0), atol=1e-5, rtol=1e-3)


def test_in_training_it_answers_much_as_before() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 2, 3), nn.BatchNorm2d(2))
    x = 3 + 2 * torch.randn(8, 1, 16, 16)
    with torch.no_grad():
        before = net.eval()(x)
        recalibrate_bn(net, [(x,)])
        torch.testing.assert_close(net.train()(x), before, atol=1e-4, rtol=1e-3)
