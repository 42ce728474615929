"""Parts of people: where skin, hair and clothes are, in a gray picture of one person or a few."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from handtint.nets.backbone import Pyramid
from handtint.nets.blocks import UpBlock
from handtint.nets.heads import AtrousPyramid
from handtint.types import PARTS


class PartNet(nn.Module):
    """EfficientNet-Lite's pyramid, an atrous pyramid at stride 16 and a U-Net decoder to stride 4 (cf. DeepLabv3+)."""

    def __init__(self, pyramid: Pyramid, width: int = 128, fine: tuple[int, int] = (96, 64), drop: float = 0.1) -> None:
        super().__init__()
        _, four, eight, sixteen, coarse = pyramid.channels
        self.pyramid = pyramid
        self.embed = nn.Conv2d(sixteen + coarse, width, 1)
        self.atrous = AtrousPyramid(width, width)
        self.drop = nn.Dropout2d(drop)
        self.up8 = UpBlock(width, eight, fine[0])
        self.up4 = UpBlock(fine[0], four, fine[1])
        self.parts = nn.Conv2d(fine[1], 1 + len(PARTS), 1)

    def forward(self, gray: Tensor) -> Tensor:
        """(n, 1, h, w) network L in -1..1, sides multiples of 32 -> logits (n, 4, h/4, w/4): background, then PARTS."""
        _, four, eight, sixteen, coarse = self.pyramid(gray)
        wide = F.interpolate(coarse, scale_factor=2.0, mode="bilinear", align_corners=False)
        x = self.drop(self.atrous(self.embed(torch.cat([sixteen, wide], dim=1))))
        return self.parts(self.up4(self.up8(x, eight), four))
