"""Error against crops seen: python bench/learning_curve.py CROPS=SCORES.json... [--saved FILE] [--out FILE].

SCORES.json is what `handtint evaluate colour ... --model MODEL --chart FILE --json` prints for a single model. With
--saved, what is needed of it is added to that file, and the models that are in it already are drawn, too, so that they
need not be evaluated again; all must be scored on the same photographs. Networks are compared where their colours are
equally strong, since stronger colours cost error: between the strengths that were measured, errors are read off a cubic
spline. Prints a Markdown table, and draws it, crops on a logarithmic axis.
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

Model = Mapping[str, Any]  # gray: error -> value; curve: for each strength, the colourfulness and the errors
Curve = Mapping[str, Mapping[float, float]]  # error -> colourfulness -> error of blue, of that of gray


def main() -> None:
    """Print the table and draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scores", nargs="*", metavar="CROPS=SCORES.json")
    parser.add_argument("--saved", type=Path)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    models = json.loads(args.saved.read_text()) if args.saved and args.saved.exists() else {}
    for text in args.scores:
        crops, _, path = text.partition("=")
        models[crops] = needed(json.loads(Path(path).read_text())["color"])
    if not models:
        parser.error("no scores")
    if len({json.dumps(model["gray"]) for model in models.values()}) > 1:
        raise SystemExit("the scores are not of the same photographs: those of gray differ")
    curves = {crops: errors_at(models[str(crops)]) for crops in sorted(map(int, models))}
    if args.saved:
        args.saved.write_text(json.dumps(models, indent=1) + "\n")
    print(table(curves))
    if args.out:
        draw(curves, args.out)


def needed(color: Mapping[str, Any]) -> Model:
    """The errors of blue of gray, and those of the only model that has a curve."""
    (curve,) = color["curves"].values()
    points = [{"colorfulness": p["colorfulness"]["ratio"], **_errors(p["report"]["B"])} for p in curve.values()]
    return {"gray": _errors(color["predictors"]["gray"]["report"]["B"]), "curve": points}


def _errors(scores: Mapping[str, float]) -> dict[str, float]:
    return {error: scores[error] for error in ERRORS}


def errors_at(model: Model) -> Curve:
    """The errors of a model at each of COLORFULNESS; NaN where none of its strengths is so colourful."""
    points = sorted(model["curve"], key=lambda point: point["colorfulness"])
    ratios = [point["colorfulness"] for point in points]
    errors = {error: [point[error] / model["gray"][error] for point in points] for error in ERRORS}
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
