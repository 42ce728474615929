"""The chart of error against colourfulness shows what was measured, and is the same every time."""

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

    def at(strength: float) -> Any:
        def predict(shown: Photo) -> Photo:
            L, ab = lab.split(truths[shown.name])
            return Photo.of(lab.join(L, ab * np.float32(strength)))

        return predict

    curve = {strength: at(strength) for strength in (0.5, 1.0)}
    evaluation = ColorEvaluation({**baselines(truths.values()), "true": at(1)}, curves={"true": curve})
    for name, rgb in truths.items():
        evaluation.add(name, rgb)
    return evaluation.result()


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_a_chart_is_written_and_written_alike_again(color: dict[str, Any], ending: str, tmp_path: Path) -> None:
    one, other = tmp_path / f"one.{ending}", tmp_path / f"other.{ending}"
    chart.write(color, one)
    chart.write(color, other)
    assert one.read_bytes() == other.read_bytes()
    if ending == "png":
        assert cv2.imread(str(one)).std() > 5


def test_a_curve_begins_at_gray_and_the_truth_has_no_error(color: dict[str, Any]) -> None:
    gray, true = color["predictors"]["gray"], color["curves"]["true"]["1"]
    of_gray = gray["report"]["B"]["mse"]
    assert chart._point(gray, "mse", of_gray) == (0, 1)
    assert chart._point(true, "mse", of_gray) == pytest.approx((1, 0), abs=1e-3)
    x, y = chart._point(color["curves"]["true"]["0.5"], "mse", of_gray)
    assert 0.3 < x < 0.7
    assert 0.1 < y < 0.5


def test_other_kinds_of_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"chart.txt: a chart is written as .png"):
        chart.check(tmp_path / "chart.txt")
