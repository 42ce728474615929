"""Both protocols against scikit-learn on photographs small enough to be kept in memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    explained_variance_score,
    mean_absolute_error,
    mean_squared_error,
    median_absolute_error,
    r2_score,
)

from handtint.errors import InputError
from handtint.evaluate.protocols import MEDIAN_ACCURACY, METRICS, LabProtocol, ReportProtocol

SKLEARN = (r2_score, explained_variance_score, mean_absolute_error, median_absolute_error, mean_squared_error)


def pictures(rng: np.random.Generator, photos: int, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Truths and predictions near them, (photos, h, w, 3) uint8, some positions constant or zero throughout."""
    truth = rng.integers(0, 256, (photos, *size, 3))
    prediction = np.clip(truth + rng.integers(-40, 41, truth.shape), 0, 255)
    truth[:, 0, 0] = prediction[:, 0, 0] = 0
    prediction[:, 0, 1] = 0
    prediction[:, 1, 0] = truth[:, 1, 0]
    prediction[:, 1, 1] = truth[:, 1, 1] = 77
    return truth.astype(np.uint8), prediction.astype(np.uint8)


def report_oracle(prediction: np.ndarray, truth: np.ndarray) -> dict[str, list[float]]:
    """The computation of the report's authors: rows of positions, one of zeros first, the arguments swapped."""

    def table(x: np.ndarray, channel: int) -> np.ndarray:
        rows = x[..., channel].reshape(len(x), -1) / 255
        return np.vstack([np.zeros((1, rows.shape[1])), rows])

    return {
        name: [score(table(prediction, channel), table(truth, channel)) for score in SKLEARN]
        for name, channel in (("G", 1), ("B", 2))
    }


def report_scores(prediction: np.ndarray, truth: np.ndarray) -> dict[str, dict[str, float]]:
    protocol = ReportProtocol(truth.shape[1:3])
    for p, t in zip(prediction, truth, strict=True):
        protocol.add(p, t)
    return protocol.scores()


def lab_scores(prediction: np.ndarray, truth: np.ndarray) -> dict[str, dict[str, float]]:
    protocol = LabProtocol()
    for p, t in zip(prediction, truth, strict=True):
        protocol.add(p, t)
    return protocol.scores()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), photos=st.integers(1, 9), size=st.tuples(st.integers(2, 6), st.integers(2, 6)))
def test_report_scores_equal_those_of_scikit_learn(seed: int, photos: int, size: tuple[int, int]) -> None:
    truth, prediction = pictures(np.random.default_rng(seed), photos, size)
    scores = report_scores(prediction, truth)
    for channel, expected in report_oracle(prediction, truth).items():
        assert tuple(scores[channel]) == METRICS
        np.testing.assert_allclose(list(scores[channel].values()), expected, rtol=1e-9, atol=1e-12)


def test_report_scores_of_several_chunks_equal_those_of_scikit_learn() -> None:
    truth, prediction = pictures(np.random.default_rng(3), 4, (70, 61))
    scores = report_scores(prediction, truth)
    for channel, expected in report_oracle(prediction, truth).items():
        np.testing.assert_allclose(list(scores[channel].values()), expected, rtol=1e-9)


def test_report_counts_more_than_65535_photographs() -> None:
    protocol = ReportProtocol((1, 1))
    truth, other = np.zeros((1, 1, 3), np.uint8), np.full((1, 1, 3), 51, np.uint8)
    for _ in range(66_000):
        protocol.add(other, truth)
    assert protocol.scores()["G"]["median_ae"] == pytest.approx(0.2)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), photos=st.integers(1, 5), size=st.tuples(st.integers(1, 9), st.integers(2, 9)))
def test_lab_scores_equal_those_of_scikit_learn(seed: int, photos: int, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.normal(10, 30, (photos, *size, 2)).clip(-108, 98).astype(np.float32)
    prediction = (truth * 0.7 + rng.normal(3, 9, truth.shape)).clip(-108, 98).astype(np.float32)
    scores = lab_scores(prediction, truth)
    for i, channel in enumerate("ab"):
        pooled = [x[..., i].reshape(-1).astype(np.float64) / 110 for x in (truth, prediction)]
        for metric, score in zip(METRICS, SKLEARN, strict=True):
            accuracy = MEDIAN_ACCURACY if metric == "median_ae" else 1e-6
            assert scores[channel][metric] == pytest.approx(score(*pooled), abs=accuracy, rel=1e-6), metric


@pytest.mark.parametrize(("offset", "r2"), [(0, 1), (5, 0)])
def test_lab_scores_of_a_constant_truth_are_defined(offset: float, r2: float) -> None:
    truth = np.full((3, 4, 4, 2), 20.3, np.float32)
    scores = lab_scores(truth + np.float32(offset), truth)["a"]
    assert (scores["r2"], scores["explained_variance"]) == (r2, 1)
    assert scores["mae"] == pytest.approx(offset / 110, abs=1e-6)


def test_perfect_predictions_have_perfect_scores() -> None:
    truth, _ = pictures(np.random.default_rng(5), 5, (4, 4))
    ab = truth[..., :2].astype(np.float32) - 128
    for scores in (*report_scores(truth, truth).values(), *lab_scores(ab, ab).values()):
        assert (scores["r2"], scores["explained_variance"], scores["mae"], scores["mse"]) == (1, 1, 0, 0)
        assert scores["median_ae"] <= MEDIAN_ACCURACY


def test_without_photographs_scores_are_an_error() -> None:
    for protocol in (ReportProtocol((2, 2)), LabProtocol()):
        with pytest.raises(InputError, match="no photographs"):
            protocol.scores()
