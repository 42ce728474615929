"""Losses as pure functions of tensors."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from handtint.nets.discriminators import Logits
from handtint.types import VOID

_EPSILON = 1e-6  # the gradient of a square root stays finite where a picture is gray


def color_regression_loss(predicted: Tensor, truth: Tensor, *, beta: float, chroma_weight: float) -> Tensor:
    """Smooth L1 between ab maps (n, 2, h, w), weighted by 1 + chroma_weight * |true ab|; a scalar.

    Coloured pixels are rare: without weights, predicting gray costs too little (cf. Zhang et al. 2016, rebalancing).
    """
    error = F.smooth_l1_loss(predicted, truth, beta=beta, reduction="none")
    weight = 1 + chroma_weight * truth.square().sum(dim=1, keepdim=True).sqrt()
    return (error * weight).sum() / (weight.sum() * error.shape[1])


def class_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of class logits (n, c, h, w) and labels (n, h, w), 255 ignored; a scalar, 0 if all are 255."""
    valid_count = (labels != VOID).sum().clamp(min=1)
    return F.cross_entropy(logits, labels.long(), ignore_index=VOID, reduction="sum") / valid_count


def soft_jaccard_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """1 - soft IoU of logits (n, c, h, w), a mean over the classes that occur in labels (n, h, w); 255 is ignored.

    Every class has the same weight, however few its pixels (Rahman and Wang 2016, soft IoU over a batch).
    """
    valid = (labels != VOID)[:, None]
    classes = torch.where(valid[:, 0], labels, 0).long()
    truth = F.one_hot(classes, logits.shape[1]).movedim(-1, 1) * valid
    p = logits.softmax(dim=1) * valid
    intersection = (p * truth).sum(dim=(0, 2, 3))
    union = (p + truth).sum(dim=(0, 2, 3)) - intersection
    present = truth.sum(dim=(0, 2, 3)) > 0
    loss = (1 - (intersection + 1) / (union + 1)) * present
    return loss.sum() / present.sum().clamp(min=1)


def alpha_loss(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """(binary cross entropy, 1 - soft IoU) of foreground logits (n, h, w) and labels 0, 1, 255 (ignored)."""
    valid = (labels != VOID).float()
    truth = (labels == 1).float()
    cross_entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    bce = (cross_entropy * valid).sum() / valid.sum().clamp(min=1)
    p = torch.sigmoid(logits) * valid
    intersection = (p * truth).sum(dim=(1, 2))
    union = (p + truth * valid - p * truth).sum(dim=(1, 2))
    return bce, (1 - (intersection + 1) / (union + 1)).mean()


def adversarial_loss(logits: Logits, *, real: bool, kind: str) -> Tensor:
    """The loss of a discriminator's logits against "real" (1) or "fake" (0), a mean over its scales; a scalar.

    kind: "vanilla", binary cross entropy with logits (Goodfellow et al. 2014), or "lsgan", squared errors (Mao et
    al. 2017), whose gradient does not vanish where the discriminator is certain.
    """
    criterion = F.mse_loss if kind == "lsgan" else F.binary_cross_entropy_with_logits
    losses = [criterion(scale.float(), torch.full_like(scale, float(real), dtype=torch.float32)) for scale in logits]
    return torch.stack(losses).mean()


def feature_distance(predicted: Sequence[Tensor], truth: Sequence[Tensor]) -> Tensor:
    """The distance between two sequences of feature maps (n, c, h, w), a mean over maps and pixels; a scalar.

    At each pixel, it is the squared distance between the two feature vectors, normalized to length 1: LPIPS (Zhang et
    al. 2018) without its learned weights.
    """
    differences = [
        F.normalize(x.float(), dim=1) - F.normalize(y.float(), dim=1) for x, y in zip(predicted, truth, strict=True)
    ]
    return torch.stack([x.square().sum(dim=1).mean() for x in differences]).mean()


def colorfulness(rgb: Tensor) -> Tensor:
    """The colourfulness (n,) of pictures (n, 3, h, w) in 0..1, without the paper's factor of 255.

    Hasler and Suesstrunk 2003, M3: the spread of red-green and yellow-blue, and 0.3 times their mean's distance from 0.
    """
    red, green, blue = rgb.unbind(dim=1)
    opponents = torch.stack([red - green, 0.5 * (red + green) - blue], dim=1).flatten(2)
    variance, mean = torch.var_mean(opponents, dim=2, correction=0)
    return (variance.sum(dim=1) + _EPSILON).sqrt() + 0.3 * (mean.square().sum(dim=1) + _EPSILON).sqrt()


def colorfulness_lack(predicted: Tensor, truth: Tensor, share: float) -> Tensor:
    """By how much the mean colourfulness of predicted pictures (n, 3, h, w) in 0..1 is below `share` of the truth's.

    A scalar, 0 if it is not. It compares means over the batch, because a gray picture does not tell whether its scene
    was colourful: each picture on its own would be pulled towards the middle. (DDColor, Kang et al. 2023, rewards
    colourfulness without limit.)
    """
    return (share * colorfulness(truth).mean() - colorfulness(predicted).mean()).clamp(min=0)
