import numpy as np
import pytest
import torch
from torch.nn import functional as F

from handtint.evaluate import metrics
from handtint.train.losses import (
    alpha_loss,
    class_cross_entropy,
    color_regression_loss,
    colorfulness,
    colorfulness_lack,
    feature_distance,
    soft_jaccard_loss,
)


def test_color_regression_is_torchs_smooth_l1_without_weights() -> None:
    torch.manual_seed(0)
    a, b = torch.randn(2, 2, 8, 8), torch.randn(2, 2, 8, 8)
    loss = color_regression_loss(a, b, beta=0.1, chroma_weight=0.0)
    torch.testing.assert_close(loss, F.smooth_l1_loss(a, b, beta=0.1))


def test_colored_pixels_have_more_weight() -> None:
    truth = torch.zeros(1, 2, 1, 2)
    truth[..., 1] = 0.5
    miss_gray, miss_color = truth.clone(), truth.clone()
    miss_gray[..., 0] += 0.2
    miss_color[..., 1] += 0.2
    losses = [color_regression_loss(m, truth, beta=0.1, chroma_weight=2.0) for m in (miss_gray, miss_color)]
    assert losses[1] > 1.5 * losses[0]


def test_unlabelled_pixels_have_no_effect() -> None:
    logits = torch.randn(1, 21, 2, 2)
    labels = torch.full((1, 2, 2), 255, dtype=torch.uint8)
    assert class_cross_entropy(logits, labels) == 0
    labels[0, 0, 0] = 3
    expected = F.cross_entropy(logits[..., 0, 0], torch.tensor([3]))
    torch.testing.assert_close(class_cross_entropy(logits, labels), expected)


def test_alpha_loss_is_zero_for_the_correct_alpha() -> None:
    labels = torch.tensor([[[0, 1], [255, 1]]], dtype=torch.uint8)
    correct = torch.tensor([[[-30.0, 30.0], [30.0, 30.0]]])
    bce, overlap = alpha_loss(correct, labels)
    assert bce == pytest.approx(0, abs=1e-6)
    assert overlap == pytest.approx(0, abs=1e-6)
    bce, overlap = alpha_loss(-correct, labels)
    assert bce > 10
    assert overlap == pytest.approx(1 - 1 / 4, abs=1e-6)


def test_soft_jaccard_loss_is_one_minus_the_mean_iou_of_the_classes_present() -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    torch.manual_seed(0)
    labels, predicted = (torch.randint(5, (2, 40, 40)) for _ in range(2))
    labels[labels == 4] = 2  # a class that is predicted but not in the labels does not count
    logits = 60.0 * F.one_hot(predicted, 21).movedim(-1, 1).float()
    iou = sklearn.jaccard_score(labels.ravel(), predicted.ravel(), labels=[0, 1, 2, 3], average="macro")
    loss = soft_jaccard_loss(logits, labels.byte()).item()
    assert loss == pytest.approx(1 - iou, abs=5e-3)  # one is added to each count


def test_soft_jaccard_loss_is_zero_for_correct_classes_and_ignores_unlabelled_pixels() -> None:
    labels = torch.tensor([[[3, 255], [0, 3]]], dtype=torch.uint8)
    logits = 60.0 * F.one_hot(torch.tensor([[[3, 7], [0, 3]]]), 21).movedim(-1, 1).float()
    assert soft_jaccard_loss(logits, labels) == pytest.approx(0, abs=1e-6)
    assert soft_jaccard_loss(logits, torch.full_like(labels, 255)) == 0


def test_the_feature_distance_depends_on_directions_alone() -> None:
    """0 for maps that differ in length only, 2 for orthogonal ones, 4 for opposite ones, the mean over the maps."""
    x = torch.tensor([3.0, 0.0])[None, :, None, None].expand(2, 2, 5, 5)
    y = torch.tensor([0.0, 0.1])[None, :, None, None].expand(2, 2, 3, 3)
    assert feature_distance([x], [7 * x]).item() == pytest.approx(0)
    assert feature_distance([x, x[..., :3, :3]], [-x, y]).item() == pytest.approx((4 + 2) / 2)


def test_colourfulness_equals_the_measured_one() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (3, 20, 30, 3), dtype=np.uint8)
    tensors = torch.from_numpy(rgb).permute(0, 3, 1, 2).float() / 255
    expected = [metrics.colorfulness(picture) for picture in rgb]
    np.testing.assert_allclose(255 * colorfulness(tensors).numpy(), expected, rtol=1e-4)


def test_a_lack_of_colourfulness_is_relative_to_the_batch() -> None:
    """The second picture makes up for the first one's gray; a gradient exists even there."""
    truth = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    gray = torch.full((2, 3, 16, 16), 0.5, requires_grad=True)
    lack = colorfulness_lack(gray, truth, 0.8)
    lack.backward()
    assert lack.item() == pytest.approx(0.8 * colorfulness(truth).mean().item(), abs=2e-3)
    assert torch.isfinite(gray.grad).all()
    assert colorfulness_lack(truth.flip(0), truth, 1.0).item() == 0
    assert colorfulness_lack(truth, truth, 0.5).item() == 0
