"""`handtint export`: a trained network as weights to tint with, and their record."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="export")
@click.argument("name")
@click.argument("run", type=click.Path(path_type=Path), required=False)
@click.option("--recipe", metavar="RECIPE", help="The recipe that the run followed: a name or a file, as in train.")
@click.option(
    "--average",
    "others",
    type=(str, click.Path(path_type=Path)),
    multiple=True,
    metavar="RECIPE RUN",
    help="Another run of the same network, and its recipe: the mean of the weights is exported. May be repeated.",
)
@click.option("--data", default="", help="What it was trained on, for the record.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write there instead of into the package; `--model DIR/NAME` then names it.",
)
@click.option(
    "--to",
    "form",
    type=click.Choice(("onnx", "safetensors", "openvino")),
    help="Without RUN: write NAME's weights in this format into --out, with record and model card.",
)
@click.option("--push", metavar="OWNER/NAME", help="With --to: put what was written into this repository of the Hub.")
def command(
    name: str,
    run: Path | None,
    recipe: str | None,
    others: tuple[tuple[str, Path], ...],
    data: str,
    out: Path | None,
    form: str | None,
    push: str | None,
) -> None:
    """Export the last checkpoint in RUN as the weights of the catalogue's model NAME, or NAME's weights with --to."""
    if form:
        _convert(name, form, out or Path(f"{name}-{form}"), push)
        return
    if run is None or recipe is None:
        raise click.UsageError("give RUN and --recipe, or --to")
    try:
        from handtint.train import publish, shipped
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{error.name} is missing: exporting needs `pip install 'handtint[train]'`"
        ) from error
    file, averaged = shipped.find(recipe), [(shipped.find(other), where) for other, where in others]
    click.echo(publish.publish(name, run, file, others=averaged, data=data, folder=out))


def _convert(name: str, form: str, out: Path, push: str | None) -> None:
    from handtint import hub, zoo
    from handtint.checkpoints.formats import convert
    from handtint.errors import OptionError

    model = zoo.CATALOGUE.get(name)
    if model is None:
        raise OptionError(f"model: {name!r} is not in the catalogue")
    click.echo(convert(name, model.task, model.weights, form, out))
    if push:
        click.echo(hub.push(out, push))
