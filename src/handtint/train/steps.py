"""Losses as functions from (networks, batch) to dicts, and the optimiser steps that descend them.

An optimiser step names the network to update and the loss to descend. The loop updates it before it asks for the next
step, so that the generator is judged by a discriminator that has already learned, as in the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from handtint.data.cached_features import stem_features
from handtint.nets.discriminators import resized_like
from handtint.train.losses import adversarial_loss, alpha_loss, class_cross_entropy, feature_distance, soft_jaccard_loss

Batch = Mapping[str, Tensor]
Nets = Mapping[str, nn.Module]
Losses = dict[str, Tensor]
Regression = Callable[[Tensor, Tensor], Tensor]  # predicted and true ab -> a scalar

GENERATOR, DISCRIMINATOR = "generator", "discriminator"


class OptimizerStep(NamedTuple):
    """One update of one network: its losses, and the name of the one to descend."""

    network: str
    losses: Losses
    descend: str


OptimizerSteps = Callable[[Nets, Batch], Iterator[OptimizerStep]]


def color_steps(nets: Nets, batch: Batch, *, regression: Regression) -> Iterator[OptimizerStep]:
    """Without a discriminator: the generator learns to predict ab by regression alone."""
    yield OptimizerStep(GENERATOR, color_losses(nets, batch, regression=regression), "loss")


def mask_steps(nets: Nets, batch: Batch) -> Iterator[OptimizerStep]:
    """The generator learns classes and foreground together."""
    yield OptimizerStep(GENERATOR, mask_losses(nets, batch), "loss")


def class_steps(nets: Nets, batch: Batch, *, stages: int) -> Iterator[OptimizerStep]:
    """The generator learns classes and a coarse foreground from the cached features of its first `stages` stages."""
    yield OptimizerStep(GENERATOR, class_losses(nets, batch, stages=stages), "loss")


def adversarial_steps(
    nets: Nets, batch: Batch, *, gan: str, l1_weight: float, regression: Regression, perceptual_weight: float = 0.0
) -> Iterator[OptimizerStep]:
    """An update of the discriminator, then one of the generator, on the same prediction."""
    fake = predict_ab(nets, batch)
    yield OptimizerStep(DISCRIMINATOR, discriminator_losses(nets, batch, fake, gan=gan), "loss_D")
    losses = partial(generator_losses, gan=gan, l1_weight=l1_weight, regression=regression)
    with _frozen(nets[DISCRIMINATOR]):
        yield OptimizerStep(GENERATOR, losses(nets, batch, fake, perceptual_weight=perceptual_weight), "loss_G")


@contextmanager
def _frozen(net: nn.Module) -> Iterator[None]:
    """While this is open, a network's parameters get no gradients: they are not needed when another one is updated."""
    trainable = [parameter for parameter in net.parameters() if parameter.requires_grad]
    for parameter in trainable:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in trainable:
            parameter.requires_grad_(True)


def color_losses(nets: Nets, batch: Batch, *, regression: Regression) -> Losses:
    """{"loss"}: the regression loss of ab, at the size of the generator's output."""
    predicted = predict_ab(nets, batch)
    return {"loss": regression(predicted.float(), resized_like(batch["ab"], predicted))}


def predict_ab(nets: Nets, batch: Batch) -> Tensor:
    """The generator's ab for a batch, and for its hints if it has some."""
    return nets[GENERATOR](*(batch[name] for name in ("L", "hints") if name in batch))


def mask_losses(nets: Nets, batch: Batch) -> Losses:
    """{"loss", "classes", "foreground", "overlap"}: classes and foreground together, each at the labels' size."""
    size = batch["L"].shape[2:]
    classes, foreground = (
        F.interpolate(x.float(), size=size, mode="bilinear", align_corners=False)
        for x in nets[GENERATOR](batch["L"])[:2]
    )
    cross_entropy = class_cross_entropy(classes, batch["classes"])
    bce, overlap = alpha_loss(foreground[:, 0], batch["foreground"])
    return {"loss": cross_entropy + bce + overlap, "classes": cross_entropy, "foreground": bce, "overlap": overlap}


def class_losses(nets: Nets, batch: Batch, *, stages: int) -> Losses:
    """{"loss", "classes", "class_overlap", "foreground", "overlap"} from the cached features of `stages` stages."""
    classes, foreground = (logits.float() for logits in nets[GENERATOR](stem_inputs(batch), stages))
    cross_entropy, jaccard = (
        class_cross_entropy(classes, batch["classes"]),
        soft_jaccard_loss(classes, batch["classes"]),
    )
    bce, overlap = alpha_loss(foreground[:, 0], batch["foreground"])
    losses = {"classes": cross_entropy, "class_overlap": jaccard, "foreground": bce, "overlap": overlap}
    return {"loss": torch.stack([*losses.values()]).sum(), **losses}


def stem_inputs(batch: Batch) -> list[Tensor]:
    """The cached features in a batch, as `forward_from` takes them: float32, with channels last."""
    return [part.float().contiguous(memory_format=torch.channels_last) for part in stem_features(batch)]


def discriminator_losses(nets: Nets, batch: Batch, fake: Tensor, *, gan: str) -> Losses:
    """{"loss_D_fake", "loss_D_real", "loss_D"} of predicted ab; loss_D is the mean of the two."""
    L, real = batch["L"], resized_like(batch["ab"], fake)
    loss_fake = adversarial_loss(nets[DISCRIMINATOR](L, fake.detach()), real=False, kind=gan)
    loss_real = adversarial_loss(nets[DISCRIMINATOR](L, real), real=True, kind=gan)
    return {"loss_D_fake": loss_fake, "loss_D_real": loss_real, "loss_D": 0.5 * (loss_fake + loss_real)}


def generator_losses(
    nets: Nets,
    batch: Batch,
    fake: Tensor,
    *,
    gan: str,
    l1_weight: float,
    regression: Regression,
    perceptual_weight: float = 0.0,
) -> Losses:
    """{"loss_G_GAN", "loss_G_L1", "loss_G"}: the adversarial loss, the weighted regression loss, and their sum.

    With a perceptual_weight also "loss_G_features", the weighted distance between the features of predicted and true
    colours in the frozen part of the discriminator, which has to be a projected one.
    """
    L, real = batch["L"], resized_like(batch["ab"], fake)
    losses = {"loss_G_L1": l1_weight * regression(fake.float(), real)}
    if perceptual_weight:
        logits, features = nets[DISCRIMINATOR](L, fake, with_features=True)
        with torch.no_grad():
            _, truth = nets[DISCRIMINATOR](L, real, with_features=True)
        losses["loss_G_features"] = perceptual_weight * feature_distance(features, truth)
    else:
        logits = nets[DISCRIMINATOR](L, fake)
    losses["loss_G_GAN"] = adversarial_loss(logits, real=True, kind=gan)
    return losses | {"loss_G": torch.stack([*losses.values()]).sum()}
