"""The hybrid vision transformer: convolutional stages as tokens for transformer blocks (ViT, section 3.1)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from handtint.nets.backbone import Pyramid, pyramid
from handtint.nets.blocks import TransformerBlock
from handtint.nets.heads import ColorHead, MaskHead
from handtint.nets.hints import HintEncoder
from handtint.nets.plain_vit import PlainViT, plain_vit

STRIDE = 32  # input sides are multiples of it
TOKENS = 16  # the stride of the transformer's tokens


class HybridViT(nn.Module):
    """Feature maps of a gray picture, and tokens at stride 16 whose receptive field is all of it.

    A plain ViT may be added as a companion. Its tokens are added to the others through a layer that starts at zero, so
    that training can continue from weights that had no companion.
    """

    def __init__(
        self, pyramid: Pyramid, dim: int = 256, depth: int = 4, heads: int = 8, companion: PlainViT | None = None
    ) -> None:
        super().__init__()
        self.pyramid = pyramid
        self.dim = dim
        self.embed = nn.Conv2d(pyramid.channels[3] + pyramid.channels[4], dim, 1)
        self.companion = companion
        if companion is not None:
            self.join = nn.Conv2d(companion.channels, dim, 1)
            nn.init.zeros_(self.join.weight)
            nn.init.zeros_(self.join.bias)  # type: ignore[arg-type]
        self.blocks = nn.Sequential(*(TransformerBlock(dim, heads) for _ in range(depth)))

    @property
    def skips(self) -> tuple[int, int, int]:
        """Channels of the maps at strides 2, 4 and 8."""
        return self.pyramid.channels[:3]  # type: ignore[return-value]

    def forward(self, gray: Tensor, added: Tensor | None = None) -> tuple[Tensor, list[Tensor]]:
        """(n, 1, h, w) network L in -1..1 -> tokens (n, dim, h/16, w/16) and the five maps of the pyramid.

        added: (n, dim, h/16, w/16) to add to the tokens before the transformer blocks.
        """
        maps = self.pyramid(gray)
        coarse = F.interpolate(maps[4], scale_factor=2.0, mode="bilinear", align_corners=False)
        tokens = self.embed(torch.cat([maps[3], coarse], dim=1))
        if self.companion is not None:
            tokens = tokens + self.join(self.companion(gray))
        if added is not None:
            tokens = tokens + added
        return self.blocks(tokens), maps


class ColorNet(nn.Module):
    """Gray picture to colour, optionally guided by some known colours."""

    def __init__(self, backbone: HybridViT) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = ColorHead(backbone.dim, backbone.skips)
        self.hints = HintEncoder({TOKENS: backbone.dim, **self.head.widths})

    def forward(self, gray: Tensor, hints: Tensor | None = None) -> Tensor:
        """(n, 1, h, w) network L in -1..1 -> network ab (n, 2, h/2, w/2).

        hints: (n, 3, h, w) network ab, 0 where they are not known, and their certainty 0..1.
        """
        added = {} if hints is None else self.hints(hints)
        tokens, maps = self.backbone(gray, added.get(TOKENS))
        return self.head(tokens, maps, gray, added)


class MaskNet(nn.Module):
    """Gray picture to VOC classes and foreground."""

    def __init__(self, backbone: HybridViT) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = MaskHead(backbone.dim, backbone.skips)

    def forward(self, gray: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(n, 1, h, w) network L -> class logits, foreground logits, features, as MaskHead has them."""
        tokens, maps = self.backbone(gray)
        return self.head(tokens, maps)


def current_names(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a checkpoint or file of any version, by the present names."""
    return {name.replace("backbone.beside.", "backbone.companion."): tensor for name, tensor in tensors.items()}


def hybrid(size: str = "lite0", companion: str = "") -> HybridViT:
    """The backbone by size, "lite0" or "tiny" (for tests); companion: the size of its plain ViT, "" for none."""
    vit = plain_vit(companion) if companion else None
    if size == "tiny":
        return HybridViT(pyramid(size), dim=32, depth=1, heads=2, companion=vit)
    return HybridViT(pyramid(size), dim=256, depth=4, heads=8, companion=vit)
