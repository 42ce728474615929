"""Losses as pure functions of tensors."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from handtint.nets.discriminators import Logits
from handtint.types import VOID


def color_regression(predicted: Tensor, truth: Tensor, *, beta: float, chroma_weight: float) -> Tensor:
    """Smooth L1 between ab maps (n, 2, h, w), weighted by 1 + chroma_weight * |true ab|; a scalar.

    Coloured pixels are rare; unweighted, gray is too good an answer (cf. Zhang et al. 2016, class rebalancing).
    """
    error = F.smooth_l1_loss(predicted, truth, beta=beta, reduction="none")
    weight = 1 + chroma_weight * truth.square().sum(dim=1, keepdim=True).sqrt()
    return (error * weight).sum() / (weight.sum() * error.shape[1])


def class_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of class logits (n, c, h, w) and labels (n, h, w), 255 left out; a scalar, 0 if all are."""
    known = (labels != VOID).sum().clamp(min=1)
    return F.cross_entropy(logits, labels.long(), ignore_index=VOID, reduction="sum") / known


def soft_jaccard_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """1 - soft IoU, the mean over the classes that labels (n, h, w) show, of logits (n, c, h, w); 255 left out.

    Every class weighs the same, however few its pixels (Rahman and Wang 2016, soft IoU over a batch).
    """
    known = (labels != VOID)[:, None]
    inside = torch.where(known[:, 0], labels, 0).long()
    truth = F.one_hot(inside, logits.shape[1]).movedim(-1, 1) * known
    p = logits.softmax(dim=1) * known
    intersection = (p * truth).sum(dim=(0, 2, 3))
    union = (p + truth).sum(dim=(0, 2, 3)) - intersection
    present = truth.sum(dim=(0, 2, 3)) > 0
    loss = (1 - (intersection + 1) / (union + 1)) * present
    return loss.sum() / present.sum().clamp(min=1)


def alpha_loss(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """(binary cross entropy, 1 - soft IoU) of foreground logits (n, h, w) and labels 0, 1, 255 (left out)."""
    known = (labels != VOID).float()
    truth = (labels == 1).float()
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    bce = (entropy * known).sum() / known.sum().clamp(min=1)
    p = torch.sigmoid(logits) * known
    intersection = (p * truth).sum(dim=(1, 2))
    union = (p + truth * known - p * truth).sum(dim=(1, 2))
    return bce, (1 - (intersection + 1) / (union + 1)).mean()


def adversarial(logits: Logits, *, real: bool, kind: str) -> Tensor:
    """How far a discriminator's answers are from "real" (1) or "fake" (0); the mean over its scales, a scalar.

    kind: "vanilla", binary cross entropy with logits (Goodfellow et al. 2014), or "lsgan", squared errors (Mao et
    al. 2017), whose gradient does not vanish where the discriminator is sure.
    """
    measure = F.mse_loss if kind == "lsgan" else F.binary_cross_entropy_with_logits
    losses = [measure(scale.float(), torch.full_like(scale, float(real), dtype=torch.float32)) for scale in logits]
    return torch.stack(losses).mean()


def feature_distance(predicted: Sequence[Tensor], truth: Sequence[Tensor]) -> Tensor:
    """How far feature maps (n, c, h, w) lie apart, the mean over the maps; a scalar.

    At each place, the squared distance between the two vectors of features, each of length 1: LPIPS (Zhang et al. 2018)
    without its learned weights.
    """
    apart = [
        F.normalize(x.float(), dim=1) - F.normalize(y.float(), dim=1) for x, y in zip(predicted, truth, strict=True)
    ]
    return torch.stack([x.square().sum(dim=1).mean() for x in apart]).mean()
