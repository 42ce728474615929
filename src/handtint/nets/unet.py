"""The report's first generator: a U-Net grown on a ResNet18, after fastai's DynamicUnet.

Ronneberger et al. 2015 (U-Net). The ICNR initialisation of pixel shuffle (Aitken et al. 2017) starts as nearest
neighbour interpolation, without checkerboard artefacts. The weight norm of fastai's shuffle layers is left out, because
the batch norm after each of them makes it redundant.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from handtint.nets.blocks import conv_block
from handtint.nets.resnet import ResNet18


class Shuffle(nn.Sequential):
    """Upsampling by a 1x1 convolution and pixel shuffle: (n, cin, h, w) -> (n, cout, 2h, 2w)."""

    def __init__(self, cin: int, cout: int) -> None:
        conv = nn.Conv2d(cin, 4 * cout, 1)
        _icnr(conv.weight)
        nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
        super().__init__(conv, nn.ReLU(inplace=True), nn.PixelShuffle(2))


def _icnr(weight: Tensor) -> None:
    """Initialise a shuffle's convolution (4c, cin, 1, 1) so that the four pixels of each square are equal."""
    base = nn.init.kaiming_normal_(torch.empty(weight.shape[0] // 4, *weight.shape[1:]))
    with torch.no_grad():
        weight.copy_(base.repeat_interleave(4, dim=0))


class DynamicBlock(nn.Module):
    """Upsample, concatenate the normalised features of the encoder, apply two 3x3 convolutions."""

    def __init__(self, cin: int, skip: int, cout: int) -> None:
        super().__init__()
        self.shuffle = Shuffle(cin, cin // 2)
        self.norm = nn.BatchNorm2d(skip)
        self.relu = nn.ReLU()
        self.mix = nn.Sequential(conv_block(cin // 2 + skip, cout), conv_block(cout, cout))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """(n, cin, h, w), (n, skip, 2h, 2w) -> (n, cout, 2h, 2w)."""
        return self.mix(self.relu(torch.cat([self.shuffle(x), self.norm(skip)], dim=1)))


class ResNetUNet(nn.Module):
    """Gray picture to colour, at the input's size."""

    def __init__(self, body: ResNet18) -> None:
        super().__init__()
        self.body = body
        *skips, deep = body.channels
        self.middle = nn.Sequential(
            nn.BatchNorm2d(deep), nn.ReLU(), conv_block(deep, 2 * deep), conv_block(2 * deep, deep)
        )
        self.ups = nn.ModuleList()
        for i, skip in enumerate(reversed(skips)):
            joined = deep // 2 + skip
            cout = joined if i < len(skips) - 1 else joined // 2
            self.ups.append(DynamicBlock(deep, skip, cout))
            deep = cout
        self.shuffle = Shuffle(deep, deep)
        self.cross = nn.Sequential(conv_block(deep + 1, deep + 1), _conv_norm(deep + 1))
        self.relu = nn.ReLU()
        self.ab = nn.Conv2d(deep + 1, 2, 1)

    def forward(self, gray: Tensor) -> Tensor:
        """(n, 1, h, w) network L in -1..1, sides multiples of 32 -> network ab (n, 2, h, w), unbounded."""
        *skips, deep = self.body(gray)
        x = self.middle(deep)
        for up, skip in zip(self.ups, reversed(skips), strict=True):
            x = up(x, skip)
        x = torch.cat([self.shuffle(x), gray], dim=1)
        return self.ab(self.relu(x + self.cross(x)))


def _conv_norm(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
