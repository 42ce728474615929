"""Sample grids during training: the input of the network, its output, and the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import default_collate

from handtint.figures import rows
from handtint.image.arrays import resize
from handtint.image.color import lab
from handtint.image.color.palette import voc_colors
from handtint.types import Array

if TYPE_CHECKING:
    from torch.utils.data import Dataset

    from handtint.data.pairs import Batch

Rows = Sequence[tuple[str, Sequence[Array]]]
GRID_SIZE = 8  # photographs in a grid


def collect(pairs: Dataset[Batch], count: int) -> dict[str, Tensor]:
    """The first `count` pairs as one batch."""
    return default_collate([pairs[i] for i in range(count)])


def predict(net: nn.Module, batch: Mapping[str, Tensor], device: torch.device) -> Any:
    """The network's outputs for the batch, on the CPU; the network stays in its mode, training or evaluation."""
    training = net.training
    with torch.no_grad():
        outputs = net.eval()(batch["L"].to(device))
    net.train(training)
    return tuple(output.float().cpu() for output in outputs) if isinstance(outputs, tuple) else outputs.float().cpu()


def grid(sample_rows: Rows) -> Array:
    """The rows as one picture, RGB (H, W, 3) uint8."""
    return rows(sample_rows, side=160)


def color_rows(predicted: Tensor, batch: Mapping[str, Tensor]) -> Rows:
    """The report's three rows: input L (n, 1, h, w), and in colour predicted ab (n, 2, h / k, w / k) and true ab."""
    L = _lightness(batch)
    return [
        ("input", [lab.gray(x) for x in L]),
        ("prediction", [_rgb(x, ab) for x, ab in zip(L, predicted.numpy(), strict=True)]),
        ("truth", [_rgb(x, ab) for x, ab in zip(L, batch["ab"].numpy(), strict=True)]),
    ]


def _rgb(L: Array, ab: Array) -> Array:
    planes = resize.shrink(np.moveaxis(ab, 0, -1) * np.float32(lab.AB_SCALE), L.shape)
    return lab.join(L, planes)


def mask_rows(outputs: Sequence[Tensor], batch: Mapping[str, Tensor]) -> Rows:
    """Input, predicted foreground (n, 1, h / 2, w / 2 logits) and labelled foreground (n, h, w), unknown in gray."""
    L = _lightness(batch)
    foreground = torch.sigmoid(outputs[1][:, 0]).numpy()
    labels = np.choose(np.minimum(batch["foreground"].numpy(), 2), (0, 255, 128)).astype(np.uint8)
    return [
        ("input", [lab.gray(x) for x in L]),
        ("prediction", [resize.shrink((x * 255).astype(np.uint8), L[0].shape) for x in foreground]),
        ("truth", list(labels)),
    ]


def class_rows(outputs: Sequence[Tensor], batch: Mapping[str, Tensor]) -> Rows:
    """Input, predicted classes (n, c, h / 4, w / 4 logits) and labelled ones (n, h, w), in VOC's colours."""
    L = _lightness(batch)
    classes, colors = outputs[0].argmax(dim=1).numpy(), voc_colors()
    return [
        ("input", [lab.gray(x) for x in L]),
        ("prediction", [colors[x].repeat(4, axis=0).repeat(4, axis=1) for x in classes]),
        ("truth", [colors[x] for x in batch["classes"].numpy()]),
    ]


def _lightness(batch: Mapping[str, Tensor]) -> Array:
    lightness: Array = (batch["L"][:, 0].numpy() + 1) * np.float32(lab.L_SCALE)
    return lightness
