"""The adversarial losses against arithmetic by hand, and the order of the steps."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from handtint.nets.discriminators import Discriminator, Logits, resized_like
from handtint.train.losses import adversarial_loss
from handtint.train.steps import (
    DISCRIMINATOR,
    GENERATOR,
    GeneratorLoss,
    Judged,
    adversarial_steps,
    color_losses,
    discriminator_losses,
    generator_losses,
)


class MeanDiscriminator(Discriminator):
    """A discriminator whose logit is `slope` times the mean of a, for every picture."""

    def __init__(self, slope: float) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope))

    def features(self, gray: Tensor, ab: Tensor) -> list[Tensor]:
        return [ab]

    def judge(self, features: Sequence[Tensor]) -> Logits:
        return (self.slope * features[0][:, :1].mean(dim=(2, 3)),)


class ConstantGenerator(nn.Module):
    """A generator of one colour, at half the input's size."""

    def __init__(self, a: float) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.tensor(a))

    def forward(self, gray: Tensor) -> Tensor:
        return self.a * torch.ones(gray.shape[0], 2, gray.shape[2] // 2, gray.shape[3] // 2)


def judged(ab: Tensor, *, truth: Tensor | None = None) -> Judged:
    """Predicted and true ab, half as large as the batch, as MeanDiscriminator sees them."""
    real = resized_like(BATCH["ab"] if truth is None else truth, ab)
    return Judged(ab, real, [ab], [real])


BATCH = {"L": torch.zeros(2, 1, 8, 8), "ab": torch.full((2, 2, 8, 8), 0.5)}


LOSS = GeneratorLoss(gan="lsgan", regression=F.l1_loss, l1_weight=1.0)


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


@pytest.mark.parametrize(
    ("kind", "fake", "real", "adversarial"),
    [("vanilla", softplus(0.4), softplus(-1.0), softplus(-0.4)), ("lsgan", 0.4**2, 0.0, 0.6**2)],
)
def test_losses_equal_those_of_the_report(kind: str, fake: float, real: float, adversarial: float) -> None:
    """The logits are 0.4 for the generated 0.2 and 1.0 for the true 0.5; the L1 error is 0.3."""
    discriminator, pair = MeanDiscriminator(2.0), judged(ConstantGenerator(0.2)(BATCH["L"]))
    d = discriminator_losses(discriminator, pair, gan=kind)
    loss = GeneratorLoss(gan=kind, regression=F.l1_loss, l1_weight=100.0)
    g = generator_losses(discriminator, BATCH["L"], pair, loss)
    losses = {name: value.item() for name, value in (d | g).items()}
    assert losses == pytest.approx(
        {
            "loss_D_fake": fake,
            "loss_D_real": real,
            "loss_D": 0.5 * (fake + real),
            "loss_G_GAN": adversarial,
            "loss_G_L1": 30.0,
            "loss_G": adversarial + 30.0,
        },
        abs=1e-5,
    )


def test_scales_have_equal_weight() -> None:
    logits = torch.zeros(1, 1, 26, 26), torch.ones(1, 1, 2, 2)
    assert adversarial_loss(logits, real=True, kind="lsgan").item() == pytest.approx(0.5)


def test_the_discriminators_losses_have_no_gradient_for_the_generator() -> None:
    generator, discriminator = ConstantGenerator(0.2), MeanDiscriminator(2.0)
    discriminator_losses(discriminator, judged(generator(BATCH["L"])), gan="lsgan")["loss_D"].backward()
    assert generator.a.grad is None
    assert discriminator.slope.grad is not None


def test_the_generators_losses_use_the_updated_discriminator() -> None:
    nets = {GENERATOR: ConstantGenerator(0.2), DISCRIMINATOR: MeanDiscriminator(2.0)}
    steps = adversarial_steps(nets, BATCH, loss=LOSS)
    first = next(steps)
    assert (first.network, first.descend) == (DISCRIMINATOR, "loss_D")
    nets[DISCRIMINATOR].slope.data.fill_(5.0)
    second = next(steps)
    assert (second.network, second.descend) == (GENERATOR, "loss_G")
    assert second.losses["loss_G_GAN"].item() == pytest.approx((1 - 1.0) ** 2, abs=1e-6)
    second.losses["loss_G"].backward()
    assert nets[DISCRIMINATOR].slope.grad is None
    assert next(steps, None) is None
    assert nets[DISCRIMINATOR].slope.requires_grad


def test_the_feature_distance_is_added_to_the_loss() -> None:
    """Both colours lie in one direction, so the features, ab itself, are the same; turned by 90 degrees, 2 apart."""
    discriminator, generated = MeanDiscriminator(2.0), ConstantGenerator(0.2)(BATCH["L"])
    perceptual = replace(LOSS, perceptual_weight=3.0)
    same = generator_losses(discriminator, BATCH["L"], judged(generated), perceptual)
    without = generator_losses(discriminator, BATCH["L"], judged(generated), LOSS)
    assert same["loss_G_features"].item() == pytest.approx(0.0, abs=1e-6)
    assert "loss_G_features" not in without
    turned = judged(generated, truth=BATCH["ab"] * torch.tensor([1.0, -1.0])[:, None, None])
    opposite = generator_losses(discriminator, BATCH["L"], turned, perceptual)
    assert opposite["loss_G_features"].item() == pytest.approx(3.0 * 2.0)
    parts = ("loss_G_GAN", "loss_G_L1", "loss_G_features")
    assert opposite["loss_G"].item() == pytest.approx(sum(opposite[name].item() for name in parts))


def test_pale_colours_are_made_stronger_only_up_to_the_share_asked_for() -> None:
    """One half is as colourful as the truth, the other gray: on average half as colourful."""
    truth = 0.3 * torch.randn(2, 2, 8, 8, generator=torch.Generator().manual_seed(0))
    pale = resized_like(truth, torch.zeros(2, 2, 4, 4)) * torch.tensor([1.0, 0.0])[:, None, None, None]
    predicted = pale.clone().requires_grad_()
    discriminator, pair = MeanDiscriminator(2.0), judged(predicted, truth=truth)
    loss = replace(LOSS, colorfulness_weight=2.0, colorfulness=1.0)
    lack = generator_losses(discriminator, BATCH["L"], pair, loss)["loss_G_colorfulness"]
    lack.backward()
    assert lack.item() > 0
    assert (predicted.grad * pale)[0].sum() < 0
    enough = replace(loss, colorfulness=0.3)
    assert generator_losses(discriminator, BATCH["L"], pair, enough)["loss_G_colorfulness"].item() == 0
    assert "loss_G_colorfulness" not in generator_losses(discriminator, BATCH["L"], pair, LOSS)


def test_the_truth_is_resized_to_the_output() -> None:
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    torch.testing.assert_close(resized_like(x, torch.zeros(1, 2, 2, 2)), torch.tensor([[[[2.5, 4.5], [10.5, 12.5]]]]))
    assert resized_like(x, torch.zeros(1, 2, 4, 4)) is x
    loss = color_losses({GENERATOR: ConstantGenerator(0.2)}, BATCH, regression=F.l1_loss)["loss"]
    assert loss.item() == pytest.approx(0.3)
