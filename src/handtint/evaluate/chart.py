"""Error against colourfulness: what stronger colours cost, in one chart. Drawn by Matplotlib (extra `evaluate`)."""

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
ENDINGS = (".png", ".svg", ".pdf")
_ERRORS = {"mae": "mean absolute error of blue", "mse": "mean squared error of blue"}

Scores = Mapping[str, Any]


def check(path: Path) -> None:
    """Raise OutputError for a file whose ending is none of ENDINGS."""
    if path.suffix.lower() not in ENDINGS:
        raise OutputError(f"{path}: a chart is written as {', '.join(ENDINGS)}")


def write(color: Scores, path: Path) -> None:
    """Write the chart of what `ColorEvaluation` found with `curves`, in the format of the path's ending.

    Across: colourfulness, of the truths'. Up: error of the blue channel by the report's protocol, of that of the gray
    photographs. A curve a model, with a point for each strength; gray and the mean colour beside. Raises OutputError.
    """
    check(path)
    with rc_context({"svg.hashsalt": "handtint"}):
        figure = Figure(figsize=(9.6, 4.2), layout="constrained")
        for place, (error, title) in enumerate(_ERRORS.items(), 1):
            _panel(figure.add_subplot(1, 2, place), color, error, title)
        figure.axes[0].legend(frameon=False)
        picture = io.BytesIO()
        ending = path.suffix.lower().removeprefix(".")
        dated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(ending)  # the same chart, the same bytes
        figure.savefig(picture, format=ending, dpi=120, metadata=dated)
    files.write(path, picture.getvalue())


def _panel(axes: Axes, color: Scores, error: str, title: str) -> None:
    measured = color["predictors"]
    of_gray = float(measured[GRAY]["report"]["B"][error])
    for number, (model, curve) in enumerate(color["curves"].items()):
        points = {0.0: measured[GRAY], **{float(strength): scores for strength, scores in curve.items()}}
        x, y = zip(*(_point(scores, error, of_gray) for scores in points.values()), strict=True)
        axes.plot(x, y, marker="o", markersize=4, label=model, color=f"C{number}")
        for strength, *place in zip(points, x, y, strict=True):
            _label(axes, f"{strength:g}" if strength else "", (place[0], place[1]), f"C{number}")
    for name, marker in ((GRAY, "s"), (MEAN_COLOR, "^")):
        if name in measured:
            axes.plot(*_point(measured[name], error, of_gray), marker, color="0.4", label=name.replace("-", " "))
    axes.set(xlabel="colourfulness, of the truth's", ylabel=f"{title}, of gray's")
    axes.grid(color="0.9")
    axes.spines[["top", "right"]].set_visible(False)


def _label(axes: Axes, text: str, place: tuple[float, float], color: str) -> None:
    """Write a word beside a point."""
    axes.annotate(text, place, xytext=(5, -9), textcoords="offset points", fontsize=7, color=color)


def _point(scores: Scores, error: str, of_gray: float) -> tuple[float, float]:
    return float(scores["colorfulness"]["ratio"] or 0.0), float(scores["report"]["B"][error]) / of_gray
