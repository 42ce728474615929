"""Network L and ab to sRGB as differentiable tensors, for networks that expect RGB pictures.

The numpy side, for pictures, is `image/color/lab.py`; both follow CIE 15:2004 (Lab, D65) and IEC 61966-2-1 (sRGB).
"""

from __future__ import annotations

import torch
from torch import Tensor

L_SCALE = 50.0  # L* = 50 (network L + 1)
AB_SCALE = 110.0  # a*b* = 110 network ab
_DARK = 1e-4  # smallest linear light: the slope of the sRGB curve stays finite
_KNEE = 6 / 29
_TO_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))


def to_srgb(gray: Tensor, ab: Tensor) -> Tensor:
    """Network L (n, 1, h, w) in -1..1 and ab (n, 2, h, w) in -1..1 -> sRGB (n, 3, h, w), float32 0..1.

    Colours outside sRGB are clipped, channel by channel; no gradient passes through a clipped channel.
    """
    L, ab = (gray.float() + 1) * L_SCALE, ab.float() * AB_SCALE
    fy = (L[:, 0] + 16) / 116
    f = torch.stack([fy + ab[:, 0] / 500, fy, fy - ab[:, 1] / 200], dim=1)
    xyz = torch.where(f > _KNEE, f**3, (f - 16 / 116) * 3 * _KNEE**2)
    to_xyz = torch.tensor(_TO_XYZ, dtype=torch.float64)
    matrix = torch.linalg.inv(to_xyz / to_xyz.sum(dim=1, keepdim=True)).to(xyz)
    linear = torch.einsum("ij,njhw->nihw", matrix, xyz).clamp(_DARK, 1.0)
    return torch.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
