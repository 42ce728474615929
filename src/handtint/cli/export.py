"""`handtint export`: a trained network as weights to tint with, and their record."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="export")
@click.argument("name")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--recipe", required=True, metavar="RECIPE", help="The recipe that the run followed: a name or a file, as in train."
)
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
def command(
    name: str, run: Path, recipe: str, others: tuple[tuple[str, Path], ...], data: str, out: Path | None
) -> None:
    """Export the last checkpoint in RUN as the weights of the catalogue's model NAME."""
    try:
        from handtint.train import publish, shipped
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{error.name} is missing: exporting needs `pip install 'handtint[train]'`"
        ) from error
    file, averaged = shipped.find(recipe), [(shipped.find(each), where) for each, where in others]
    click.echo(publish.publish(name, run, file, others=averaged, data=data, folder=out))
