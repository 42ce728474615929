"""`handtint models`: what networks there are."""

from __future__ import annotations

import json
from typing import Any

import click


@click.command(name="models")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every field of each record.")
def command(as_json: bool) -> None:
    """List the catalogue: name, task, licence, size, source, scores, whether present."""
    from handtint.zoo import CATALOGUE

    rows = [_row(model) for model in CATALOGUE.values()]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "task", "licence", "size", "source", "scores", "present")
    for row in rows:
        scores = "\n".join(f"{k} {v:g}" for k, v in row["scores"].items())
        table.add_row(
            row["name"],
            row["task"],
            row["licence"],
            f"{row['size'] / 1e6:.1f} MB",
            row["source"],
            scores,
            "yes" if row["present"] else "no",
        )
    Console().print(table)


def _row(model: Any) -> dict[str, Any]:
    from dataclasses import asdict

    weights = model.weights
    facts = asdict(weights)
    facts["scores"] = dict(facts["scores"])
    return {
        "name": model.name,
        "task": model.task,
        "network": model.network,
        "side": model.side,
        "present": weights.present,
        **facts,
    }
