"""The networks that a recipe can name: explicit tables from names to the functions that build them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from torch import nn

from handtint.checkpoints import published
from handtint.errors import OptionError
from handtint.nets.backbone import Pyramid, pyramid
from handtint.nets.discriminators import MultiScale, PatchDiscriminator, TorchvisionViT, ViTDiscriminator
from handtint.nets.faces import FaceNet
from handtint.nets.hybrid import ColorNet, HybridViT, MaskNet, hybrid
from handtint.nets.parts import PartNet
from handtint.nets.projected import ProjectedDiscriminator
from handtint.nets.resnet import ResNet18
from handtint.nets.streams import ClassNet
from handtint.nets.unet import ResNetUNet
from handtint.nets.vit import ViTGenerator

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Generator:
    """How to build one network.

    build: (pretrained, source of the published weights or "") -> the network. published: the weights that a pretrained
    one starts from, "" if there are none. side: the only side of input that it takes, 0 for any multiple of 32.
    companion: of a network of classes, the mask network that predicts the foreground beside it.
    """

    build: Callable[[bool, str], nn.Module]
    published: str = ""
    side: int = 0
    companion: str = ""


def _hybrid(
    head: Callable[[HybridViT], nn.Module], size: str, companion: str, pretrained: bool, source: str
) -> nn.Module:
    backbone = hybrid(size, companion)
    if pretrained and size != "tiny":
        published.load_pyramid(backbone.pyramid, size)
        if backbone.companion is not None:
            published.load_plain_vit(backbone.companion, source)
    return head(backbone)


def _with_pyramid(net: Callable[[Pyramid], nn.Module], size: str, pretrained: bool, source: str) -> nn.Module:  # noqa: ARG001
    stages = pyramid(size)
    if pretrained and size != "tiny":
        published.load_pyramid(stages, size)
    return net(stages)


def _unet(width: int, pretrained: bool, source: str) -> nn.Module:
    body = ResNet18(width)
    return ResNetUNet(published.load_resnet18(body, source) if pretrained and width == 64 else body)


def _masked_vit(pretrained: bool, source: str) -> nn.Module:
    return published.masked_vit(source, pretrained=pretrained)


def _vit(dim: int, depth: int, naive: bool, pretrained: bool, source: str) -> nn.Module:  # noqa: ARG001
    return ViTGenerator(dim, depth, heads=max(1, dim // 64), naive=naive)


COLOR = {
    "lite0": Generator(partial(_hybrid, ColorNet, "lite0", ""), published.LITE0),
    "lite0-vits": Generator(partial(_hybrid, ColorNet, "lite0", "small"), f"{published.LITE0}; {published.VITS}"),
    "tiny": Generator(partial(_hybrid, ColorNet, "tiny", "")),
    "tiny-vit": Generator(partial(_hybrid, ColorNet, "tiny", "tiny")),
    "resnet18-unet": Generator(partial(_unet, 64), published.RESNET18),
    "resnet18-unet-small": Generator(partial(_unet, 16)),
    "resnet18-unet-tiny": Generator(partial(_unet, 4)),
    "vit": Generator(_masked_vit, published.VIT, side=224),
    "vit-small": Generator(partial(_vit, 192, 6, False)),
    "vit-tiny": Generator(partial(_vit, 16, 1, False)),
    "vit-naive": Generator(lambda _pretrained, _source: published.naive_vit(), side=224),
    "vit-naive-small": Generator(partial(_vit, 192, 6, True)),
    "vit-naive-tiny": Generator(partial(_vit, 16, 1, True)),
}
MASK = {
    "lite0": Generator(partial(_hybrid, MaskNet, "lite0", ""), published.LITE0),
    "lite0-vits": Generator(partial(_hybrid, MaskNet, "lite0", "small"), f"{published.LITE0}; {published.VITS}"),
    "tiny": Generator(partial(_hybrid, MaskNet, "tiny", "")),
    "tiny-vit": Generator(partial(_hybrid, MaskNet, "tiny", "tiny")),
}
CLASSES = {
    "lite2": Generator(partial(_with_pyramid, ClassNet, "lite2"), published.LITE2, companion="lite0"),
    "tiny": Generator(partial(_with_pyramid, ClassNet, "tiny"), companion="tiny"),
}
FACES = {
    "small": Generator(lambda _pretrained, _source: FaceNet()),
    "tiny": Generator(lambda _pretrained, _source: FaceNet((8, 8, 8, 8), (1, 0, 1), 8)),
}
PARTS = {
    "lite0": Generator(partial(_with_pyramid, PartNet, "lite0"), published.LITE0),
    "tiny": Generator(partial(_with_pyramid, partial(PartNet, width=16, fine=(8, 8)), "tiny")),
}
GENERATORS: Mapping[str, Mapping[str, Generator]] = {
    "colour": COLOR,
    "mask": MASK,
    "classes": CLASSES,
    "faces": FACES,
    "parts": PARTS,
}

DISCRIMINATORS: Mapping[str, Callable[[], nn.Module]] = {
    "patch": PatchDiscriminator,
    "patch-small": partial(PatchDiscriminator, 16),
    "patch-tiny": partial(PatchDiscriminator, 4, 2),
    "multiscale": MultiScale,
    "multiscale-small": partial(MultiScale, 32),
    "multiscale-tiny": partial(MultiScale, 4, 1),
    "projected": lambda: ProjectedDiscriminator(published.load_pyramid(pyramid())),
    "projected-tiny": lambda: ProjectedDiscriminator(pyramid("tiny"), 4),
    "vit": TorchvisionViT,
    "vit-small": ViTDiscriminator,
    "vit-tiny": partial(ViTDiscriminator, 16, 1, 1),
}


def generator(task: str, name: str) -> Generator:
    """The generator of that name for a task. Raises OptionError."""
    return _find("network", GENERATORS[task], name)


def discriminator(name: str) -> nn.Module:
    """A new discriminator of that name. Raises OptionError, WeightsError."""
    return _find("discriminator", DISCRIMINATORS, name)()


def _find(setting: str, table: Mapping[str, _T], name: str) -> _T:
    if name not in table:
        raise OptionError(f"{setting}: unknown {name!r}; there are {', '.join(table)}")
    return table[name]
