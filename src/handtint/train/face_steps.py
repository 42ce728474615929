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

OFFSET, SIZE = 1.0, 0.3  # weights of the two beside the heat's


def face_steps(nets: Nets, batch: Batch) -> Iterator[OptimizerStep]:
    """Heat, size and offset together."""
    yield OptimizerStep(GENERATOR, face_losses(nets, batch), "loss")


def face_losses(nets: Nets, batch: Batch) -> Losses:
    """{"loss", "heat", "size", "offset"}; size and offset are asked for at the middles of faces alone."""
    heat, size, offset = (answer.float() for answer in nets[GENERATOR](batch["L"]))
    middles = (batch["heat"] == 1).float()
    count = middles.sum().clamp(min=1)
    seen = focal(heat, batch["heat"], batch["heat_mask"]) / count
    large = (F.l1_loss(size, batch["size"], reduction="none") * middles).sum() / count
    where = (F.l1_loss(offset, batch["offset"], reduction="none") * middles).sum() / count
    return {"loss": seen + SIZE * large + OFFSET * where, "heat": seen, "size": large, "offset": where}


def focal(logits: Tensor, heat: Tensor, asked: Tensor) -> Tensor:
    """The penalty-reduced focal loss of CenterNet (Zhou et al. 2019, equation 1), summed where it is asked for."""
    p = torch.sigmoid(logits)
    middles = (heat == 1).float()
    hits = middles * (1 - p) ** 2 * F.logsigmoid(logits)
    misses = (1 - middles) * (1 - heat) ** 4 * p**2 * F.logsigmoid(-logits)
    return -((hits + misses) * asked).sum()


def face_rows(outputs: Sequence[Tensor], batch: Mapping[str, Tensor]) -> Rows:
    """Input (n, 1, h, w) and the heat that the network answers, a quarter as wide and high."""
    L = (batch["L"][:, 0].numpy() + 1) * np.float32(lab.L_SCALE)
    heat = (torch.sigmoid(outputs[0][:, 0]) * 255).numpy().astype(np.uint8)
    return [("input", [lab.gray(x) for x in L]), ("faces", [x.repeat(4, axis=0).repeat(4, axis=1) for x in heat])]
