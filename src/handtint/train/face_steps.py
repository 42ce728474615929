"""The training step of the face detector: losses for where faces are, their sizes, and their offsets in the cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from handtint.image.color import lab
from handtint.train.samples import Rows
from handtint.train.steps import GENERATOR, Batch, Losses, Nets, OptimizerStep

OFFSET_WEIGHT, SIZE_WEIGHT = 1.0, 0.3  # relative to the loss of the heat


def face_steps(nets: Nets, batch: Batch) -> Iterator[OptimizerStep]:
    """The generator learns heat, size and offset together."""
    yield OptimizerStep(GENERATOR, face_losses(nets, batch), "loss")


def face_losses(nets: Nets, batch: Batch) -> Losses:
    """{"loss", "heat", "size", "offset"}; size and offset count only in the cells of faces' centres."""
    heat, size, offset = (output.float() for output in nets[GENERATOR](batch["L"]))
    centers = (batch["heat"] == 1).float()
    count = centers.sum().clamp(min=1)
    heat_loss = focal_loss(heat, batch["heat"], batch["heat_mask"]) / count
    size_loss = (F.l1_loss(size, batch["size"], reduction="none") * centers).sum() / count
    offset_loss = (F.l1_loss(offset, batch["offset"], reduction="none") * centers).sum() / count
    loss = heat_loss + SIZE_WEIGHT * size_loss + OFFSET_WEIGHT * offset_loss
    return {"loss": loss, "heat": heat_loss, "size": size_loss, "offset": offset_loss}


def focal_loss(logits: Tensor, heat: Tensor, mask: Tensor) -> Tensor:
    """The penalty-reduced focal loss of CenterNet (Zhou et al. 2019, equation 1), summed where the mask is 1."""
    p = torch.sigmoid(logits)
    centers = (heat == 1).float()
    positives = centers * (1 - p) ** 2 * F.logsigmoid(logits)
    negatives = (1 - centers) * (1 - heat) ** 4 * p**2 * F.logsigmoid(-logits)
    return -((positives + negatives) * mask).sum()


def face_rows(outputs: Sequence[Tensor], batch: Mapping[str, Tensor]) -> Rows:
    """Input (n, 1, h, w) and predicted heat (n, 1, h / 4, w / 4 logits), enlarged to the size of the input."""
    L = (batch["L"][:, 0].numpy() + 1) * np.float32(lab.L_SCALE)
    heat = (torch.sigmoid(outputs[0][:, 0]) * 255).numpy().astype(np.uint8)
    return [("input", [lab.gray(x) for x in L]), ("faces", [x.repeat(4, axis=0).repeat(4, axis=1) for x in heat])]
