"""A small face detector: where faces are, and how large, as maps at a quarter of the picture's size."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from handtint.nets.blocks import conv_block

STRIDE = 4  # of the output maps
WIDTHS = (32, 48, 80, 80)  # channels at strides 4, 8, 16, 32
BLOCKS = (2, 3, 1)  # residual convolutions at strides 8, 16, 32
HEAT_BIAS = -4.0  # initial bias of the heat: few cells contain the centre of a face


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = conv_block(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        residual: Tensor = self.conv(x)
        return x + residual


class FaceNet(nn.Module):
    """CenterNet (Zhou et al. 2019, "Objects as Points") for one class, on a small pyramid of features.

    All convolutions are dense, and no map has half the size: few, dense operations are the fastest on CPUs.
    """

    def __init__(
        self, widths: tuple[int, ...] = WIDTHS, blocks: tuple[int, ...] = BLOCKS, lateral_width: int = 24
    ) -> None:
        super().__init__()
        first, *coarser = widths
        self.stem = conv_block(4, first, stride=2)
        stages, cin = [], first
        for width, count in zip(coarser, blocks, strict=True):
            stages.append(nn.Sequential(conv_block(cin, width, stride=2), *(_Residual(width) for _ in range(count))))
            cin = width
        self.stages = nn.ModuleList(stages)
        self.laterals = nn.ModuleList(nn.Conv2d(width, lateral_width, 1) for width in widths)
        self.head = nn.Sequential(conv_block(lateral_width, lateral_width), nn.Conv2d(lateral_width, 5, 1))
        nn.init.constant_(self.head[1].bias[:1], HEAT_BIAS)  # type: ignore[index]

    def forward(self, gray: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(n, 1, h, w) network L in -1..1, sides multiples of 32 -> three maps at a quarter of that.

        heat (n, 1, ., .): logits of a face's centre in the cell. size (n, 2, ., .): logarithms of the face's height and
        width in cells. offset (n, 2, ., .): of the face's centre from its cell's, downwards and to the right, in cells.
        """
        maps = [self.stem(F.pixel_unshuffle(gray, 2))]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        merged = self.laterals[-1](maps[-1])
        for lateral, finer in zip(list(self.laterals)[-2::-1], maps[-2::-1], strict=True):
            merged = lateral(finer) + F.interpolate(merged, scale_factor=2.0, mode="nearest")
        heat, size, offset = torch.split(self.head(F.relu(merged)), [1, 2, 2], dim=1)
        return heat, size, offset
