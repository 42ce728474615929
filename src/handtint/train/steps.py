"""Training steps: functions from (network, batch) to a dict of losses; "loss" is the one to descend."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from handtint.nets.heads import halve
from handtint.train.losses import alpha_loss, class_entropy, color_regression

Losses = dict[str, Tensor]


def color_step(net: nn.Module, batch: dict[str, Tensor], *, beta: float = 0.1, chroma_weight: float = 2.0) -> Losses:
    """The head start: regression of ab alone, at half the input's size."""
    loss = color_regression(net(batch["L"]).float(), halve(batch["ab"]), beta=beta, chroma_weight=chroma_weight)
    return {"loss": loss}


def mask_step(net: nn.Module, batch: dict[str, Tensor]) -> Losses:
    """Classes and foreground together, each at the labels' size."""
    size = batch["L"].shape[2:]
    classes, front = (
        F.interpolate(x.float(), size=size, mode="bilinear", align_corners=False) for x in net(batch["L"])[:2]
    )
    entropy = class_entropy(classes, batch["classes"])
    bce, overlap = alpha_loss(front[:, 0], batch["foreground"])
    return {"loss": entropy + bce + overlap, "classes": entropy, "foreground": bce, "overlap": overlap}
