"""Networks of the sizes that others use, from random weights: speed does not depend on what weights say."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def conv(ins: int, outs: int, kernel: int = 3, *, stride: int = 1, dilation: int = 1, relu: bool = True) -> nn.Module:
    """A convolution, its batch norm and a rectifier."""
    padding = dilation * (kernel // 2)
    layers = [nn.Conv2d(ins, outs, kernel, stride, padding, dilation, bias=False), nn.BatchNorm2d(outs)]
    return nn.Sequential(*layers, *[nn.ReLU(inplace=True)] * relu)


class Bottleneck(nn.Module):
    """A block of ResNet-101 (He et al. 2016)."""

    def __init__(self, ins: int, width: int, stride: int, dilation: int) -> None:
        super().__init__()
        outs = 4 * width
        middle = conv(width, width, stride=stride, dilation=dilation)
        self.body = nn.Sequential(conv(ins, width, 1), middle, conv(width, outs, 1, relu=False))
        self.skip = conv(ins, outs, 1, stride=stride, relu=False) if ins != outs or stride > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.body(x) + self.skip(x))


class DeepLab(nn.Module):
    """DeepLabv3 on ResNet-101 (Chen et al. 2017) as torchvision has it, output stride 8."""

    def __init__(self) -> None:
        super().__init__()
        blocks: list[nn.Module] = [conv(3, 64, 7, stride=2), nn.MaxPool2d(3, 2, 1)]
        ins = 64
        for width, count, stride, dilation in ((64, 3, 1, 1), (128, 4, 2, 1), (256, 23, 1, 2), (512, 3, 1, 4)):
            for n in range(count):
                blocks.append(Bottleneck(ins, width, 1 if n else stride, dilation))
                ins = 4 * width
        self.backbone = nn.Sequential(*blocks)
        rates = [conv(ins, 256, 1), *(conv(ins, 256, dilation=rate) for rate in (12, 24, 36))]
        self.rates, self.pooled = nn.ModuleList(rates), conv(ins, 256, 1)
        self.head = nn.Sequential(conv(5 * 256, 256, 1), conv(256, 256), nn.Conv2d(256, 21, 1))

    def forward(self, rgb: Tensor) -> Tensor:
        x = self.backbone(rgb)
        pooled = self.pooled(x.mean((2, 3), keepdim=True)).expand(-1, -1, *x.shape[2:])
        classes = self.head(torch.cat([*(rate(x) for rate in self.rates), pooled], 1))
        return F.interpolate(classes, rgb.shape[2:], mode="bilinear")


class Rsu(nn.Module):
    """A residual U-block of U2-Net (Qin et al. 2020); without a depth, the dilated one."""

    def __init__(self, ins: int, middle: int, outs: int, depth: int) -> None:
        super().__init__()
        self.depth, self.enter = depth, conv(ins, outs)
        steps = depth or 4
        rates = [1] * steps if depth else [1, 2, 4, 8]
        downs = [conv(outs if n == 0 else middle, middle, dilation=rates[n]) for n in range(steps)]
        ups = [conv(2 * middle, middle if n else outs, dilation=rates[n]) for n in range(steps - 1)]
        self.downs, self.ups = nn.ModuleList(downs), nn.ModuleList(ups)

    def forward(self, x: Tensor) -> Tensor:
        entered = x = self.enter(x)
        kept = []
        for n, down in enumerate(self.downs):
            if n and self.depth and n < self.depth - 1:
                x = F.max_pool2d(x, 2, ceil_mode=True)
            x = down(x)
            kept.append(x)
        x = kept.pop()
        for up in reversed(self.ups):
            y = kept.pop()
            x = up(torch.cat([F.interpolate(x, y.shape[2:], mode="bilinear"), y], 1))
        return x + entered


class U2Net(nn.Module):
    """U2-Net, 44 million weights."""

    def __init__(self) -> None:
        super().__init__()
        sizes = [(3, 32, 64, 7), (64, 32, 128, 6), (128, 64, 256, 5), (256, 128, 512, 4), (512, 256, 512, 0)]
        self.downs = nn.ModuleList([Rsu(*size) for size in [*sizes, (512, 256, 512, 0)]])
        ups = [(1024, 256, 512, 0), (1024, 128, 256, 4), (512, 64, 128, 5), (256, 32, 64, 6), (128, 16, 64, 7)]
        self.ups = nn.ModuleList([Rsu(*size) for size in ups])
        self.side = nn.Conv2d(64, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        kept = []
        for n, down in enumerate(self.downs):
            x = down(F.max_pool2d(x, 2, ceil_mode=True) if n else x)
            kept.append(x)
        x = kept.pop()
        for up in self.ups:
            y = kept.pop()
            x = up(torch.cat([F.interpolate(x, y.shape[2:], mode="bilinear"), y], 1))
        return self.side(x).sigmoid()


class ConvNextBlock(nn.Module):
    """A block of ConvNeXt (Liu et al. 2022)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(dim, dim, 7, padding=3, groups=dim)
        self.pointwise = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.pointwise(self.depthwise(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class DdcolorTiny(nn.Module):
    """A network of DDColor-tiny's size (Kang et al. 2023), some 55 million weights.

    ConvNeXt-T, a decoder by pixel shuffles, and colour queries that attend to three scales.
    """

    def __init__(self) -> None:
        super().__init__()
        dims, counts = (96, 192, 384, 768), (3, 3, 9, 3)
        entries = [nn.Conv2d(i, o, k, k) for i, o, k in zip((3, *dims), dims, (4, 2, 2, 2), strict=False)]
        self.stages = nn.ModuleList(
            [
                nn.Sequential(e, *(ConvNextBlock(d) for _ in range(n)))
                for e, d, n in zip(entries, dims, counts, strict=True)
            ]
        )
        ups, ins = [], 768
        for skip, outs in ((384, 512), (192, 512), (96, 256)):
            ups.append(nn.ModuleList([conv(ins, 4 * outs, 1), conv(outs + skip, outs)]))
            ins = outs
        self.ups, self.last = nn.ModuleList(ups), conv(256, 16 * 256, 1)
        self.queries = nn.Parameter(torch.randn(1, 100, 256))
        self.bring = nn.ModuleList([nn.Conv2d(d, 256, 1) for d in (512, 512, 256)])
        self.attend = nn.ModuleList([nn.TransformerDecoderLayer(256, 8, 2048, batch_first=True) for _ in range(9)])
        self.out = nn.Conv2d(103, 2, 1)

    def forward(self, rgb: Tensor) -> Tensor:
        x, kept, scales = rgb, [], []
        for stage in self.stages:
            x = stage(x)
            kept.append(x)
        kept.pop()
        for up in self.ups:
            wide, mix = up
            x = mix(torch.cat([F.pixel_shuffle(wide(x), 2), kept.pop()], 1))
            scales.append(x)
        queries = self.queries
        for n, layer in enumerate(self.attend):
            queries = layer(queries, self.bring[n % 3](scales[n % 3]).flatten(2).transpose(1, 2))
        full = F.pixel_shuffle(self.last(x), 4)
        return self.out(torch.cat([torch.einsum("bqc,bchw->bqhw", queries, full), rgb], 1))
