"""A discriminator that judges the features of a frozen, pretrained network: Sauer et al. 2021 (Projected GAN)."""

from __future__ import annotations

from typing import Literal, overload

from torch import Tensor, nn
from torch.nn import functional as F

from handtint.nets.backbone import Pyramid
from handtint.nets.discriminators import Logits
from handtint.nets.lab import to_srgb

_FIRST_MAP = 1  # the map at stride 2 is left out: it is large and carries little about what objects are
_MEAN, _STD = 127 / 255, 128 / 255  # the published EfficientNet-Lite weights expect (8-bit value - 127) / 128


class ProjectedDiscriminator(nn.Module):
    """One logit for each cell of four feature maps, at strides 4 to 32, of the picture in colour.

    Random projections that are never trained mix each map with the next coarser one, so that the heads cannot rely on
    single features. Since the features already identify objects, the heads can judge from the first steps on whether a
    colour suits an object. Only the heads are trained.
    """

    def __init__(self, pyramid: Pyramid, width: int = 64) -> None:
        super().__init__()
        channels = pyramid.channels[_FIRST_MAP:]
        self.pyramid = pyramid
        self.mixers = nn.ModuleList(nn.Conv2d(c, width, 1) for c in channels)
        for frozen in (self.pyramid, self.mixers):
            frozen.requires_grad_(False)
        self.heads = nn.ModuleList(_head(width) for _ in channels)
        self.train()

    def train(self, mode: bool = True) -> ProjectedDiscriminator:
        """Set the heads to training mode; the frozen network keeps its batch norms' statistics."""
        super().train(mode)
        self.pyramid.eval()
        return self

    @overload
    def forward(self, gray: Tensor, ab: Tensor) -> Logits: ...
    @overload
    def forward(self, gray: Tensor, ab: Tensor, with_features: Literal[True]) -> tuple[Logits, list[Tensor]]: ...
    def forward(self, gray: Tensor, ab: Tensor, with_features: bool = False) -> Logits | tuple[Logits, list[Tensor]]:
        """L (n, 1, h, w), ab (n, 2, h', w') -> the logits of each map, finest first; ab is resized to L's size.

        with_features: return the frozen network's maps as well, for `losses.feature_distance`.
        """
        full = F.interpolate(ab.float(), size=gray.shape[2:], mode="bilinear", align_corners=False)
        picture = (to_srgb(gray, full) - _MEAN) / _STD
        maps = self.pyramid.forward_from([self.pyramid.stem(picture)], 0)[_FIRST_MAP:]
        logits = tuple(head(x) for head, x in zip(self.heads, self._mixed(maps), strict=True))
        return (logits, maps) if with_features else logits

    def _mixed(self, maps: list[Tensor]) -> list[Tensor]:
        """The projected maps, each with all coarser ones added, finest first."""
        mixed: list[Tensor] = []
        for x, mixer in zip(reversed(maps), reversed(list(self.mixers)), strict=True):
            y = mixer(x)
            if mixed:
                y = y + F.interpolate(mixed[-1], size=y.shape[2:], mode="bilinear", align_corners=False)
            mixed.append(y)
        return mixed[::-1]


def _head(width: int) -> nn.Sequential:
    spectral = nn.utils.parametrizations.spectral_norm
    first, second = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
    return nn.Sequential(
        spectral(first), nn.LeakyReLU(0.2), spectral(second), nn.LeakyReLU(0.2), nn.Conv2d(width, 1, 1)
    )
