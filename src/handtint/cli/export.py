"""`handtint export`: a trained network as weights to tint with, and their record."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="export")
@click.argument("name")
@click.argument("run", type=click.Path(path_type=Path), required=False)
@click.option("--recipe", metavar="RECIPE", help="The recipe of the run: a name or a file, as in `handtint train`.")
@click.option(
    "--average",
    "others",
    type=(str, click.Path(path_type=Path)),
    multiple=True,
    metavar="RECIPE RUN",
    help="Export the mean of the weights of this run, too: the recipe and folder of a run of the same network. May be "
    "repeated.",
)
@click.option("--data", default="", help="A description of the training data, for the record.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write to this folder instead of into the package; use the weights with `--model DIR/NAME`.",
)
@click.option(
    "--to",
    "form",
    type=click.Choice(("onnx", "safetensors", "openvino")),
    help="Without RUN: write the weights of NAME in this format to --out, with their record and a model card.",
)
@click.option(
    "--push", metavar="OWNER/NAME", help="With --to: upload the result to this repository of the Hugging Face Hub."
)
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
    """Export a trained network, or convert the weights of a model.

    With RUN and --recipe, the last checkpoint in the folder RUN becomes the weights of the model NAME. With --to, the
    present weights of NAME are converted to another format.
    """
    if form:
        _convert(name, form, out or Path(f"{name}-{form}"), push)
        return
    if run is None or recipe is None:
        raise click.UsageError("give the folder of a run (RUN) and --recipe, or --to")
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
        raise OptionError(f"{name!r} is not a model of the catalogue; see `handtint models`")
    click.echo(convert(name, model.task, model.weights, form, out))
    if push:
        click.echo(hub.push(out, push))
