"""The face detector: shapes, gradients, number of parameters, and losses."""

import torch

from handtint.nets.faces import FaceNet
from handtint.train.face_steps import face_losses, focal_loss
from handtint.train.networks import FACES


def test_outputs_have_their_shapes_and_every_parameter_gets_a_gradient(learns) -> None:  # type: ignore[no-untyped-def]
    torch.manual_seed(0)
    net = FACES["tiny"].build(False, "")
    heat, size, offset = net(torch.randn(2, 1, 64, 96))
    assert (heat.shape, size.shape, offset.shape) == ((2, 1, 16, 24), (2, 2, 16, 24), (2, 2, 16, 24))
    learns(net, [heat, size, offset])


def test_the_detector_has_few_parameters() -> None:
    assert sum(p.numel() for p in FaceNet().parameters()) < 450_000


def test_the_focal_loss_is_zero_for_the_truth_and_where_it_is_masked() -> None:
    heat = torch.zeros(1, 1, 4, 4)
    heat[0, 0, 1, 1] = 1
    logits = (heat * 2 - 1) * 20
    assert focal_loss(logits, heat, torch.ones_like(heat)) < 1e-6
    assert focal_loss(-logits, heat, torch.ones_like(heat)) > 10
    assert focal_loss(-logits, heat, torch.zeros_like(heat)) == 0


def test_a_batch_without_faces_has_a_finite_loss() -> None:
    maps = {name: torch.zeros(2, k, 16, 16) for name, k in (("heat", 1), ("size", 2), ("offset", 2))}
    batch = {"L": torch.randn(2, 1, 64, 64), "heat_mask": torch.ones(2, 1, 16, 16), **maps}
    losses = face_losses({"generator": FACES["tiny"].build(False, "")}, batch)
    assert torch.isfinite(losses["loss"])
    assert losses["size"] == losses["offset"] == 0
