"""Building blocks that the networks share."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def conv_block(
    cin: int, cout: int, kernel: int = 3, *, stride: int = 1, groups: int = 1, dilation: int = 1
) -> nn.Sequential:
    """Convolution, batch norm, ReLU; keeps the size at stride 1."""
    pad = dilation * (kernel // 2)
    conv = nn.Conv2d(cin, cout, kernel, stride, pad, dilation=dilation, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout), nn.ReLU(inplace=True))


class TransformerBlock(nn.Module):
    """A pre-norm transformer block over a map of tokens, with a depthwise convolution for position.

    Dosovitskiy et al. 2021 (ViT). The positions are those of Chu et al. 2021 (conditional positional encodings), so
    that the same weights are used for every picture size.
    """

    def __init__(self, dim: int, heads: int, mlp_ratio: int = 3) -> None:
        super().__init__()
        self.heads = heads
        self.position = nn.Conv2d(dim, dim, 3, padding=1, groups=dim)
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.project = nn.Linear(dim, dim)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(dim, mlp_ratio * dim), nn.GELU(), nn.Linear(mlp_ratio * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        """(n, dim, h, w) -> the same."""
        n, dim, h, w = x.shape
        tokens = (x + self.position(x)).flatten(2).transpose(1, 2)  # (n, hw, dim)
        tokens = tokens + self.project(multi_head_attention(self.qkv(self.norm1(tokens)), self.heads))
        tokens = tokens + self.mlp(self.norm2(tokens))
        return tokens.transpose(1, 2).reshape(n, dim, h, w)


def multi_head_attention(qkv: Tensor, heads: int) -> Tensor:
    """Multi-head attention: queries, keys and values (n, length, 3 * dim) -> (n, length, dim)."""
    n, length, width = qkv.shape
    dim = width // 3
    q, k, v = qkv.reshape(n, length, 3, heads, dim // heads).permute(2, 0, 3, 1, 4).unbind(0)
    out = _attention(q, k, v)  # (n, heads, length, dim / heads)
    return out.transpose(1, 2).reshape(n, length, dim)


def _attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Scaled dot-product attention. The gradients of PyTorch's fused form are twenty times slower on CPUs."""
    if q.device.type == "cpu" and q.requires_grad:
        weights = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
        return weights.softmax(dim=-1).to(v.dtype) @ v
    return F.scaled_dot_product_attention(q, k, v)


class UpBlock(nn.Module):
    """Double the size, concatenate the encoder's features of that size, mix by two convolutions (U-Net)."""

    def __init__(self, cin: int, skip: int, cout: int) -> None:
        super().__init__()
        self.reduce = conv_block(cin, cout, 1)
        self.mix = nn.Sequential(conv_block(cout + skip, cout), conv_block(cout, cout))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """(n, cin, h, w), (n, skip, 2h, 2w) -> (n, cout, 2h, 2w)."""
        x = F.interpolate(self.reduce(x), scale_factor=2.0, mode="bilinear", align_corners=False)
        return self.mix(torch.cat([x, skip], dim=1))
