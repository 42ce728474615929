"""`handtint evaluate`: colours and masks against photographs with known truth."""

from __future__ import annotations

import functools
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from handtint.cli.bar import bar
from handtint.cli.files import FILE
from handtint.cli.settings import model_flag
from handtint.errors import InputError

SAMPLE = 300  # training photographs that the mean colour is taken from
SHOWN = 8  # photographs in the figure
PEEKED = 8  # photographs by which it is judged whether there are any in colour


@dataclass(frozen=True, slots=True)
class Run:
    """What both evaluations are asked."""

    sources: tuple[str, ...]
    held_out: bool
    limit: int | None
    out: Path | None
    gain: str
    record: bool
    json: bool


@click.group(name="evaluate")
def command() -> None:
    """Measure colours or masks on photographs with known truth."""


_COMMON = (
    click.argument("sources", nargs=-1, required=True, type=FILE, metavar="DIR|SHARD..."),
    click.option("--held-out", is_flag=True, help="Only the photographs that training leaves out."),
    click.option("--limit", type=click.IntRange(1), help="At most so many photographs, evenly taken."),
    click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write JSON, Markdown, a figure there."),
    click.option("--gain", default="auto", show_default=True, help="As in `handtint tint`."),
    click.option("--json", is_flag=True, help="Print JSON instead of tables."),
    click.option("--record", is_flag=True, help="Put the scores into the package's record of the model."),
)


def _common(function: Callable[..., None]) -> Callable[..., None]:
    """Add the words of both evaluations; the function gets them as one Run."""

    @functools.wraps(function)
    def gathered(**words: Any) -> None:
        run = Run(**{name: words.pop(name) for name in Run.__slots__})
        function(run, **words)

    return functools.reduce(lambda f, decorate: decorate(f), reversed(_COMMON), gathered)


@command.command(name="colour")
@_common
@model_flag("--model", "models", "handtint", "colour")
@click.option("--size", type=click.IntRange(32, 1024), default=224, show_default=True, help="Side to squash photos to.")
@click.option("--strength", default=1.0, show_default=True, help="As in `handtint tint`.")
@click.option("--only", type=click.Path(path_type=Path), metavar="LIST", help="Only the photographs a file names.")
@click.option("--faces", is_flag=True, help="Faces, too: whether they look like skin, as `handtint tint` colours them.")
@click.option("--hints", is_flag=True, help="Only PSNR, with 0 to 100 of the true colours known at random points.")
@click.option("--no-truth", is_flag=True, help="The photographs have no colours of their own: no errors, but --faces.")
@click.option("--chart", type=click.Path(path_type=Path), metavar="FILE", help="Draw error against colourfulness.")
@click.option("--frechet", is_flag=True, help="The Frechet distance, too, on EfficientNet-Lite0; needs torch.")
def color_command(
    run: Run, models: tuple[str, ...], size: int, strength: float, only: Path | None, chart: Path | None, **asked: bool
) -> None:
    """Colour the gray copies of colour photographs and compare with the truth: protocols `report` and `lab`.

    Of photographs without colours of their own, colourfulness and faces alone are measured.
    """
    from handtint.data import ground_truth, labels, lists, sources
    from handtint.data.augment import squash
    from handtint.evaluate import baselines

    color, draw = _color_measures(), _chart(chart)
    items = labels.photographs(sources.open_sources(run.sources))
    training, validation = sources.split(items)
    if only:
        named = lists.only(items, only)
        training, validation = [i for i in items if i not in set(named)] or items, named
    chosen = _some(validation if run.held_out or only else items, run.limit)
    facts = {"size": size, "strength": strength, "recipe": "; ".join(map(_recipe, models))}
    if asked["hints"]:
        _hints(run, chosen, facts, models)
        return
    colorers, faces = _models(run, models, strength, [item.name for item in _some(chosen, SHOWN)])
    if asked["no_truth"] or not ground_truth.mostly_in_color(_some(chosen, PEEKED)):
        _untrue(run, chosen, facts, faces, {**asked, "chart": chart, "record": run.record})
        return
    features = _features() if asked["frechet"] else None
    sample = (squash(ground_truth.rgb(item), size) for item in _some(training if run.held_out else items, SAMPLE))
    predictors = {label: colorer.predictor(strength) for label, colorer in colorers.items()}
    scores = color.ColorEvaluation(
        {**baselines.baselines(sample), **predictors},
        features=features,
        curves={label: colorer.curve(draw.STRENGTHS) for label, colorer in colorers.items() if draw},
        show=[item.name for item in _some(chosen, SHOWN)],
    )
    for item in bar(chosen, "evaluating"):
        rgb = ground_truth.rgb(item)
        people = asked["faces"] and faces.add(
            baselines.grayed(rgb, name=item.name), truth=rgb, source=sources.source_of(item)
        )
        scores.add(item.name, squash(rgb, size), source=sources.source_of(item), people=people)
    found = {"faces": faces.result()} if asked["faces"] else {}
    facts |= {"frechet": features.name} if features else {}
    result = scores.result()
    _report(run, "colour", len(chosen), facts, color=result, **found)
    if draw:
        draw.write(result, chart)
    if run.out:
        _color_figure(run.out / "colour.png", scores.shown, list(predictors))
    for label, model in zip(_labels(models), models, strict=True) if run.record else ():
        _record(model, run, color.summary(result["predictors"], label))


