"""ResNet18 as a pyramid of features, for gray input.

He et al. 2016, in the form that torchvision publishes: the tensors of its weights load strictly, by their names.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn


class _BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut; the names are those of the published tensors."""

    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.downsample: nn.Module | None = None
        if stride > 1 or cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet18(nn.Module):
    """Features at strides 2, 4, 8, 16 and 32 of a gray picture; width 64 is the published size."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.channels = (width, width, 2 * width, 4 * width, 8 * width)
        self.conv1 = nn.Conv2d(1, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = _stage(width, width, 1)
        self.layer2 = _stage(width, 2 * width, 2)
        self.layer3 = _stage(2 * width, 4 * width, 2)
        self.layer4 = _stage(4 * width, 8 * width, 2)

    def forward(self, gray: Tensor) -> list[Tensor]:
        """(n, 1, h, w) network L in -1..1 -> five maps, finest first."""
        maps = [self.relu(self.bn1(self.conv1(gray)))]
        x = self.maxpool(maps[0])
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
            maps.append(x)
        return maps


def _stage(cin: int, cout: int, stride: int) -> nn.Sequential:
    return nn.Sequential(_BasicBlock(cin, cout, stride), _BasicBlock(cout, cout, 1))


def from_published(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """torchvision's tensors of a resnet18 for this module, to be loaded strictly.

    The classifier is left out. The first convolution takes one channel, so its three input channels are summed: the
    same result for a gray picture, which fastai feeds in as three copies of L.
    """
    encoder = {name: tensor for name, tensor in tensors.items() if not name.startswith("fc.")}
    return encoder | {"conv1.weight": tensors["conv1.weight"].sum(dim=1, keepdim=True)}
