"""A discriminator that judges the features of a frozen, pretrained network: Sauer et al. 2021 (Projected GAN)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from handtint.nets.backbone import Pyramid
from handtint.nets.discriminators import Discriminator, Logits
from handtint.nets.lab import to_srgb

_FIRST_MAP = 1  # the map at stride 2 is left out: it is large and carries little about what objects are
_MEAN, _STD = 127 / 255, 128 / 255  # the published EfficientNet-Lite weights expect (8-bit value - 127) / 128


class ProjectedDiscriminator(Discriminator):
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

    def features(self, gray: Tensor, ab: Tensor) -> list[Tensor]:
        """L (n, 1, h, w), ab (n, 2, h', w') -> the frozen network's maps, finest first; ab is resized to L's size."""
        full = F.interpolate(ab.float(), size=gray.shape[2:], mode="bilinear", align_corners=False)
        picture = (to_srgb(gray, full) - _MEAN) / _STD
        return self.pyramid.forward_from([self.pyramid.stem(picture)], 0)[_FIRST_MAP:]

    def judge(self, features: Sequence[Tensor]) -> Logits:
        """The maps -> the logits (n, 1, h, w) of each."""
        return tuple(head(x) for head, x in zip(self.heads, self._mixed(features), strict=True))

    def _mixed(self, maps: Sequence[Tensor]) -> list[Tensor]:
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
