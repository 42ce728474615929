"""Classes by one network and foreground edges by another.

Features learned on ImageNet separate classes almost unchanged; edges have to be learned end to end, and learning them
makes classes worse.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from handtint.nets.backbone import Pyramid
from handtint.nets.heads import ClassHead
from handtint.nets.hybrid import STRIDE, MaskNet

SECOND_SCALE = 3, 2  # the second scale at which classes are predicted, as a fraction: export traces integers
FINE_WEIGHT = 0.5  # of the fine foreground, relative to each of the two coarse ones
CLASS_MAPS = 3  # the maps that classes are predicted from: those at strides 8, 16 and 32
Output = tuple[Tensor, Tensor]  # logits of classes (n, 21, h/4, w/4) and of the foreground (n, 1, h/4, w/4)


class ClassNet(nn.Module):
    """Gray picture to VOC classes and a coarse foreground."""

    def __init__(self, pyramid: Pyramid) -> None:
        super().__init__()
        self.pyramid = pyramid
        self.head = ClassHead(pyramid.channels[-CLASS_MAPS:])  # type: ignore[arg-type]

    def forward_stem(self, gray: Tensor, stages: int) -> list[Tensor]:
        """The outputs of the pyramid's first stages (at least three) for gray (n, 1, h, w), without the finest two."""
        return self.pyramid.forward_stem(gray, stages)[2:]

    def forward(self, inputs: Tensor | list[Tensor], stages: int = 0) -> Output:
        """(n, 1, h, w) network L in -1..1, or the result of `forward_stem` with the same `stages` -> Output."""
        maps = self.pyramid(inputs) if isinstance(inputs, Tensor) else self.pyramid.forward_from(inputs, stages)
        return self.head(maps[-CLASS_MAPS:])


class MaskStreams(nn.Module):
    """Gray picture to VOC classes by one network, and to foreground by two; both are trained separately.

    Classes are predicted at the picture's size and at one and a half times that: two scales find more than one
    (Chen et al. 2015, DeepLab).
    """

    def __init__(self, classes: ClassNet, foreground: MaskNet) -> None:
        super().__init__()
        self.classes = classes
        self.front = foreground  # by the name of its tensors in files

    def forward(self, gray: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(n, 1, h, w) network L -> class logits, foreground logits, features, as MaskHead has them.

        Class logits are the mean over both scales. Foreground logits are a weighted mean of the class network's, at
        both scales, and the foreground network's, whose weight is FINE_WEIGHT: it was trained on fewer kinds of
        objects.
        """
        classes, coarse = self.classes(gray)
        second_classes, second_coarse = self.classes(_resized(gray, _second_size(gray.shape[2:])))
        _, fine, features = self.front(gray)
        classes = (classes + _resized(second_classes, classes.shape[2:])) / 2
        coarse = _resized(coarse, fine.shape[2:]) + _resized(second_coarse, fine.shape[2:])
        return classes, (FINE_WEIGHT * fine + coarse) / (FINE_WEIGHT + 2), features


def _second_size(size: torch.Size) -> list[int]:
    """(h, w) times SECOND_SCALE, rounded up to multiples of STRIDE."""
    numerator, denominator = SECOND_SCALE[0], SECOND_SCALE[1] * STRIDE
    return [(side * numerator + denominator - 1) // denominator * STRIDE for side in size]


def _resized(x: Tensor, size: Sequence[int]) -> Tensor:
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)
