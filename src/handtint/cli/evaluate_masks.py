"""`handtint evaluate masks`: segmentations against masks."""

from __future__ import annotations

import functools

import click

from handtint.cli.bar import bar
from handtint.cli.evaluation import Run, common, labels, record, report, some
from handtint.cli.settings import model_flag


@click.command(name="masks")
@common
@click.option(
    "--on",
    type=click.Choice(["gray", "colour", "both"]),
    default="both",
    show_default=True,
    help="Use gray copies of the photographs, the photographs in colour, or both.",
)
@model_flag("--model", "models", "handtint-mask", "mask")
@click.option("--named", default="", metavar="TEXT", help="Use only photographs whose names contain this text.")
def command(run: Run, on: str, models: tuple[str, ...], named: str) -> None:
    """Segment photographs into classes and foreground, and compare the result with true masks.

    Each source contains FOLDER/images/X.* and FOLDER/masks/X.png. The pixels of the masks are VOC class indices, and
    255 for unknown.
    """
    from handtint import zoo
    from handtint.data import ground_truth, sources
    from handtint.data.labels import mask_pairs
    from handtint.evaluate import masks
    from handtint.pipeline import Tinter

    has_classes = {model: zoo.find(model, "mask").classes for model in models}
    pairs = [pair for pair in mask_pairs(sources.open_sources(run.sources)) if named in pair[0].name]
    chosen = some([p for p in pairs if not run.held_out or sources.held_out(p[0])], run.limit)
    modes = masks.MODES if on == "both" else (on,)
    scores = {}
    for model in models:
        label = functools.partial(Tinter(mask_model=model).label, gain=run.gain)
        shown = ground_truth.masks(bar(chosen, "evaluating"))
        scores[model] = masks.evaluate_masks(shown, label, on=modes, classes=has_classes[model])
    named_scores = dict(zip(labels(models), scores.values(), strict=True))
    report(run, "masks", len(chosen), {"named": named} if named else {}, masks=named_scores)
    for model in models if run.record else ():
        record(model, run, masks.summary(scores[model]))
