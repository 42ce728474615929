"""`handtint models`: what networks there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table


@click.command(name="models")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every field of each record.")
def command(as_json: bool) -> None:
    """List the catalogue: name, task, licence, size, source, scores, whether present."""
    from handtint.zoo import CATALOGUE

    rows = [model.told() for model in CATALOGUE.values()]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    from rich.console import Console

    console = Console()
    console.print(_facts(rows))
    console.print()
    console.print(_scores(rows))


def _facts(rows: list[dict[str, Any]]) -> Table:
    """A line for each model."""
    table = _table("name", "task", "licence", "size", "source", "present")
    for row in rows:
        size = f"{row['size'] / 1e6:.1f} MB" if row["size"] else ""
        present = "yes" if row["present"] else "no"
        table.add_row(row["name"], row["task"], row["licence"], size, row["source"], present)
    return table


def _scores(rows: list[dict[str, Any]]) -> Table:
    """What each scored, or how to train one that has no weights."""
    table = _table("name", "scores")
    for row in rows:
        scores = ", ".join(f"{name} {value:g}" for name, value in row["scores"].items())
        recipe = row["recipe"].removesuffix(".toml")
        table.add_row(row["name"], scores if row["source"] else f"no weights yet: `handtint train {recipe}`")
    return table


def _table(*heads: str) -> Table:
    from rich.table import Table

    table = Table(*heads, box=None, padding=(0, 2, 0, 0))
    table.columns[0].no_wrap = True
    return table
