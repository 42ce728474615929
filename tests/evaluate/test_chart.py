"""The chart of error against colourfulness: its points, and that it is reproducible."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from handtint.errors import OutputError
from handtint.evaluate.baselines import baselines
from handtint.evaluate.color import ColorEvaluation
from handtint.image.color import lab
from handtint.image.photo import Photo

chart = pytest.importorskip("handtint.evaluate.chart", reason="needs the extra `evaluate`", exc_type=ImportError)


@pytest.fixture(scope="module")
def color() -> dict[str, Any]:
    rng = np.random.default_rng(5)
    truths = {f"p{i}": rng.integers(60, 190, (16, 16, 3), dtype=np.uint8) for i in range(3)}

    def with_strength(strength: float) -> Any:
        def predict(photo: Photo) -> Photo:
            L, ab = lab.split(truths[photo.name])
            return Photo.of(lab.join(L, ab * np.float32(strength)))

        return predict

    curve = {strength: with_strength(strength) for strength in (0.5, 1.0)}
    evaluation = ColorEvaluation({**baselines(truths.values()), "true": with_strength(1)}, curves={"true": curve})
    for name, rgb in truths.items():
        evaluation.add(name, rgb)
    return evaluation.result()


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_same_chart_is_the_same_file(color: dict[str, Any], ending: str, tmp_path: Path) -> None:
    first, second = tmp_path / f"one.{ending}", tmp_path / f"other.{ending}"
    chart.write(color, first)
    chart.write(color, second)
    assert first.read_bytes() == second.read_bytes()
    if ending == "png":
        assert cv2.imread(str(first)).std() > 5


def test_a_curve_starts_at_gray_and_the_truth_has_no_error(color: dict[str, Any]) -> None:
    gray, full = color["predictors"]["gray"], color["curves"]["true"]["1"]
    gray_error = gray["report"]["B"]["mse"]
    assert chart._point(gray, "mse", gray_error) == (0, 1)
    assert chart._point(full, "mse", gray_error) == pytest.approx((1, 0), abs=1e-3)
    x, y = chart._point(color["curves"]["true"]["0.5"], "mse", gray_error)
    assert 0.3 < x < 0.7
    assert 0.1 < y < 0.5


def test_other_file_formats_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"chart.txt: a chart is written as .png"):
        chart.check(tmp_path / "chart.txt")
