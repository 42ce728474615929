"""What things are and where they end, by a network each.

What a thing is, and that it is one, ImageNet's features say nearly as they are; edges are learned end to end, and that
learning costs classes.
"""

from __future__ import annotations

from torch import Tensor, nn

from handtint.nets.backbone import Pyramid
from handtint.nets.heads import ClassHead, doubled
from handtint.nets.hybrid import MaskNet

READ = 3  # maps that classes are read from: those at strides 8, 16 and 32
Answer = tuple[Tensor, Tensor]  # logits of classes (n, 21, h/4, w/4) and of the foreground (n, 1, h/4, w/4)


class ClassNet(nn.Module):
    """Gray picture to VOC classes and a coarse foreground."""

    def __init__(self, pyramid: Pyramid) -> None:
        super().__init__()
        self.pyramid = pyramid
        self.head = ClassHead(pyramid.channels[-READ:])  # type: ignore[arg-type]

    def begin(self, gray: Tensor, stages: int) -> list[Tensor]:
        """What the pyramid's first stages (at least three) make of gray (n, 1, h, w): all that the rest needs of it."""
        return self.pyramid.begin(gray, stages)[2:]

    def forward(self, seen: Tensor | list[Tensor], stages: int = 0) -> Answer:
        """(n, 1, h, w) network L in -1..1, or what `begin` made of it by so many stages -> the answer."""
        maps = self.pyramid(seen) if isinstance(seen, Tensor) else self.pyramid.go_on(seen, stages)
        return self.head(maps[-READ:])


class MaskStreams(nn.Module):
    """Gray picture to VOC classes by one network, and to foreground by two, each trained by itself."""

    def __init__(self, classes: ClassNet, front: MaskNet) -> None:
        super().__init__()
        self.classes = classes
        self.front = front

    def forward(self, gray: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(n, 1, h, w) network L -> class logits, foreground logits, features, as MaskHead has them.

        The foreground's are the mean of the two networks'.
        """
        classes, coarse = self.classes(gray)
        _, fine, features = self.front(gray)
        return classes, (fine + doubled(coarse)) / 2, features
