"""A chart of error against colourfulness: the cost of stronger colours. Drawn by Matplotlib (extra `evaluate`)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from handtint import files
from handtint.errors import OutputError
from handtint.evaluate.baselines import GRAY, MEAN_COLOR

STRENGTHS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)  # the points of a curve; at strength 0 it is the gray photograph
EXTENSIONS = (".png", ".svg", ".pdf")
_ERRORS = {"mae": "mean absolute error of blue", "mse": "mean squared error of blue"}

Scores = Mapping[str, Any]


def check(path: Path) -> None:
    """Raise OutputError for a file whose extension is none of EXTENSIONS."""
    if path.suffix.lower() not in EXTENSIONS:
        raise OutputError(f"{path}: a chart is written as {', '.join(EXTENSIONS)}")


def write(color: Scores, path: Path) -> None:
    """Write a chart of the result of a `ColorEvaluation` with `curves`, in the format of the path's extension.

    x: colourfulness, divided by that of the truths. y: error of the blue channel by the report's protocol, divided by
    that of the gray photographs. Each model is a curve with a point per strength; gray and the mean colour are points.
    Raises OutputError.
    """
    check(path)
    with rc_context({"svg.hashsalt": "handtint"}):
        figure = Figure(figsize=(9.6, 4.2), layout="constrained")
        for position, (error, title) in enumerate(_ERRORS.items(), 1):
            _panel(figure.add_subplot(1, 2, position), color, error, title)
        figure.axes[0].legend(frameon=False)
        picture = io.BytesIO()
        extension = path.suffix.lower().removeprefix(".")
        undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(extension)  # the same bytes every time
        figure.savefig(picture, format=extension, dpi=120, metadata=undated)
    files.write(path, picture.getvalue())


def _panel(axes: Axes, color: Scores, error: str, title: str) -> None:
    predictors = color["predictors"]
    gray_error = float(predictors[GRAY]["report"]["B"][error])
    for number, (model, curve) in enumerate(color["curves"].items()):
        points = {0.0: predictors[GRAY], **{float(strength): scores for strength, scores in curve.items()}}
        x, y = zip(*(_point(scores, error, gray_error) for scores in points.values()), strict=True)
        axes.plot(x, y, marker="o", markersize=4, label=model, color=f"C{number}")
        for strength, *point in zip(points, x, y, strict=True):
            _label(axes, f"{strength:g}" if strength else "", (point[0], point[1]), f"C{number}")
    for name, marker in ((GRAY, "s"), (MEAN_COLOR, "^")):
        if name in predictors:
            axes.plot(*_point(predictors[name], error, gray_error), marker, color="0.4", label=name.replace("-", " "))
    axes.set(xlabel="colourfulness, of the truth's", ylabel=f"{title}, of gray's")
    axes.grid(color="0.9")
    axes.spines[["top", "right"]].set_visible(False)


def _label(axes: Axes, text: str, point: tuple[float, float], color: str) -> None:
    """Label a point."""
    axes.annotate(text, point, xytext=(5, -9), textcoords="offset points", fontsize=7, color=color)


def _point(scores: Scores, error: str, gray_error: float) -> tuple[float, float]:
    return float(scores["colorfulness"]["ratio"] or 0.0), float(scores["report"]["B"][error]) / gray_error
