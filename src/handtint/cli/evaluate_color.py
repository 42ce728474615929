"""`handtint evaluate colour`: colourings of gray copies against the photographs they were made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from handtint.cli.bar import bar
from handtint.cli.evaluation import Run, common, labels, record, report, sheet, some
from handtint.cli.settings import model_flag

SAMPLE = 300  # training photographs that the mean colour is taken from
SHOWN = 8  # photographs in the figure
PEEKED = 8  # photographs by which it is judged whether there are any in colour


@dataclass(frozen=True, slots=True, kw_only=True)
class ColorRun:
    """An evaluation of colours: the options of the command, and the photographs that they select."""

    run: Run
    models: tuple[str, ...]
    size: int
    strength: float
    only: Path | None
    chart: Path | None
    faces: bool
    hints: bool
    no_truth: bool
    frechet: bool

    @property
    def facts(self) -> dict[str, Any]:
        """The setup, for the report."""
        return {"size": self.size, "strength": self.strength, "recipe": "; ".join(map(_recipe, self.models))}

    def photographs(self) -> tuple[list[Any], list[Any]]:
        """(those that the mean colour is taken from, those to evaluate). Raises InputError where there are none."""
        from handtint.data import lists, sources
        from handtint.data.labels import photographs

        items = photographs(sources.open_sources(self.run.sources))
        training, validation = sources.split(items)
        if self.only:
            named = lists.select(items, self.only)
            training, validation = [i for i in items if i not in set(named)] or items, named
        chosen = some(validation if self.run.held_out or self.only else items, self.run.limit)
        return (training if self.run.held_out else items), chosen


@click.command(name="colour")
@common
@model_flag("--model", "models", "handtint", "colour")
@click.option(
    "--size",
    type=click.IntRange(32, 1024),
    default=224,
    show_default=True,
    help="Resize photos to squares of this side.",
)
@click.option("--strength", default=1.0, show_default=True, help="As in `handtint tint`.")
@click.option(
    "--only", type=click.Path(path_type=Path), metavar="LIST", help="Use only the photographs that this file lists."
)
@click.option("--faces", is_flag=True, help="Also measure how many faces get a colour like skin.")
@click.option(
    "--hints", is_flag=True, help="Measure only PSNR, with the true colours of 0 to 100 random points as hints."
)
@click.option("--no-truth", is_flag=True, help="For gray originals: measure only colourfulness and faces.")
@click.option(
    "--chart", type=click.Path(path_type=Path), metavar="FILE", help="Draw a chart of error against colourfulness."
)
@click.option(
    "--frechet", is_flag=True, help="Also measure the Frechet distance on EfficientNet-Lite0 (needs PyTorch)."
)
def command(run: Run, **settings: Any) -> None:
    """Colourise gray copies of colour photographs, and compare the colours with the true ones.

    The protocols are `report` (RGB, as in the 2022 report) and `lab` (a* and b*). If most photographs are gray
    themselves, only colourfulness and faces are measured.
    """
    from handtint.data import ground_truth

    colors = ColorRun(run=run, **settings)
    color, chart = _color_measures(), _chart(colors.chart)
    training, chosen = colors.photographs()
    if colors.hints:
        _evaluate_hints(colors, chosen)
    elif colors.no_truth or not ground_truth.mostly_in_color(some(chosen, PEEKED)):
        _evaluate_without_truth(colors, chosen)
    else:
        _evaluate(colors, training, chosen, color, chart)


def _evaluate(colors: ColorRun, training: Sequence[Any], chosen: Sequence[Any], color: Any, chart: Any) -> None:
    """Measure colours against the truth, and write the requested files."""
    run, facts = colors.run, colors.facts
    features = _features() if colors.frechet else None
    colorers, faces = _models(colors, chosen)
    scores = color.ColorEvaluation(
        _predictors(colors, colorers, training),
        features=features,
        curves={label: colorer.curve(chart.STRENGTHS) for label, colorer in colorers.items() if chart},
        sample_names=[item.name for item in some(chosen, SHOWN)],
    )
    _add_photographs(colors, chosen, scores, faces)
    result = scores.result()
    facts |= {"frechet": features.name} if features else {}
    report(run, "colour", len(chosen), facts, color=result, **({"faces": faces.result()} if colors.faces else {}))
    if chart:
        chart.write(result, colors.chart)
    if run.out:
        _color_figure(run.out / "colour.png", scores.samples, list(colorers))
    for label, model in zip(labels(colors.models), colors.models, strict=True) if run.record else ():
        record(model, run, color.summary(result["predictors"], label))


def _predictors(colors: ColorRun, colorers: Mapping[str, Any], training: Sequence[Any]) -> dict[str, Any]:
    """The baselines, by training photographs, and the models."""
    from handtint.data import ground_truth
    from handtint.data.augment import squash
    from handtint.evaluate import baselines

    sample = (squash(ground_truth.rgb(item), colors.size) for item in some(training, SAMPLE))
    predictors = {label: colorer.predictor(colors.strength) for label, colorer in colorers.items()}
    return {**baselines.baselines(sample), **predictors}


def _add_photographs(colors: ColorRun, chosen: Sequence[Any], scores: Any, faces: Any) -> None:
    """Evaluate one photograph after the other, with its faces if requested."""
    from handtint.data import ground_truth
    from handtint.data.augment import squash
    from handtint.data.sources import source_of
    from handtint.evaluate.baselines import to_gray

    for item in bar(chosen, "evaluating"):
        rgb, source = ground_truth.rgb(item), source_of(item)
        people = colors.faces and faces.add(to_gray(rgb, name=item.name), truth=rgb, source=source)
        scores.add(item.name, squash(rgb, colors.size), source=source, people=people)


def _evaluate_hints(colors: ColorRun, chosen: Sequence[Any]) -> None:
    """Measure how much some known colours help."""
    from handtint.data import ground_truth
    from handtint.data.augment import squash
    from handtint.evaluate.hints import HintEvaluation
    from handtint.options import Options
    from handtint.pipeline import Tinter

    options = Options(keep="all", gain=colors.run.gain, strength=colors.strength, background="gray", provenance=False)
    evaluation = HintEvaluation(dict(zip(labels(colors.models), map(Tinter, colors.models), strict=True)), options)
    for item in bar(chosen, "evaluating"):
        evaluation.add(item.name, squash(ground_truth.rgb(item), colors.size))
    report(colors.run, "hints", len(chosen), colors.facts, hints=evaluation.result())


def _models(colors: ColorRun, chosen: Sequence[Any]) -> tuple[dict[str, Any], Any]:
    """The models by their names in tables, and the evaluation of the faces that they colour."""
    from handtint.evaluate.faces import FaceEvaluation
    from handtint.evaluate.predictors import ColorModel, Detector

    finder, shown = Detector(colors.run.gain), [item.name for item in some(chosen, SHOWN)]
    colorers = {
        label: ColorModel(model, finder) for label, model in zip(labels(colors.models), colors.models, strict=True)
    }
    return colorers, FaceEvaluation(colorers, finder, strength=colors.strength, sample_names=shown)


def _evaluate_without_truth(colors: ColorRun, chosen: Sequence[Any]) -> None:
    """Measure colourfulness and faces, which need no true colours."""
    from handtint.data import ground_truth, sources
    from handtint.image.photo import Photo
    from handtint.pixels import collapse

    needs_truth = {"chart": colors.chart, "frechet": colors.frechet, "record": colors.run.record}
    if given := [name for name, value in needs_truth.items() if value]:
        raise click.UsageError(f"--{given[0]} needs photographs in colour to compare with")
    _, faces = _models(colors, chosen)
    for item in bar(chosen, "evaluating"):
        photo = Photo(collapse(ground_truth.rgb(item)), name=item.name)
        faces.add(photo, source=sources.source_of(item))
    facts = colors.facts
    del facts["size"]
    facts["truth"] = "none: the photographs have no colours of their own, so errors are left out"
    report(colors.run, "colour", len(chosen), facts, faces=faces.result())
    if colors.run.out:
        shown = {label: [pictures[label] for pictures in faces.samples] for label in faces.samples[0]}
        sheet(colors.run.out / "colour.png", shown)


def _color_measures() -> Any:
    """The module of colour measures, which needs an extra. Raises ClickException where that is missing."""
    try:
        from handtint.evaluate import color
    except ModuleNotFoundError as error:
        text = "measuring colours needs `pip install 'handtint[evaluate]'`"
        raise click.ClickException(f"{error.name} is missing: {text}") from error
    return color


def _chart(path: Path | None) -> Any:
    """The module that draws charts, None if no chart is asked for. Raises OutputError for an unknown kind of file."""
    if path is None:
        return None
    try:
        from handtint.evaluate import chart
    except ModuleNotFoundError as error:
        text = "a chart needs `pip install 'handtint[evaluate]'`"
        raise click.ClickException(f"{error.name} is missing: {text}") from error
    chart.check(path)
    return chart


def _features() -> Any:
    """The features that Frechet distances are measured by, which need torch. Raises ClickException without it."""
    try:
        from handtint.checkpoints.features import Features
    except ModuleNotFoundError as error:
        text = "the Frechet distance needs `pip install 'handtint[train]'`"
        raise click.ClickException(f"{error.name} is missing: {text}") from error
    return Features()


def _recipe(model: str) -> str:
    """The recipe that a model's weights were trained by, and the number of steps."""
    from handtint.zoo import find

    weights = find(model, "color").weights
    return f"{weights.recipe}, {weights.steps} steps"


def _color_figure(path: Path, shown: Sequence[Mapping[str, Any]], models: Sequence[str]) -> None:
    """Write a figure of some photographs: input, predictions, truth. Raises OutputError."""
    from handtint.evaluate import study
    from handtint.evaluate.baselines import GRAY
    from handtint.evaluate.color import TRUTH
    from handtint.image.photo import Photo

    titles = {GRAY: "input", **({m: m for m in models} if len(models) > 1 else {models[0]: "prediction"}), TRUTH: TRUTH}
    lines = {title: [tiles[label] for tiles in shown] for label, title in titles.items()}
    sheet(path, lines)
    Photo(study.tiles(list(lines.items()))).write(path.with_name(study.TILES))
