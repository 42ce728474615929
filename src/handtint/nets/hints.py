"""Colours known in advance, as a second input of the colour network."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class HintEncoder(nn.Module):
    """Known colours, encoded as terms to add to features at several strides; zero where no colour is known.

    Zhang et al. 2017 (Real-Time User-Guided Image Colorization) feed hints to the first layer of a network. Added to
    the transformer's tokens, they affect the whole picture; added in the decoder, they stay exact at their positions.
    No layer has a bias and the last layers start at zero, so that training can continue from weights without hints.
    """

    def __init__(self, channels: dict[int, int], width: int = 64) -> None:
        """channels: of the features at each stride."""
        super().__init__()
        self.parts = nn.ModuleDict({str(stride): _encoder(count, width) for stride, count in channels.items()})

    def forward(self, hints: Tensor) -> dict[int, Tensor]:
        """Hints (n, 3, h, w), network ab and their certainty 0..1 -> {stride: features to add there}."""
        return {int(stride): part(pooled(hints, int(stride))) for stride, part in self.parts.items()}


def pooled(hints: Tensor, stride: int) -> Tensor:
    """Hints (n, 3, h, w) -> (n, 4, h / stride, w / stride): mean known ab, maximum and mean of the certainty."""
    ab, certainty = hints[:, :2], hints[:, 2:]
    mean_certainty = F.avg_pool2d(certainty, stride)
    mean_ab = F.avg_pool2d(ab * certainty, stride) / (mean_certainty + 1e-5)
    return torch.cat([mean_ab, F.max_pool2d(certainty, stride), mean_certainty], dim=1)


def _encoder(channels: int, width: int) -> nn.Sequential:
    last = nn.Conv2d(width, channels, 1, bias=False)
    nn.init.zeros_(last.weight)
    return nn.Sequential(nn.Conv2d(4, width, 1, bias=False), nn.ReLU(inplace=True), last)
