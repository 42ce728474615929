"""`handtint evaluate`: colours and masks against photographs with known truth."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from handtint.errors import InputError

if TYPE_CHECKING:
    from handtint.data.sources import Item

SAMPLE = 300  # training photographs that the mean colour is taken from
SHOWN = 8  # photographs in the figure


@click.group(name="evaluate")
def command() -> None:
    """Measure colours or masks on photographs with known truth."""


def _common(function: Callable[..., None]) -> Callable[..., None]:
    for decorate in reversed(
        (
            click.argument("sources", nargs=-1, required=True, metavar="DIR|SHARD..."),
            click.option("--held-out", is_flag=True, help="Only the photographs that training leaves out."),
            click.option("--limit", type=click.IntRange(1), help="At most so many photographs, evenly taken."),
            click.option(
                "--out", type=click.Path(path_type=Path), metavar="DIR", help="Write JSON, Markdown and a figure there."
            ),
            click.option("--gain", default="auto", show_default=True, help="As in `handtint tint`."),
        )
    ):
        function = decorate(function)
    return function


@command.command(name="colour")
@_common
@click.option("--model", default="handtint", show_default=True, metavar="NAME", help="A colour model of the catalogue.")
@click.option(
    "--size", type=click.IntRange(32, 1024), default=224, show_default=True, help="Side that photos are squashed to."
)
@click.option(
    "--strength", type=click.FloatRange(0, 1.5), default=1.0, show_default=True, help="As in `handtint tint`."
)
def color_command(
    sources: tuple[str, ...],
    held_out: bool,
    limit: int | None,
    out: Path | None,
    gain: str,
    model: str,
    size: int,
    strength: float,
) -> None:
    """Colour the gray copies of colour photographs and compare with the truth: protocols `report` and `lab`."""
    from handtint.data import sources as data
    from handtint.data import truths
    from handtint.evaluate.color import baselines, evaluate_color, squash
    from handtint.options import Options
    from handtint.pipeline import Tinter

    items = data.open_sources(sources)
    training, validation = data.split(items)
    chosen = _some(validation if held_out else items, limit)
    options = Options(keep="all", gain=gain, model=model, strength=strength, background="gray")
    tinter = Tinter(model)

    def predict(photo: Any) -> Any:
        return tinter.run(photo, options).photo

    sample = (squash(truths.rgb(item), size) for item in _some(training if held_out else items, SAMPLE))
    predictors = {**baselines(sample), model: predict}
    squashed = ((name, squash(rgb, size)) for name, rgb in truths.colors(_progress(chosen)))
    run = {
        "model": model,
        "photographs": len(chosen),
        "size": size,
        "held out": held_out,
        "gain": gain,
        "strength": strength,
    }
    _report(out, "colour", run, color=evaluate_color(squashed, predictors))
    if out:
        _color_figure(out / "colour.png", [squash(truths.rgb(item), size) for item in _some(chosen, SHOWN)], predict)


def _color_figure(path: Path, photos: list[Any], predict: Callable[[Any], Any]) -> None:
    from handtint.evaluate.color import grayed
    from handtint.figures import rows
    from handtint.image.photo import Photo

    shown = [grayed(rgb) for rgb in photos]
    lines = [
        ("input", [p.pixels for p in shown]),
        ("prediction", [predict(p).pixels for p in shown]),
        ("truth", photos),
    ]
    Photo(rows(lines, side=160)).write(path)


@command.command(name="masks")
@_common
@click.option(
    "--on", type=click.Choice(["gray", "colour", "both"]), default="both", show_default=True, help="Copies to look at."
)
def masks_command(
    sources: tuple[str, ...], held_out: bool, limit: int | None, out: Path | None, gain: str, on: str
) -> None:
    """Find classes and foreground and compare with masks.

    Sources hold FOLDER/images/X.* and FOLDER/masks/X.png, the masks' pixels VOC class indices, 255 for unknown.
    """
    from handtint.data import labels, truths
    from handtint.data.sources import held_out as is_held_out
    from handtint.data.sources import open_sources
    from handtint.evaluate.masks import evaluate_masks
    from handtint.pipeline import Tinter

    pairs = [p for p in labels.mask_pairs(open_sources(sources)) if not held_out or is_held_out(p[0])]
    chosen = _some(pairs, limit)
    tinter = Tinter()
    modes = ("gray", "colour") if on == "both" else (on,)
    scores = evaluate_masks(truths.masks(_progress(chosen)), lambda photo: tinter.label(photo, gain=gain), on=modes)
    _report(
        out, "masks", {"photographs": len(chosen), "held out": held_out, "gain": gain}, masks={"handtint-mask": scores}
    )


def _some(items: Sequence[Any], limit: int | None) -> list[Any]:
    """At most `limit` of the items, evenly taken. Raises InputError where there are none."""
    if not items:
        raise InputError("no photographs to evaluate in the sources given")
    step = max(1.0, len(items) / limit) if limit else 1.0
    return [items[int(i * step)] for i in range(min(len(items), limit or len(items)))]


def _progress(items: list[Item]) -> Iterable[Any]:
    from rich.console import Console
    from rich.progress import track

    return track(items, "evaluating", console=Console(stderr=True))


def _report(out: Path | None, name: str, run: dict[str, Any], **scores: Any) -> None:
    from handtint.evaluate.report import document, markdown, write_report

    record = document(run={**run, "machine": f"{platform.machine()}, Python {platform.python_version()}"}, **scores)
    if out:
        write_report(record, out, name=name)
    click.echo(markdown(record))
