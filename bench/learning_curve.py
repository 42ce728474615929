"""Error against crops seen: python bench/learning_curve.py SCORES.json MODEL=CROPS... [--out FILE].

SCORES.json is what `handtint evaluate colour ... --model MODEL --model MODEL --chart FILE --json` prints. Networks are
compared where their colours are equally strong, since stronger colours cost error: between the strengths that were
measured, errors are read off a cubic spline. Prints a Markdown table, and draws it, crops on a logarithmic axis.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from scipy.interpolate import CubicSpline

COLORFULNESS = (0.6, 0.7, 0.8)  # of the truth's
ERRORS = ("mae", "mse")
Curve = Mapping[str, Mapping[float, float]]  # error -> colourfulness -> error of blue, of that of gray


def main() -> None:
    """Print the table and draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scores", type=Path)
    parser.add_argument("crops", nargs="+", metavar="MODEL=CROPS")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    color = json.loads(args.scores.read_text())["color"]
    crops = {name: int(count) for name, _, count in (text.rpartition("=") for text in args.crops)}
    curves = {count: errors_at(color, name) for name, count in sorted(crops.items(), key=lambda item: item[1])}
    print(table(curves))
    if args.out:
        draw(curves, args.out)


def errors_at(color: Mapping[str, Any], name: str) -> Curve:
    """The errors of a model at each of COLORFULNESS; NaN where none of its strengths is so colourful."""
    gray = color["predictors"]["gray"]["report"]["B"]
    points = sorted(color["curves"][name].values(), key=lambda scores: scores["colorfulness"]["ratio"])
    ratios = [scores["colorfulness"]["ratio"] for scores in points]
    errors = {error: [scores["report"]["B"][error] / gray[error] for scores in points] for error in ERRORS}
    return {
        error: {x: float(CubicSpline(ratios, values, extrapolate=False)(x)) for x in COLORFULNESS}
        for error, values in errors.items()
    }


def table(curves: Mapping[int, Curve]) -> str:
    """A row for each network: B MAE / B MSE, of gray's, at each colourfulness."""
    head = "| crops | " + " | ".join(f"at {x} of the truth's colourfulness" for x in COLORFULNESS) + " |"
    rows = [
        f"| {crops:,} | " + " | ".join(f"{curve['mae'][x]:.3f} / {curve['mse'][x]:.3f}" for x in COLORFULNESS) + " |"
        for crops, curve in curves.items()
    ]
    return "\n".join([head, "| ---: |" + " ---: |" * len(COLORFULNESS), *rows])


def draw(curves: Mapping[int, Curve], path: Path) -> None:
    """The picture: one line for each colourfulness."""
    with rc_context({"svg.hashsalt": "handtint"}):
        figure = Figure(figsize=(9.6, 3.8), layout="constrained")
        for place, (error, title) in enumerate(zip(ERRORS, ("mean absolute", "mean squared"), strict=True), 1):
            axes = figure.add_subplot(1, 2, place)
            for x in COLORFULNESS:
                axes.plot([*curves], [curve[error][x] for curve in curves.values()], "o-", label=f"colourfulness {x}")
            axes.set(xscale="log", xlabel="crops seen", ylabel=f"{title} error of blue, of gray's")
            axes.grid(color="0.9")
            axes.spines[["top", "right"]].set_visible(False)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, frameon=False, loc="outside upper center", ncols=len(labels))
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


if __name__ == "__main__":
    main()
