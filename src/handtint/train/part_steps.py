"""The training step of the network for parts of people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor
from torch.nn import functional as F

from handtint.image.color import lab
from handtint.image.color.palette import voc_colors
from handtint.train.losses import class_cross_entropy, soft_jaccard_loss
from handtint.train.samples import Rows
from handtint.train.steps import GENERATOR, Batch, Losses, Nets, OptimizerStep
from handtint.types import VOID


def part_steps(nets: Nets, batch: Batch) -> Iterator[OptimizerStep]:
    """The generator learns which pixel is of which part."""
    yield OptimizerStep(GENERATOR, part_losses(nets, batch), "loss")


def part_losses(nets: Nets, batch: Batch) -> Losses:
    """{"loss", "entropy", "overlap"}: cross entropy, and 1 - soft IoU as a mean over the parts."""
    logits = nets[GENERATOR](batch["L"]).float()
    logits = F.interpolate(logits, size=batch["parts"].shape[1:], mode="bilinear", align_corners=False)
    cross_entropy, jaccard = class_cross_entropy(logits, batch["parts"]), soft_jaccard_loss(logits, batch["parts"])
    return {"loss": cross_entropy + jaccard, "entropy": cross_entropy, "overlap": jaccard}


def part_rows(logits: Tensor, batch: Mapping[str, Tensor]) -> Rows:
    """Input (n, 1, h, w), predicted parts (n, 4, h / 4, w / 4 logits) and labelled ones (n, h, w), in colours."""
    colors = voc_colors()
    L = (batch["L"][:, 0].numpy() + 1) * lab.L_SCALE
    labels = batch["parts"].numpy()
    return [
        ("input", [lab.gray(x) for x in L]),
        ("prediction", [colors[x].repeat(4, axis=0).repeat(4, axis=1) for x in logits.argmax(dim=1).numpy()]),
        ("truth", list(colors[labels * (labels != VOID)])),
    ]
