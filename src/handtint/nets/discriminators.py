"""Discriminators: networks that tell true colours from predicted ones, (L, ab) -> logits.

The size of L may be a multiple of ab's; L is then shrunk to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from handtint.errors import WeightsError
from handtint.nets.blocks import TransformerBlock

Logits = tuple[Tensor, ...]  # one tensor for each scale of a discriminator
CHANNELS = 3  # L, a, b
VIT_LOGITS = 900  # outputs of the ViT discriminators: as many as the patch discriminator's 30 x 30 at 256 pixels


class Discriminator(nn.Module):
    """Two steps, so that a prediction's features are computed once for the updates of both networks.

    Only what `judge` uses is trained.
    """

    def features(self, gray: Tensor, ab: Tensor) -> list[Tensor]:
        """L (n, 1, h, w), ab (n, 2, h, w) -> what `judge` takes: here the picture (n, 3, h, w) itself."""
        return [_picture(gray, ab)]

    def judge(self, features: Sequence[Tensor]) -> Logits:
        """Features -> the logits of each scale, above 0 for colours that are judged true."""
        raise NotImplementedError

    def forward(self, gray: Tensor, ab: Tensor) -> Logits:
        """L (n, 1, h, w), ab (n, 2, h, w) -> the logits of each scale."""
        return self.judge(self.features(gray, ab))


class PatchDiscriminator(Discriminator):
    """One logit for each overlapping patch: Isola et al. 2017 (pix2pix); 26 x 26 of them at 224 pixels."""

    def __init__(self, filters: int = 64, downs: int = 3) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(CHANNELS, filters, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True)]
        for i in range(downs):
            cin, stride = filters * 2**i, 1 if i == downs - 1 else 2
            layers += [nn.Conv2d(cin, 2 * cin, 4, stride, 1, bias=False), nn.BatchNorm2d(2 * cin)]
            layers.append(nn.LeakyReLU(0.2, inplace=True))
        self.layers = nn.Sequential(*layers, nn.Conv2d(filters * 2**downs, 1, 4, 1, 1))
        self.apply(_initialize)

    def judge(self, features: Sequence[Tensor]) -> Logits:
        """[picture (n, 3, h, w)] -> logits (n, 1, h', w')."""
        return (self.layers(features[0]),)


def resized_like(x: Tensor, like: Tensor) -> Tensor:
    """x (n, c, k * h, k * w) shrunk to the size of `like` (n, ., h, w) by means of k x k squares."""
    factor = x.shape[2] // like.shape[2]
    return F.avg_pool2d(x, factor) if factor > 1 else x


def _picture(gray: Tensor, ab: Tensor) -> Tensor:
    """L, ab (n, 3, h, w) at the size of ab."""
    return torch.cat([resized_like(gray, ab), ab], dim=1)


def _initialize(module: nn.Module) -> None:
    """Initial weights of pix2pix: N(0, 0.02), batch norm around 1."""
    if isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


class MultiScale(Discriminator):
    """One patch discriminator for each of full, half, ... size: Wang et al. 2018 (pix2pixHD)."""

    def __init__(self, filters: int = 64, downs: int = 3, scales: int = 2) -> None:
        super().__init__()
        self.scales = nn.ModuleList(PatchDiscriminator(filters, downs) for _ in range(scales))

    def features(self, gray: Tensor, ab: Tensor) -> list[Tensor]:
        """L (n, 1, h, w), ab (n, 2, h, w) -> the picture at each scale, finest first."""
        pictures = [_picture(gray, ab)]
        for _ in self.scales[1:]:
            pictures.append(F.avg_pool2d(pictures[-1], 2))
        return pictures

    def judge(self, features: Sequence[Tensor]) -> Logits:
        """The picture at each scale -> the logits of each scale."""
        scales: Any = self.scales
        return tuple(scale.judge([picture])[0] for scale, picture in zip(scales, features, strict=True))


class ViTDiscriminator(Discriminator):
    """The small form of the report's transformer as discriminator; any size that is a multiple of the patch."""

    def __init__(self, dim: int = 192, depth: int = 4, heads: int = 3, patch: int = 16) -> None:
        super().__init__()
        self.embed = nn.Conv2d(CHANNELS, dim, patch, patch)
        self.blocks = nn.Sequential(*(TransformerBlock(dim, heads, mlp_ratio=4) for _ in range(depth)))
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.head = nn.Linear(dim, VIT_LOGITS)

    def judge(self, features: Sequence[Tensor]) -> Logits:
        """[picture (n, 3, h, w)] -> logits (n, 900) of the whole picture."""
        tokens = self.blocks(self.embed(features[0])).flatten(2)  # (n, dim, tokens)
        return (self.head(self.norm(tokens.mean(dim=2))),)


class TorchvisionViT(Discriminator):
    """The report's discriminator: torchvision's vit_b_16, untrained, its head Linear(768, 900); only 224 pixels."""

    def __init__(self) -> None:
        """Raises WeightsError if torchvision is missing or does not fit torch."""
        super().__init__()
        try:
            from torchvision.models import vit_b_16
        except (ImportError, RuntimeError) as error:  # RuntimeError: built for another torch
            text = "the ViT discriminator at full size needs `pip install 'handtint[torchvision]'`"
            raise WeightsError(f"torchvision cannot be used: {text}") from error
        self.model = vit_b_16(weights=None)
        self.model.heads = nn.Linear(self.model.hidden_dim, VIT_LOGITS)

    def judge(self, features: Sequence[Tensor]) -> Logits:
        """[picture (n, 3, 224, 224)] -> logits (n, 900) of the whole picture."""
        return (self.model(features[0]),)