def _hints(run: Run, chosen: Sequence[Any], facts: dict[str, Any], models: Sequence[str]) -> None:
    """Measure how much some known colours help."""
    from handtint.data import ground_truth
    from handtint.data.augment import squash
    from handtint.evaluate.hints import HintEvaluation
    from handtint.options import Options
    from handtint.pipeline import Tinter

    options = Options(keep="all", gain=run.gain, strength=facts["strength"], background="gray", provenance=False)
    found = HintEvaluation(dict(zip(_labels(models), map(Tinter, models), strict=True)), options)
    for item in bar(chosen, "evaluating"):
        found.add(item.name, squash(ground_truth.rgb(item), facts["size"]))
    _report(run, "hints", len(chosen), facts, hints=found.result())


def _models(run: Run, models: Sequence[str], strength: float, show: Sequence[str]) -> tuple[dict[str, Any], Any]:
    """The models by what tables call them, and the evaluation of their faces."""
    from handtint.evaluate.faces import FaceEvaluation
    from handtint.evaluate.predictors import Colorer, Finder

    finder = Finder(run.gain)
    colorers = {label: Colorer(model, finder) for label, model in zip(_labels(models), models, strict=True)}
    return colorers, FaceEvaluation(colorers, finder, strength=strength, show=show)


def _untrue(run: Run, chosen: Sequence[Any], facts: dict[str, Any], faces: Any, asked: Mapping[str, Any]) -> None:
    """Measure what can be measured of photographs whose colours nobody knows."""
    from handtint.data import ground_truth, sources
    from handtint.image.photo import Photo
    from handtint.pixels import collapse

    if wanted := [name for name in ("chart", "frechet", "record") if asked[name]]:
        raise click.UsageError(f"--{wanted[0]}: needs photographs in colour, to compare with")
    for item in bar(chosen, "evaluating"):
        photo = Photo(collapse(ground_truth.rgb(item)), name=item.name)
        faces.add(photo, source=sources.source_of(item))
    del facts["size"]
    facts["truth"] = "none: the photographs have no colours of their own, so errors are left out"
    _report(run, "colour", len(chosen), facts, faces=faces.result())
    if run.out:
        _sheet(run.out / "colour.png", {label: [shown[label] for shown in faces.shown] for label in faces.shown[0]})


def _labels(models: Sequence[str]) -> list[str]:
    """What tables call them: names without folders, unless two would be called the same."""
    short = [Path(model).name for model in models]
    return short if len(set(short)) == len(short) else list(models)


def _color_measures() -> Any:
    try:
        from handtint.evaluate import color
    except ModuleNotFoundError as error:
        text = "measuring colours needs `pip install 'handtint[evaluate]'`"
        raise click.ClickException(f"{error.name} is missing: {text}") from error
    return color


def _chart(path: Path | None) -> Any:
    """What draws the chart, if one is wanted. Raises OutputError for a file of a kind that it does not write."""
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
    try:
        from handtint.checkpoints.features import Features
    except ModuleNotFoundError as error:
        text = "the Frechet distance needs `pip install 'handtint[train]'`"
        raise click.ClickException(f"{error.name} is missing: {text}") from error
    return Features()


