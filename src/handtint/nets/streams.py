"""Classes by one network and foreground edges by another.

ImageNet's features tell objects and their classes apart almost unchanged; edges have to be learned end to end, and
learning them makes classes worse.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from handtint.nets.backbone import Pyramid
from handtint.nets.heads import ClassHead
from handtint.nets.hybrid import STRIDE, MaskNet

CLOSER = 3, 2  # how many times as large classes are looked at once more, as a fraction: export traces whole numbers
FINE = 0.5  # weight of the fine foreground beside each of the two coarse ones
READ = 3  # maps that classes are read from: those at strides 8, 16 and 32
Answer = tuple[Tensor, Tensor]  # logits of classes (n, 21, h/4, w/4) and of the foreground (n, 1, h/4, w/4)


class ClassNet(nn.Module):
    """Gray picture to VOC classes and a coarse foreground."""

    def __init__(self, pyramid: Pyramid) -> None:
        super().__init__()
        self.pyramid = pyramid
        self.head = ClassHead(pyramid.channels[-READ:])  # type: ignore[arg-type]

    def forward_stem(self, gray: Tensor, stages: int) -> list[Tensor]:
        """The output of the pyramid's first stages (at least three) for gray (n, 1, h, w): all that the rest needs."""
        return self.pyramid.forward_stem(gray, stages)[2:]

    def forward(self, seen: Tensor | list[Tensor], stages: int = 0) -> Answer:
        """(n, 1, h, w) network L in -1..1, or what `forward_stem` returned after so many stages -> the output."""
        maps = self.pyramid(seen) if isinstance(seen, Tensor) else self.pyramid.forward_from(seen, stages)
        return self.head(maps[-READ:])


class MaskStreams(nn.Module):
    """Gray picture to VOC classes by one network, and to foreground by two; both are trained separately.

    Classes are predicted at the picture's size and at one and a half times that: two scales find more than one
    (Chen et al. 2015, DeepLab).
    """

    def __init__(self, classes: ClassNet, front: MaskNet) -> None:
        super().__init__()
        self.classes = classes
        self.front = front

    def forward(self, gray: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(n, 1, h, w) network L -> class logits, foreground logits, features, as MaskHead has them.

        Class logits are the mean over both scales. Foreground logits are the mean of the class network's, at both
        scales, and the second network's, which weighs FINE of one of these: it was trained on fewer kinds of things.
        """
        classes, coarse = self.classes(gray)
        closer, coarse_closer = self.classes(_resized(gray, _closer(gray.shape[2:])))
        _, fine, features = self.front(gray)
        classes = (classes + _resized(closer, classes.shape[2:])) / 2
        coarse = _resized(coarse, fine.shape[2:]) + _resized(coarse_closer, fine.shape[2:])
        return classes, (FINE * fine + coarse) / (FINE + 2), features


def _closer(size: torch.Size) -> list[int]:
    """(h, w) times CLOSER, rounded up to whole strides."""
    over, whole = CLOSER[0], CLOSER[1] * STRIDE
    return [(side * over + whole - 1) // whole * STRIDE for side in size]


def _resized(x: Tensor, size: Sequence[int]) -> Tensor:
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)
