"""`handtint models`: what networks there are."""

from __future__ import annotations

import json

import click


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
    from rich.table import Table

    table = Table(*("name", "task", "licence", "size", "source", "present", "scores"), box=None, padding=(0, 2, 0, 0))
    table.columns[0].no_wrap = True
    for row in rows:
        scores = ", ".join(f"{name} {value:g}" for name, value in row["scores"].items())
        present = "yes" if row["present"] else "no"
        size = f"{row['size'] / 1e6:.1f} MB" if row["size"] else ""
        if not row["source"]:
            scores = f"none yet: recipes/{row['recipe']}"
        table.add_row(row["name"], row["task"], row["licence"], size, row["source"], present, scores)
    Console().print(table)