def _recipe(model: str) -> str:
    """What the weights were trained by, and for how long."""
    from handtint.zoo import find

    weights = find(model, "color").weights
    return f"{weights.recipe}, {weights.steps} steps"


def _color_figure(path: Path, shown: Sequence[Mapping[str, Any]], models: Sequence[str]) -> None:
    from handtint.evaluate import study
    from handtint.evaluate.baselines import GRAY
    from handtint.evaluate.color import TRUTH
    from handtint.image.photo import Photo

    titles = {GRAY: "input", **({m: m for m in models} if len(models) > 1 else {models[0]: "prediction"}), TRUTH: TRUTH}
    lines = {title: [tiles[label] for tiles in shown] for label, title in titles.items()}
    _sheet(path, lines)
    Photo(study.tiles(list(lines.items()))).write(path.with_name(study.TILES))


def _sheet(path: Path, lines: Mapping[str, Sequence[Any]]) -> None:
    from handtint.figures import rows
    from handtint.image.photo import Photo

    Photo(rows(list(lines.items()), side=160)).write(path)


@command.command(name="masks")
@_common
@click.option("--on", type=click.Choice(["gray", "colour", "both"]), default="both", show_default=True, help="Copies.")
@model_flag("--model", "models", "handtint-mask", "mask")
@click.option("--named", default="", metavar="TEXT", help="Only photographs whose name has this in it.")
def masks_command(run: Run, on: str, models: tuple[str, ...], named: str) -> None:
    """Find classes and foreground and compare with masks.

    Sources hold FOLDER/images/X.* and FOLDER/masks/X.png, the masks' pixels VOC class indices, 255 for unknown.
    """
    from handtint import zoo
    from handtint.data import ground_truth, labels, sources
    from handtint.evaluate import masks
    from handtint.pipeline import Tinter

    knows = {model: zoo.find(model, "mask").classes for model in models}
    pairs = [pair for pair in labels.mask_pairs(sources.open_sources(run.sources)) if named in pair[0].name]
    chosen = _some([p for p in pairs if not run.held_out or sources.held_out(p[0])], run.limit)
    modes = masks.MODES if on == "both" else (on,)
    scores = {}
    for model in models:
        label = functools.partial(Tinter(mask_model=model).label, gain=run.gain)
        shown = ground_truth.masks(bar(chosen, "evaluating"))
        scores[model] = masks.evaluate_masks(shown, label, on=modes, classes=knows[model])
    named_scores = dict(zip(_labels(models), scores.values(), strict=True))
    _report(run, "masks", len(chosen), {"named": named} if named else {}, masks=named_scores)
    for model in models if run.record else ():
        _record(model, run, masks.summary(scores[model]))


def _some(items: Sequence[Any], limit: int | None) -> list[Any]:
    """At most `limit` of the items, evenly taken. Raises InputError where there are none."""
    if not items:
        raise InputError("no photographs to evaluate in the sources given")
    count = min(len(items), limit or len(items))
    return [items[i * len(items) // count] for i in range(count)]


def _report(run: Run, name: str, photos: int, facts: dict[str, Any], **scores: Any) -> None:
    from handtint.evaluate.report import document, markdown, write_report

    machine = f"{platform.machine()}, Python {platform.python_version()}"
    asked = {"photographs": photos, "held out": run.held_out, "gain": run.gain, **facts, "machine": machine}
    record = document(run=asked, **scores)
    if run.out:
        write_report(record, run.out, name=name)
    click.echo(json.dumps(record, indent=2, allow_nan=False) if run.json else markdown(record))


def _record(model: str, run: Run, scores: dict[str, float]) -> None:
    """Write scores, and the words that printed them, into the model's record."""
    from handtint.weights import Weights, manifest, record

    task = "masks" if "mask" in model else "colour"
    names = " ".join(Path(source).name for source in run.sources)
    words = f"handtint evaluate {task} {names}{' --held-out' if run.held_out else ''}"
    rounded = {name: round(value, 4) for name, value in scores.items()}
    record(model, Weights(**{**asdict(manifest()[model]), "scores": rounded, "measured": words}))
