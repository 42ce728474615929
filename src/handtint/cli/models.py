"""`handtint models`: the catalogue of networks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table


@click.command(name="models")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every field of each record.")
@click.option(
    "--get", "hub_name", metavar="NAME", help="Download a network from the Hugging Face Hub: hub:OWNER/NAME[/FILE]."
)
def command(as_json: bool, hub_name: str | None) -> None:
    """List the networks: what each is, when to choose it, and its scores."""
    from handtint import hub
    from handtint.zoo import CATALOGUE

    if hub_name:
        weights = hub.weights(hub_name)
        click.echo(f"{weights.verified()}: {weights.size / 1e6:.1f} MB, sha256 {weights.sha256}")
        return
    rows = [model.summary() for model in CATALOGUE.values()]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    from rich.console import Console

    console = Console()
    for table in (_facts(rows), _uses(rows), _scores(rows), _on_hub()):
        console.print(table)
        console.print()


def _facts(rows: list[dict[str, Any]]) -> Table:
    """A line for each model."""
    table = _table("name", "task", "licence", "size", "source", "present")
    for row in rows:
        size = f"{row['size'] / 1e6:.1f} MB" if row["size"] else ""
        present = "yes" if row["present"] else "no"
        table.add_row(row["name"], row["task"].replace("color", "colour"), row["licence"], size, row["source"], present)
    return table


_OPTIONS = {"color": "--model", "mask": "--mask-model"}  # task -> the option that takes its networks
_ELSEWHERE = {  # mask models that are not in the catalogue -> when to choose one
    "rembg:NAME": "the subject only, by one of rembg's models (extra `rembg`)",
    "FILE.onnx": "the subject only, by an ONNX file of the u2net family or of IS-Net",
    "DIR/NAME": "weights that you trained and exported with `handtint export NAME RUN --out DIR`",
}


def _uses(rows: list[dict[str, Any]]) -> Table:
    """When to choose which network, with the flag that takes it."""
    table = _table("name", "option", "choose it for")
    for row in rows:
        table.add_row(row["name"], _OPTIONS.get(row["task"], ""), row["use"])
    for name, use in _ELSEWHERE.items():
        table.add_row(name, "either" if name == "DIR/NAME" else "--mask-model", use)
    return table


def _scores(rows: list[dict[str, Any]]) -> Table:
    """The scores of each network, or how to train one that has no weights."""
    table = _table("name", "scores")
    for row in rows:
        scores = ", ".join(f"{name} {value:g}" for name, value in row["scores"].items())
        recipe = row["recipe"].removesuffix(".toml")
        table.add_row(row["name"], scores if row["source"] else f"no weights yet: `handtint train {recipe}`")
    return table


def _on_hub() -> Table:
    """The known networks on the Hub, and whether each is downloaded."""
    from handtint import hub

    table = _table("name on the Hub", "kind", "licence", "size", "present")
    for entry in hub.KNOWN:
        size = f"{entry.size / 1e6:.1f} MB" if entry.size else ""
        present = "yes" if (hub.home() / entry.repo / entry.file).is_file() else "no"
        table.add_row(entry.name, entry.kind, entry.licence, size, present)
    return table


def _table(*heads: str) -> Table:
    from rich.table import Table

    table = Table(*heads, box=None, padding=(0, 2, 0, 0))
    table.columns[0].no_wrap = True
    return table
