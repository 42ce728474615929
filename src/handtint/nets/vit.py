"""The report's vision transformer generators: a patch encoder and a pixel shuffle decoder.

Dosovitskiy et al. 2021 (ViT); Xie et al. 2022 (SimMIM, masked image modelling). The full-size encoder is the class
of the package transformers that the report used; the small one uses this package's own blocks.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from handtint.nets.blocks import TransformerBlock


def deep_decoder(dim: int, patch: int) -> nn.Sequential:
    """The report's decoder: (n, dim, h, w) -> network ab (n, 2, h * patch, w * patch), by three 3x3 convolutions."""
    return nn.Sequential(
        nn.Conv2d(dim, dim, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(dim, dim, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(dim, 2 * patch * patch, 3, padding=1),
        nn.PixelShuffle(patch),
    )


def naive_decoder(dim: int, patch: int) -> nn.Sequential:
    """The decoder of the naive form: (n, dim, h, w) -> (n, 2, h * patch, w * patch), patch by patch."""
    return nn.Sequential(nn.Conv2d(dim, 2 * patch * patch, 1), nn.PixelShuffle(patch))


class ViTGenerator(nn.Module):
    """The small form, for any size of picture that is a multiple of the patch.

    Positions come from the blocks' depthwise convolutions instead of a learned table. No pretrained weights of this
    size are published, and with convolutions thousands of photographs are enough for training, instead of millions.
    """

    def __init__(self, dim: int = 192, depth: int = 6, heads: int = 3, patch: int = 16, *, naive: bool = False) -> None:
        super().__init__()
        self.embed = nn.Conv2d(1 if naive else 3, dim, patch, patch)
        self.blocks = nn.Sequential(*(TransformerBlock(dim, heads, mlp_ratio=4) for _ in range(depth)))
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.decoder = (naive_decoder if naive else deep_decoder)(dim, patch)

    def forward(self, gray: Tensor) -> Tensor:
        """(n, 1, h, w) network L in -1..1 -> network ab (n, 2, h, w), unbounded."""
        x = self.embed(gray.expand(-1, self.embed.in_channels, -1, -1))
        x = self.blocks(x).permute(0, 2, 3, 1)  # (n, h / patch, w / patch, dim)
        return self.decoder(self.norm(x).permute(0, 3, 1, 2))


class MaskedViT(nn.Module):
    """The full-size form: transformers' ViTForMaskedImageModeling with a decoder of ours; square pictures only."""

    def __init__(self, model: Any, *, naive: bool = False) -> None:
        """model: a ViTForMaskedImageModeling of three input channels, or of one for the naive form."""
        super().__init__()
        dim, patch = model.config.hidden_size, model.config.patch_size
        self.channels: int = model.config.num_channels
        self.model = model
        self.model.decoder = (naive_decoder if naive else deep_decoder)(dim, patch)
        self.model.vit.embeddings.mask_token.requires_grad_(False)  # nothing is masked here

    def forward(self, gray: Tensor) -> Tensor:
        """(n, 1, side, side) network L in -1..1, where side is the model's -> network ab (n, 2, side, side)."""
        return self.model(pixel_values=gray.expand(-1, self.channels, -1, -1)).reconstruction
