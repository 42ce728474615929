"""Mask metrics on shapes whose scores are known."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, jaccard_score

from handtint.errors import InputError, OptionError
from handtint.evaluate.masks import MaskScores, boundary_f, confusion, evaluate_masks, leak, overlap
from handtint.evaluate.report import document, markdown
from handtint.image.photo import Photo
from handtint.types import VOC, Array, Float


def block(top: int, left: int, side: int, size: tuple[int, int] = (40, 50)) -> np.ndarray:
    mask = np.zeros(size, np.uint8)
    mask[top : top + side, left : left + side] = 1
    return mask


def scores_of(*photos: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]) -> dict:
    scores = MaskScores()
    for photo in photos:
        scores.add(*photo)
    return scores.scores()


def test_class_scores_equal_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth, prediction = (rng.integers(0, 7, (30, 30), dtype=np.uint8) for _ in range(2))
    truth[:4] = 255
    void = np.full_like(truth, 255)
    alpha = np.zeros(truth.shape, np.float32)
    result = scores_of(
        (prediction[:15], alpha[:15], truth[:15], void[:15]), (prediction[15:], alpha[15:], truth[15:], void[15:])
    )
    known = truth != 255
    expected = jaccard_score(truth[known], prediction[known], average=None)
    np.testing.assert_allclose([result["iou"][name] for name in VOC[:7]], expected)
    assert result["miou"] == pytest.approx(expected.mean())
    assert all(result["iou"][name] is None for name in VOC[7:])
    assert result["pixel_accuracy"] == pytest.approx((truth == prediction)[known].mean())
    np.testing.assert_array_equal(
        confusion(prediction, truth), confusion_matrix(truth[known], prediction[known], labels=range(21))
    )


PERFECT = {"photos": 1, "iou_mean": 1, "iou_pooled": 1, "boundary_f": 1, "alpha_mae": 0, "leak": 0}


def test_a_perfect_segmentation_has_perfect_scores() -> None:
    truth = block(10, 10, 12)
    scores = scores_of((truth * 15, truth.astype(np.float32), truth * 15, truth))
    assert (scores["miou"], scores["pixel_accuracy"], scores["photos"]) == (1, 1, 1)
    assert scores["foreground"] == PERFECT


def test_without_classes_only_the_foreground_is_scored() -> None:
    truth = block(10, 10, 12)
    sample = ("x", truth * 200, truth * 15, truth)

    def segment(photo: Photo) -> tuple[Array, Float]:
        return np.zeros(photo.size, np.uint8), truth.astype(np.float32)

    scores = evaluate_masks([sample], segment, on=["gray"], classes=False)["gray"]
    assert (scores["miou"], scores["pixel_accuracy"], set(scores["iou"].values())) == (None, None, {None})
    assert scores["foreground"] == PERFECT
    assert "IoU by class" not in markdown(document(masks={"x": {"gray": scores}}))


def test_foreground_iou_is_averaged_and_pooled() -> None:
    small, large = block(0, 0, 2), block(0, 0, 20)
    half = large.copy()
    half[:, 10:] = 0
    empty = np.zeros_like(small)
    foreground = scores_of(
        (empty, small.astype(np.float32), empty, small),
        (empty, half.astype(np.float32), empty, large),
        (empty, empty.astype(np.float32), empty, empty),
    )["foreground"]
    assert foreground["iou_mean"] == pytest.approx((1 + 0.5 + 1) / 3)
    assert foreground["iou_pooled"] == pytest.approx((4 + 200) / (4 + 400))
    assert foreground["alpha_mae"] == pytest.approx(200 / 2000 / 3)


def test_void_pixels_have_no_effect() -> None:
    truth = block(10, 10, 12)
    truth[:, :5] = 255
    alpha = (truth == 1).astype(np.float32)
    alpha[:, :5] = 1
    foreground = scores_of((alpha.astype(np.uint8), alpha, truth, truth))
    assert foreground["miou"] == foreground["pixel_accuracy"] == 1
    assert foreground["foreground"] == PERFECT


def test_leak_is_the_share_of_alpha_outside_the_foreground() -> None:
    truth = block(0, 0, 10)
    truth[:, :2] = 255
    alpha = (truth == 1) * np.float32(0.5)
    alpha[20:22, 5:10] = 1  # 10 of 40 + 10
    alpha[:, :2] = 1
    assert leak(alpha, truth) == pytest.approx(10 / 50)
    assert leak(alpha * 0, truth) == 0


def test_without_labels_there_are_no_scores() -> None:
    void = np.full((4, 4), 255, np.uint8)
    result = scores_of((np.zeros_like(void), np.zeros((4, 4), np.float32), void, void))
    assert result["miou"] is result["pixel_accuracy"] is None
    assert result["foreground"] == dict.fromkeys(PERFECT) | {"photos": 0}


@pytest.mark.parametrize(("shift", "score"), [(0, 1), (1, 1), (4, None), (22, 0)])
def test_boundary_f_of_a_shifted_square(shift: int, score: float | None) -> None:
    truth, mask = block(5, 2, 20, (40, 60)), block(5, 2 + shift, 20, (40, 60)) > 0  # tolerance: ceil(0.577) = 1 pixel
    value = boundary_f(mask, truth)
    assert value == pytest.approx(score) if score is not None else 0.3 < value < 0.8


def test_boundary_f_equals_that_by_distances() -> None:
    rng = np.random.default_rng(6)
    truth, mask = block(60, 70, 90, (200, 260)), block(66, 68, 88, (200, 260)) > 0
    mask[100:120, 100:130] = rng.random((20, 30)) < 0.9
    radius = np.ceil(0.008 * np.hypot(200, 260))

    def outline(m: np.ndarray) -> np.ndarray:
        padded = np.pad(m, 1, mode="edge")
        neighbours = [padded[y : y + m.shape[0], x : x + m.shape[1]] for y in range(3) for x in range(3)]
        return np.argwhere(m & ~np.logical_and.reduce(neighbours))

    predicted, expected = outline(mask), outline(truth == 1)
    close = np.hypot(*np.moveaxis(predicted[:, None] - expected[None], -1, 0)) <= radius
    precision, recall = close.any(axis=1).mean(), close.any(axis=0).mean()
    assert boundary_f(mask, truth) == pytest.approx(2 * precision * recall / (precision + recall))


def test_boundary_f_without_an_outline_is_one_or_zero() -> None:
    empty, full = np.zeros((9, 9), np.uint8), np.ones((9, 9), np.uint8)
    square = block(3, 3, 3, (9, 9))
    assert boundary_f(empty > 0, empty) == boundary_f(full > 0, full) == 1
    assert boundary_f(full > 0, empty) == boundary_f(empty > 0, full) == boundary_f(square > 0, empty) == 0


def test_overlap_counts_intersection_and_union() -> None:
    truth = np.array([[0, 1, 1, 255]], np.uint8)
    assert overlap(np.array([[True, True, False, True]]), truth) == (1, 3)


def test_the_segmenter_gets_gray_and_colour() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (8, 9, 3), dtype=np.uint8)
    labels = np.zeros((8, 9), np.uint8)
    inputs: list[Photo] = []

    def segment(photo: Photo) -> tuple[Array, Float]:
        inputs.append(photo)
        return labels, labels.astype(np.float32)

    samples = [("colour", rgb, labels, labels), ("gray", rgb[..., 0], labels, labels)]
    result = evaluate_masks(samples, segment)
    assert list(result) == ["gray", "colour"]
    assert [(p.name, p.pixels.ndim) for p in inputs] == [("colour", 2), ("colour", 3), ("gray", 2), ("gray", 2)]
    assert result["gray"] == result["colour"]
    assert list(evaluate_masks(samples, segment, on=["gray"])) == ["gray"]
    json.dumps(result, allow_nan=False)


def test_invalid_samples_are_errors() -> None:
    labels, alpha = np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.float32)
    with pytest.raises(OptionError, match="sepia"):
        evaluate_masks([], lambda _: (labels, alpha), on=["sepia"])
    with pytest.raises(InputError, match="no photographs"):
        evaluate_masks([], lambda _: (labels, alpha))
    with pytest.raises(InputError, match="cat: classes, alpha and labels"):
        MaskScores().add(labels, alpha[:2], labels, labels, name="cat")
    with pytest.raises(InputError, match="prediction: class 21"):
        confusion(labels + np.uint8(21), labels)
    with pytest.raises(InputError, match="truth: class 99"):
        confusion(labels, labels + np.uint8(99))
