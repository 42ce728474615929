"""`handtint train`: a network from a recipe and data."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="train")
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option(
    "--data",
    multiple=True,
    required=True,
    metavar="DIR|SHARD",
    help="Folder or tar shard of photographs; may be repeated.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Where checkpoints go; a run found there goes on.",
)
@click.option(
    "--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change one setting of the recipe; may be repeated."
)
def command(recipe: Path, data: tuple[str, ...], out: Path, changes: tuple[str, ...]) -> None:
    """Train by RECIPE, a TOML file. One photograph in twelve, by a hash of its name, is left for validation."""
    try:
        from handtint.train import loop, tasks
        from handtint.train import recipe as recipes
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{error.name} is missing: training needs `pip install 'handtint[train]'`"
        ) from error
    from handtint.data.sources import open_sources

    if wrong := [c for c in changes if "=" not in c]:
        raise click.UsageError(f"--set {wrong[0]}: not KEY=VALUE")
    plan = recipes.load(recipe, dict(c.split("=", 1) for c in changes))
    examples = tasks.find(plan.task).examples(open_sources(data))
    click.echo(f"{len(examples)} examples")
    loop.train(plan, examples, out, say=click.echo)
