"""A plain vision transformer as in DINOv2, for gray input: its published weights were trained on far more photographs.

Dosovitskiy et al. 2021 (ViT); Oquab et al. 2023 (DINOv2); Touvron et al. 2021 (layer scale).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from handtint.nets.blocks import multi_head_attention

STRIDE = 16  # pixels of the input that a patch covers, as the input is shrunk before
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's R, G and B, as the weights were trained
TAPS = (8, 12)  # the blocks whose tokens are returned


class _Block(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.project = nn.Linear(dim, dim)
        self.scale1 = nn.Parameter(torch.ones(dim))
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
        self.scale2 = nn.Parameter(torch.ones(dim))

    def forward(self, tokens: Tensor) -> Tensor:
        """(n, length, dim) -> the same."""
        tokens = tokens + self.scale1 * self.project(multi_head_attention(self.qkv(self.norm1(tokens)), self.heads))
        return tokens + self.scale2 * self.mlp(self.norm2(tokens))


class PlainViT(nn.Module):
    """Tokens at stride 16 of a gray picture of any size: those of the middle and of the last block, concatenated."""

    mean: Tensor
    std: Tensor

    def __init__(
        self, dim: int = 384, heads: int = 6, patch: int = 14, grid: int = 37, taps: tuple[int, ...] = TAPS
    ) -> None:
        """grid: the side, in patches, for which positions were learned; taps: the blocks whose tokens are returned."""
        super().__init__()
        self.patch, self.taps = patch, taps
        self.channels = dim * len(taps)
        self.embed = nn.Conv2d(3, dim, patch, patch)
        self.whole = nn.Parameter(torch.zeros(1, 1, dim))  # the class token, with its position added
        self.positions = nn.Parameter(torch.zeros(1, dim, grid, grid))
        self.blocks = nn.ModuleList(_Block(dim, heads) for _ in range(taps[-1]))
        self.norms = nn.ModuleList(nn.LayerNorm(dim, eps=1e-6) for _ in taps)
        self.register_buffer("mean", torch.tensor(MEAN).reshape(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).reshape(1, 3, 1, 1), persistent=False)

    def forward(self, gray: Tensor) -> Tensor:
        """(n, 1, h, w) network L in -1..1, sides multiples of 16 -> (n, channels, h / 16, w / 16)."""
        h, w = gray.shape[2] // STRIDE, gray.shape[3] // STRIDE
        patches = self.embed(self._normalized(gray, h * self.patch, w * self.patch))
        patches = patches + F.interpolate(self.positions, size=(h, w), mode="bicubic", align_corners=False)
        tokens = patches.flatten(2).transpose(1, 2)
        tokens = torch.cat([self.whole.expand(tokens.shape[0], -1, -1), tokens], dim=1)
        return torch.cat(
            [tapped.transpose(1, 2).reshape(-1, tapped.shape[2], h, w) for tapped in self._tapped_tokens(tokens)], dim=1
        )

    def _normalized(self, gray: Tensor, h: int, w: int) -> Tensor:
        resized = F.interpolate(gray, size=(h, w), mode="bilinear", align_corners=False)
        return ((resized + 1) / 2 - self.mean) / self.std

    def _tapped_tokens(self, tokens: Tensor) -> list[Tensor]:
        """The tokens of patches after each tap, (n, length, dim)."""
        tapped: list[Tensor] = []
        for index, block in enumerate(self.blocks, start=1):
            tokens = block(tokens)
            if index in self.taps:
                tapped.append(self.norms[len(tapped)](tokens)[:, 1:])
        return tapped


def plain_vit(size: str = "small") -> PlainViT:
    """A plain ViT by size: "small" (ViT-S/14) or "tiny" (for tests)."""
    return PlainViT(16, 2, patch=14, grid=4, taps=(1, 2)) if size == "tiny" else PlainViT()


def from_published(tensors: Mapping[str, Tensor], net: PlainViT) -> dict[str, Tensor]:
    """The tensors of a Dinov2Model of the package transformers, renamed for this module.

    Both norms start as copies of the published last norm. Raises KeyError for a missing tensor.
    """
    embeddings, grid = tensors["embeddings.position_embeddings"], net.positions.shape[-1]
    state = {
        "whole": tensors["embeddings.cls_token"] + embeddings[:, :1],
        "positions": embeddings[:, 1:].transpose(1, 2).reshape(1, -1, grid, grid),
    }
    for part in ("weight", "bias"):
        state[f"embed.{part}"] = tensors[f"embeddings.patch_embeddings.projection.{part}"]
        state |= {f"norms.{i}.{part}": tensors[f"layernorm.{part}"] for i in range(len(net.norms))}
    for i in range(len(net.blocks)):
        state |= {f"blocks.{i}.{name}": tensor for name, tensor in _block(tensors, f"encoder.layer.{i}.").items()}
    return state


def _block(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    names = {
        "norm1": "norm1",
        "project": "attention.output.dense",
        "norm2": "norm2",
        "mlp.0": "mlp.fc1",
        "mlp.2": "mlp.fc2",
    }
    state = {f"scale{i}": tensors[f"{prefix}layer_scale{i}.lambda1"] for i in (1, 2)}
    for part in ("weight", "bias"):
        qkv = [tensors[f"{prefix}attention.attention.{name}.{part}"] for name in ("query", "key", "value")]
        state[f"qkv.{part}"] = torch.cat(qkv)
        state |= {
            f"{name}.{part}": tensors[f"{prefix}{published_name}.{part}"] for name, published_name in names.items()
        }
    return state
