"""Losses as functions from (networks, batch) to dicts, and the optimiser steps that descend them.

An optimiser step names the network to update and the loss to descend. The loop updates it before it asks for the next
step, so that the generator is judged by a discriminator that has already learned, as in the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from handtint.data.cached_features import stem_features
from handtint.nets.discriminators import Discriminator, resized_like
from handtint.nets.lab import to_srgb
from handtint.train.losses import (
    adversarial_loss,
    alpha_loss,
    class_cross_entropy,
    colorfulness_lack,
    feature_distance,
    soft_jaccard_loss,
)

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


@dataclass(frozen=True, slots=True)
class GeneratorLoss:
    """What the generator learns from in adversarial training: the keys of a recipe of the same names."""

    gan: str
    regression: Regression
    l1_weight: float
    perceptual_weight: float = 0.0
    colorfulness_weight: float = 0.0
    colorfulness: float = 1.0


class Judged(NamedTuple):
    """Predicted and true ab (n, 2, h, w), and the features by which a discriminator judges them."""

    fake: Tensor
    real: Tensor
    fake_features: Sequence[Tensor]
    real_features: Sequence[Tensor]


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


def adversarial_steps(nets: Nets, batch: Batch, *, loss: GeneratorLoss) -> Iterator[OptimizerStep]:
    """An update of the discriminator, then one of the generator, on the same prediction."""
    discriminator: Any = nets[DISCRIMINATOR]  # a Discriminator, or its wrapper
    L = batch["L"]
    fake = predict_ab(nets, batch)
    real = resized_like(batch["ab"], fake)
    judged = Judged(fake, real, discriminator.features(L, fake), discriminator.features(L, real))
    yield OptimizerStep(DISCRIMINATOR, discriminator_losses(discriminator, judged, gan=loss.gan), "loss_D")
    with _frozen(discriminator):
        yield OptimizerStep(GENERATOR, generator_losses(discriminator, L, judged, loss), "loss_G")


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


def discriminator_losses(discriminator: Discriminator, judged: Judged, *, gan: str) -> Losses:
    """{"loss_D_fake", "loss_D_real", "loss_D"} of predicted ab; loss_D is the mean of the two."""
    fake = discriminator.judge([x.detach() for x in judged.fake_features])
    loss_fake = adversarial_loss(fake, real=False, kind=gan)
    loss_real = adversarial_loss(discriminator.judge(judged.real_features), real=True, kind=gan)
    return {"loss_D_fake": loss_fake, "loss_D_real": loss_real, "loss_D": 0.5 * (loss_fake + loss_real)}


def generator_losses(discriminator: Discriminator, L: Tensor, judged: Judged, loss: GeneratorLoss) -> Losses:
    """{"loss_G_GAN", "loss_G_L1", "loss_G"}: the adversarial loss, the weighted regression loss, and their sum.

    With a perceptual_weight also "loss_G_features", the weighted distance between the features of predicted and true
    colours; with a colorfulness_weight also "loss_G_colorfulness", the weighted lack of colourfulness.
    """
    losses = {"loss_G_L1": loss.l1_weight * loss.regression(judged.fake.float(), judged.real)}
    if loss.perceptual_weight:
        distance = feature_distance(judged.fake_features, judged.real_features)
        losses["loss_G_features"] = loss.perceptual_weight * distance
    if loss.colorfulness_weight:
        gray = resized_like(L, judged.fake)
        lack = colorfulness_lack(to_srgb(gray, judged.fake), to_srgb(gray, judged.real), loss.colorfulness)
        losses["loss_G_colorfulness"] = loss.colorfulness_weight * lack
    logits = discriminator.judge(judged.fake_features)
    losses["loss_G_GAN"] = adversarial_loss(logits, real=True, kind=loss.gan)
    return losses | {"loss_G": torch.stack([*losses.values()]).sum()}
