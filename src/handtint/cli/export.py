"""`handtint export`: a trained network into the package, with its record."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="export")
@click.argument("name")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--recipe", required=True, type=click.Path(path_type=Path), help="The recipe that the run followed.")
@click.option("--data", default="", help="What it was trained on, for the record.")
def command(name: str, run: Path, recipe: Path, data: str) -> None:
    """Export the last checkpoint in RUN as the weights of the catalogue's model NAME."""
    try:
        from handtint.train import publish
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{error.name} is missing: exporting needs `pip install 'handtint[train]'`"
        ) from error
    click.echo(publish.publish(name, run, recipe, data=data))
