"""A small face detector: where faces are, and how large, as maps at a quarter of the picture's size."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from handtint.nets.blocks import conv_block

STRIDE = 4  # of the answer
WIDTHS = (32, 48, 80, 80)  # channels at strides 4, 8, 16, 32
BLOCKS = (2, 3, 1)  # residual convolutions at strides 8, 16, 32
RARE = -4.0  # bias of the heat at first: few cells are the middle of a face


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = conv_block(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = self.conv(x)
        return x + changed


class FaceNet(nn.Module):
    """CenterNet (Zhou et al. 2019, "Objects as Points") for one class, on a small pyramid of features.

    Dense convolutions throughout and no map at half the size: a CPU is fastest with few, dense steps.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS, blocks: tuple[int, ...] = BLOCKS, joined: int = 24) -> None:
        super().__init__()
        four, *coarser = widths
        self.stem = conv_block(4, four, stride=2)
        stages, cin = [], four
        for width, count in zip(coarser, blocks, strict=True):
            stages.append(nn.Sequential(conv_block(cin, width, stride=2), *(_Residual(width) for _ in range(count))))
            cin = width
        self.stages = nn.ModuleList(stages)
        self.laterals = nn.ModuleList(nn.Conv2d(width, joined, 1) for width in widths)
        self.head = nn.Sequential(conv_block(joined, joined), nn.Conv2d(joined, 5, 1))
        nn.init.constant_(self.head[1].bias[:1], RARE)  # type: ignore[index]

    def forward(self, gray: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(n, 1, h, w) network L in -1..1, sides multiples of 32 -> three maps at a quarter of that.

        heat (n, 1, ., .): logits of "here is the middle of a face". size (n, 2, ., .): logarithms of the face's height
        and width in cells. offset (n, 2, ., .): how far below and right of its cell's middle the face's middle is, in
        cells.
        """
        maps = [self.stem(F.pixel_unshuffle(gray, 2))]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        joined = self.laterals[-1](maps[-1])
        for lateral, finer in zip(list(self.laterals)[-2::-1], maps[-2::-1], strict=True):
            joined = lateral(finer) + F.interpolate(joined, scale_factor=2.0, mode="nearest")
        heat, size, offset = torch.split(self.head(F.relu(joined)), [1, 2, 2], dim=1)
        return heat, size, offset
