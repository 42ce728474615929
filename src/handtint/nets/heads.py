"""Heads that turn features into colour, classes and foreground."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from handtint.nets.blocks import UpBlock, conv_block


class ColorHead(nn.Module):
    """A light U-Net decoder with a convolutional branch over L for edges; ab at half the input's size."""

    def __init__(
        self, dim: int, skips: tuple[int, int, int], widths: tuple[int, int, int] = (128, 64, 40), edge: int = 16
    ) -> None:
        super().__init__()
        fine, middle, coarse = skips  # channels at strides 2, 4, 8
        self.up8 = UpBlock(dim, coarse, widths[0])
        self.up4 = UpBlock(widths[0], middle, widths[1])
        self.up2 = UpBlock(widths[1], fine + edge, widths[2])
        self.edge = nn.Sequential(conv_block(1, edge, stride=2), conv_block(edge, edge))
        self.ab = nn.Conv2d(widths[2], 2, 3, padding=1)
        self.widths = {4: widths[1], 2: widths[2]}  # channels by stride of the features that `added` is added to

    def forward(
        self, tokens: Tensor, maps: list[Tensor], gray: Tensor, added: Mapping[int, Tensor] | None = None
    ) -> Tensor:
        """Tokens (n, dim, h/16, w/16), maps at strides 2, 4, 8, gray (n, 1, h, w) -> ab (n, 2, h/2, w/2).

        added: what to add to the features at strides 4 and 2.
        """
        x = self.up8(tokens, maps[2])
        x = self.up4(x, maps[1])
        x = x + added[4] if added else x
        x = self.up2(x, torch.cat([maps[0], self.edge(gray)], dim=1))
        x = x + added[2] if added else x
        return self.ab(x)


class AtrousPyramid(nn.Module):
    """Atrous spatial pyramid pooling: Chen et al. 2017 (DeepLabv3), rates for features at stride 16."""

    def __init__(self, cin: int, cout: int, rates: tuple[int, ...] = (3, 6, 12)) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            [conv_block(cin, cout, 1), *(conv_block(cin, cout, 3, dilation=r) for r in rates)]
        )
        self.pooled = nn.Sequential(nn.Conv2d(cin, cout, 1), nn.ReLU(inplace=True))
        self.mix = conv_block(cout * (len(rates) + 2), cout, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, cin, h, w) -> (n, cout, h, w)."""
        pooled = self.pooled(x.mean(dim=(2, 3), keepdim=True)).expand(-1, -1, *x.shape[2:])
        return self.mix(torch.cat([*(branch(x) for branch in self.branches), pooled], dim=1))


class MaskHead(nn.Module):
    """Classes at a quarter of the input's size, a foreground alpha at half of it, and the features behind both."""

    def __init__(
        self, dim: int, skips: tuple[int, int, int], classes: int = 21, width: int = 128, fine: int = 32
    ) -> None:
        super().__init__()
        self.pyramid = AtrousPyramid(dim, width)
        self.up8 = UpBlock(width, skips[2], width)
        self.up4 = UpBlock(width, skips[1], width // 2)
        self.classes = nn.Conv2d(width // 2, classes, 1)
        self.up2 = UpBlock(width // 2, skips[0], fine)
        self.foreground = nn.Conv2d(fine, 1, 3, padding=1)

    def forward(self, tokens: Tensor, maps: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """-> class logits (n, classes, h/4, w/4), foreground logits (n, 1, h/2, w/2), features (n, c, h/4, w/4)."""
        x = self.up4(self.up8(self.pyramid(tokens), maps[2]), maps[1])
        return self.classes(x), self.foreground(self.up2(x, maps[0])), x


class ClassHead(nn.Module):
    """Classes and a coarse foreground: an atrous pyramid over strides 16 and 32, joined with stride 8.

    Logits are interpolated from an eighth to a quarter of the input's size.
    """

    def __init__(
        self, channels: tuple[int, int, int], classes: int = 21, width: int = 256, fine: int = 96, drop: float = 0.1
    ) -> None:
        super().__init__()
        eighth, middle, coarse = channels  # at strides 8, 16, 32
        self.embed = nn.Conv2d(middle + coarse, width, 1)
        self.pyramid = AtrousPyramid(width, width // 2)
        self.drop = nn.Dropout2d(drop)
        self.up8 = UpBlock(width // 2, eighth, fine)
        self.classes = nn.Conv2d(fine, classes, 1)
        self.foreground = nn.Conv2d(fine, 1, 1)

    def forward(self, maps: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Maps at strides 8, 16, 32 -> logits of classes (n, classes, h/4, w/4), of the foreground (n, 1, h/4, w/4)."""
        x = self.embed(torch.cat([maps[1], doubled(maps[2])], dim=1))
        x = self.up8(self.drop(self.pyramid(x)), maps[0])
        return doubled(self.classes(x)), doubled(self.foreground(x))


def doubled(x: Tensor) -> Tensor:
    """(n, c, h, w) -> (n, c, 2h, 2w), interpolated."""
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def halve(x: Tensor) -> Tensor:
    """(n, c, h, w) -> (n, c, h/2, w/2), the mean of each 2 x 2 square."""
    return F.avg_pool2d(x, 2)
