"""Evaluation of colourings: the inputs of predictors, and the scores of the baselines."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest

from handtint.data.augment import squash
from handtint.errors import InputError
from handtint.evaluate.baselines import baselines, gray, mean_color, to_gray
from handtint.evaluate.color import evaluate_color
from handtint.image.color import lab
from handtint.image.photo import Photo

SIZE = (16, 20)


def photos(count: int = 4) -> list[tuple[str, np.ndarray]]:
    rng = np.random.default_rng(2)
    return [(f"p{i}", rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8)) for i in range(count)]


def test_a_perfect_predictor_has_perfect_scores() -> None:
    truths = dict(photos())
    result = evaluate_color(truths.items(), {"oracle": lambda photo: Photo.of(truths[photo.name])})
    scores = result["predictors"]["oracle"]
    assert (result["photos"], result["size"]) == (4, [16, 20])
    for channel in (*scores["report"].values(), *scores["lab"].values()):
        assert (channel["r2"], channel["mae"], channel["mse"]) == (1, 0, 0)
    assert scores["ssim"] == pytest.approx(1)
    assert scores["ciede2000"] == 0
    assert (scores["colorfulness"]["ratio"], scores["colorfulness"]["difference"]) == (1, 0)


def test_gray_is_always_evaluated_too() -> None:
    scores = evaluate_color(photos(), {})["predictors"]["gray"]
    colorfulness = scores["colorfulness"]
    assert colorfulness["prediction"] == colorfulness["ratio"] == 0
    assert colorfulness["difference"] == pytest.approx(colorfulness["truth"])
    for channel in "ab":
        assert scores["lab"][channel]["r2"] <= 0
        assert scores["lab"][channel]["explained_variance"] == pytest.approx(0, abs=1e-5)


def test_the_mean_colour_has_no_bias_on_its_own_sample() -> None:
    rng = np.random.default_rng(4)
    sample = [rng.integers(90, 131, (*SIZE, 3), dtype=np.uint8) + np.array([30, 0, 0], np.uint8) for _ in range(3)]
    scores = evaluate_color([(str(i), x) for i, x in enumerate(sample)], baselines(sample))["predictors"]
    for channel in "ab":
        assert scores["mean-colour"]["lab"][channel]["r2"] == pytest.approx(0, abs=0.02)  # 8-bit rounding
        assert scores["mean-colour"]["lab"][channel]["mse"] < scores["gray"]["lab"][channel]["mse"]


def test_the_mean_colour_is_one_ab_at_the_input_lightness() -> None:
    ramp = Photo.of(np.arange(60, 200, dtype=np.uint8)[None].repeat(3, axis=0))
    L, ab = lab.split(mean_color([np.full((2, 2, 3), (120, 90, 90), np.uint8)])(ramp).pixels)
    np.testing.assert_allclose(L, lab.lightness(ramp.pixels), atol=0.3)
    np.testing.assert_allclose(
        ab, np.broadcast_to(lab.split(np.array([[[120, 90, 90]]], np.uint8))[1], ab.shape), atol=1
    )


def test_the_mean_colour_weights_photographs_equally() -> None:
    red, blue = np.array([200, 60, 60], np.uint8), np.array([60, 60, 200], np.uint8)
    photo = Photo.of(np.full((3, 3), 90, np.uint8))
    large = mean_color([np.broadcast_to(red, (40, 40, 3)), np.broadcast_to(blue, (2, 2, 3))])(photo)
    small = mean_color([np.broadcast_to(red, (2, 2, 3)), np.broadcast_to(blue, (2, 2, 3))])(photo)
    np.testing.assert_array_equal(large.pixels, small.pixels)


def test_predictors_get_gray_of_the_same_lightness() -> None:
    inputs: list[Photo] = []

    def record(photo: Photo) -> Photo:
        inputs.append(photo)
        return photo

    truths = photos(2)
    evaluate_color(truths, {"look": record})
    for (name, rgb), photo in zip(truths, inputs, strict=True):
        assert (photo.name, photo.pixels.shape, photo.pixels.dtype) == (name, SIZE, np.uint8)
        np.testing.assert_allclose(lab.lightness(photo.pixels), lab.lightness(rgb), atol=0.3)


def test_sixteen_bit_predictions_score_like_eight_bit_ones() -> None:
    def sixteen_bits(photo: Photo) -> Photo:
        return Photo.of(photo.pixels.astype(np.uint16) * 257)

    scores = evaluate_color(photos(), {"deep": sixteen_bits})["predictors"]
    assert scores["deep"] == scores["gray"]


def test_photographs_are_read_one_at_a_time() -> None:
    yielded: list[str] = []

    def stream() -> Iterator[tuple[str, np.ndarray]]:
        for name, rgb in photos(3):
            yielded.append(name)
            yield name, rgb

    def check(photo: Photo) -> Photo:
        assert yielded[-1] == photo.name
        return photo

    evaluate_color(stream(), {"check": check})
    assert yielded == ["p0", "p1", "p2"]


def test_a_gray_truth_has_no_colourfulness_ratio() -> None:
    result = evaluate_color([("flat", np.full((*SIZE, 3), 90, np.uint8))], {})
    assert result["predictors"]["gray"]["colorfulness"]["ratio"] is None
    json.dumps(result, allow_nan=False)


@pytest.mark.parametrize(
    ("truths", "message"),
    [
        ([], "no photographs"),
        ([("odd", np.zeros((4, 4), np.uint8))], "odd: uint8"),
        ([("deep", np.zeros((4, 4, 3), np.uint16))], "deep: uint16"),
        ([*photos(1), ("wide", np.zeros((16, 24, 3), np.uint8))], r"wide: size \(16, 24\)"),
    ],
)
def test_invalid_truths_are_errors(truths: list[tuple[str, np.ndarray]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        evaluate_color(truths, {})


def test_a_prediction_of_another_size_is_rejected() -> None:
    with pytest.raises(InputError, match="p0: small"):
        evaluate_color(photos(1), {"small": lambda _: Photo.of(np.zeros((4, 4), np.uint8))})


def test_the_mean_colour_of_nothing_is_an_error() -> None:
    with pytest.raises(InputError, match="mean colour"):
        mean_color([])


def test_the_gray_predictor_returns_its_input() -> None:
    photo = to_gray(photos(1)[0][1])
    assert gray(photo) is photo


@pytest.mark.parametrize("shape", [(300, 200, 3), (10, 400), (1, 1, 3)])
def test_squashing_resizes_to_a_square(shape: tuple[int, ...]) -> None:
    squashed = squash(np.full(shape, 70, np.uint8))
    assert squashed.shape == (224, 224, *shape[2:])
    assert (squashed == 70).all()
