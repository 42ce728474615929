"""The projected discriminator: what is frozen, what is trained, and the conversion of colours at its input."""

import numpy as np
import pytest
import torch

from handtint.image.color.lab import split
from handtint.nets.backbone import pyramid
from handtint.nets.lab import AB_SCALE, L_SCALE, to_srgb
from handtint.nets.projected import ProjectedDiscriminator


@pytest.fixture
def net() -> ProjectedDiscriminator:
    torch.manual_seed(0)
    return ProjectedDiscriminator(pyramid("tiny"), width=4)


def test_lab_tensors_are_converted_back_to_their_srgb() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    L, ab = split(rgb)
    gray = torch.from_numpy(L / L_SCALE - 1)[None, None]
    restored = to_srgb(gray, torch.from_numpy(ab / AB_SCALE).permute(2, 0, 1)[None])[0].permute(1, 2, 0)
    np.testing.assert_allclose(restored.numpy() * 255, rgb, atol=0.5)


def test_colours_outside_of_srgb_are_clipped() -> None:
    rgb = to_srgb(torch.zeros(1, 1, 2, 2), torch.tensor([1.0, -1.0])[None, :, None, None].expand(1, 2, 2, 2))
    assert rgb.min() >= 0
    assert rgb.max() <= 1


def test_every_feature_map_has_a_logit_per_position(net: ProjectedDiscriminator) -> None:
    logits = net(torch.zeros(2, 1, 64, 96), torch.zeros(2, 2, 32, 48))
    assert [tuple(x.shape) for x in logits] == [(2, 1, 64 // s, 96 // s) for s in (4, 8, 16, 32)]


def test_only_the_heads_are_trained(net: ProjectedDiscriminator) -> None:
    learning = {name.split(".")[0] for name, p in net.named_parameters() if p.requires_grad}
    assert learning == {"heads"}


def test_training_leaves_the_statistics_of_the_frozen_network(net: ProjectedDiscriminator) -> None:
    before = {name: x.clone() for name, x in net.pyramid.state_dict().items()}
    net.train()(torch.randn(2, 1, 64, 64), torch.randn(2, 2, 32, 32))
    for name, x in net.pyramid.state_dict().items():
        torch.testing.assert_close(x, before[name], rtol=0, atol=0)


def test_gradients_reach_the_colours_through_the_frozen_network(net: ProjectedDiscriminator) -> None:
    ab = (0.05 * torch.randn(1, 2, 32, 32)).requires_grad_()
    sum(x.sum() for x in net(torch.zeros(1, 1, 64, 64), ab)).backward()  # type: ignore[union-attr]
    assert ab.grad is not None
    assert ab.grad.abs().sum() > 0


def test_the_features_are_the_inputs_of_the_heads(net: ProjectedDiscriminator) -> None:
    L, ab = torch.zeros(1, 1, 64, 64), torch.zeros(1, 2, 32, 32)
    features = net.eval().features(L, ab)
    torch.testing.assert_close(net.judge(features), net(L, ab))
    assert [x.shape[1] for x in features] == list(net.pyramid.channels[1:])
