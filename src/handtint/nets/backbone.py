"""EfficientNet-Lite as a pyramid of features, for gray input.

Tan and Le 2019 (EfficientNet), in the Lite form: no squeeze-and-excitation, ReLU6 throughout. Tensors of the
published weights load strictly: `from_published` renames them.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from handtint.nets.depthwise import DepthwiseConv2d

# (expansion, kernel, stride, channels, repeats) of each stage
LITE0 = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
LITE2 = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 3),
    (6, 5, 2, 48, 3),
    (6, 3, 2, 88, 4),
    (6, 5, 1, 120, 4),
    (6, 5, 2, 208, 5),
    (6, 3, 1, 352, 1),
)
TINY = (
    (1, 3, 1, 8, 1),
    (2, 3, 2, 8, 1),
    (2, 3, 2, 8, 1),
    (2, 3, 2, 8, 1),
    (2, 3, 1, 16, 1),
    (2, 3, 2, 16, 1),
    (2, 3, 1, 16, 1),
)
TAPS = (0, 1, 2, 4, 6)  # the stages whose outputs are returned: strides 2, 4, 8, 16, 32


class _ConvNorm(nn.Sequential):
    """Convolution and batch norm, padded at the end when it halves the size, as the published weights were."""

    def __init__(self, cin: int, cout: int, kernel: int, stride: int = 1, groups: int = 1, *, act: bool = True) -> None:
        total = kernel - stride if stride > 1 else kernel - 1
        pad = (total // 2, total - total // 2)
        layers: list[nn.Module] = [nn.ZeroPad2d((pad[0], pad[1], pad[0], pad[1]))] if pad[0] != pad[1] else []
        symmetric = 0 if layers else pad[0]
        conv = DepthwiseConv2d if groups == cin and groups > 1 else nn.Conv2d
        layers.append(conv(cin, cout, kernel, stride, symmetric, groups=groups, bias=False))
        layers.append(nn.BatchNorm2d(cout, eps=1e-3, momentum=0.01))
        super().__init__(*layers, *([nn.ReLU6(inplace=True)] if act else []))


class _InvertedResidual(nn.Module):
    def __init__(self, cin: int, cout: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        expanded = cin * expansion
        self.expand = _ConvNorm(cin, expanded, 1) if expansion > 1 else nn.Identity()
        self.depthwise = _ConvNorm(expanded, expanded, kernel, stride, groups=expanded)
        self.project = _ConvNorm(expanded, cout, 1, act=False)
        self.residual = stride == 1 and cin == cout

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class Pyramid(nn.Module):
    """Features at strides 2, 4, 8, 16 and 32 of a gray picture."""

    def __init__(self, stages: tuple[tuple[int, int, int, int, int], ...] = LITE0, stem: int = 32) -> None:
        super().__init__()
        self.stem = _ConvNorm(3, stem, 3, 2)
        self.stages = nn.ModuleList()
        cin = stem
        for expansion, kernel, stride, cout, repeats in stages:
            blocks = [
                _InvertedResidual(cin if i == 0 else cout, cout, expansion, kernel, stride if i == 0 else 1)
                for i in range(repeats)
            ]
            self.stages.append(nn.Sequential(*blocks))
            cin = cout
        self.channels = tuple(stages[i][3] for i in TAPS)

    def forward(self, gray: Tensor) -> list[Tensor]:
        """(n, 1, h, w) network L in -1..1, sides multiples of 32 -> five maps, finest first."""
        return self.forward_from(self.forward_stem(gray, 0), 0)

    def forward_stem(self, gray: Tensor, stages: int) -> list[Tensor]:
        """The maps of the first stages, followed by the input of the next stage."""
        return self._run([self.stem(gray.expand(-1, 3, -1, -1))], 0, stages)

    def forward_from(self, stem: list[Tensor], stages: int) -> list[Tensor]:
        """All maps, from the result of `forward_stem` with the same `stages`; its finest maps may be left out."""
        return self._run(stem, stages, len(self.stages))[:-1]

    def _run(self, stem: list[Tensor], first: int, end: int) -> list[Tensor]:
        *maps, x = stem
        for i in range(first, end):
            x = self.stages[i](x)
            if i in TAPS:
                maps.append(x)
        return [*maps, x]


def pyramid(size: str = "lite0") -> Pyramid:
    """A pyramid by size: "lite0", "lite2" or "tiny" (for tests)."""
    if size == "tiny":
        return Pyramid(TINY, stem=8)
    return Pyramid({"lite0": LITE0, "lite2": LITE2}[size])


def from_published(tensors: Mapping[str, Tensor], net: Pyramid) -> dict[str, Tensor]:
    """Rename the published EfficientNet-Lite tensors to this module's names; the classifier is left out.

    Both lists are in the order of the forward pass, so tensors are matched by position; shapes are checked when the
    result is loaded strictly. Raises ValueError if their numbers differ.
    """
    names = list(net.state_dict())
    published_names = [
        published_name for published_name in tensors if not published_name.startswith(("_conv_head", "_bn1.", "_fc"))
    ]
    if len(names) != len(published_names):
        raise ValueError(f"{len(published_names)} published tensors for {len(names)} of the network")
    return {name: tensors[published_name] for name, published_name in zip(names, published_names, strict=True)}
