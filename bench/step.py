"""What a training step of the colour network costs: photographs a second, as it is and with plain depthwise gradients.

python bench/step.py [--size 128] [--batch 32] [--threads 1] [--steps 8]
"""

from __future__ import annotations

import argparse
import time

import torch
from torch import nn

from handtint.nets.depthwise import DepthwiseConv2d
from handtint.nets.hybrid import ColorNet, hybrid


def plain(net: nn.Module) -> nn.Module:
    """The same network with PyTorch's own gradients of depthwise convolutions."""
    for part in net.modules():
        if isinstance(part, DepthwiseConv2d):
            part.__class__ = nn.Conv2d
    return net


def rate(net: nn.Module, size: int, batch: int, steps: int) -> float:
    """Photographs a second, forward and backward, bfloat16, channels last."""
    net = net.train().to(memory_format=torch.channels_last)
    gray, ab = torch.randn(batch, 1, size, size), torch.randn(batch, 2, size // 2, size // 2)
    began = 0.0
    for step in range(steps + 1):
        if step == 1:  # the first one warms up
            began = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16):
            loss = (net(gray).float() - ab).abs().mean()
        loss.backward()
    return steps * batch / (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("size", 128), ("batch", 32), ("threads", 1), ("steps", 8)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for name, net in (("plain gradients", plain(ColorNet(hybrid()))), ("as trained", ColorNet(hybrid()))):
        print(f"{name}: {rate(net, options.size, options.batch, options.steps):.1f} photographs a second")


if __name__ == "__main__":
    main()
