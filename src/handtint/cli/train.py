"""`handtint train`: a network from a recipe and data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from handtint.cli.files import FILE

if TYPE_CHECKING:
    from handtint.train.recipe import Recipe


def complete_recipe(context: click.Context, parameter: click.Parameter, text: str) -> list[CompletionItem]:  # noqa: ARG001
    """Shell completion of a recipe: the names of the package's recipes, or files."""
    from handtint.train import shipped

    return [CompletionItem(name) for name in shipped.names() if name.startswith(text)] or [
        CompletionItem(text, type="file")
    ]


def _list_recipes(context: click.Context, parameter: click.Parameter, value: bool) -> None:  # noqa: ARG001
    """Print the package's recipes, each with what it trains, and exit."""
    if not value or context.resilient_parsing:
        return
    from handtint.train import shipped

    width = max(map(len, shipped.names()))
    for name in shipped.names():
        click.echo(f"{name:{width}}  {shipped.summary(name)}")
    context.exit()


@click.command(name="train")
@click.argument("recipe", metavar="RECIPE", shell_complete=complete_recipe)
@click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_recipes,
    help="List the recipes of the package.",
)
@click.option(
    "--data",
    multiple=True,
    type=FILE,
    metavar="DIR|SHARD",
    help="A folder or tar shard of photographs. May be repeated.",
)
@click.option(
    "--coco",
    type=click.Path(path_type=Path),
    metavar="DIR|TGZ",
    help="Train on the data of the 2022 report instead: the folder or archive of fastai's COCO sample.",
)
@click.option("--download", is_flag=True, help="Download the COCO sample (3 GB) to --coco if it is not there.")
@click.option("--all-photos", is_flag=True, help="Also train on photographs without colour and on near duplicates.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="The folder for checkpoints, logs and samples; a stopped run there is continued.",
)
@click.option(
    "--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change one setting of the recipe. May be repeated."
)
@click.option("--changed", is_flag=True, help="Continue a run even if its recipe or data has changed.")
def command(
    recipe: str,
    data: tuple[str, ...],
    coco: Path | None,
    download: bool,
    all_photos: bool,
    out: Path,
    changes: tuple[str, ...],
    changed: bool,
) -> None:
    """Train a network.

    RECIPE is the name of one of the package's recipes (see --list), or a TOML file. One photograph in twelve, chosen by
    a hash of its name, is kept for validation. Of the COCO sample, 8,000 photographs are chosen for training and 2,000
    for validation, as in the report. Colour training leaves out photographs without colour and near duplicates.

    Ctrl-C saves a checkpoint; the same command continues from it.
    """
    try:
        from handtint.train import loop, shipped
        from handtint.train import recipe as recipes
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{error.name} is missing: training needs `pip install 'handtint[train]'`"
        ) from error

    if wrong := [c for c in changes if "=" not in c]:
        raise click.UsageError(f"--set {wrong[0]}: not KEY=VALUE")
    if bool(data) == bool(coco):
        raise click.UsageError("give the photographs to train on: either --data (may be repeated) or --coco")
    plan = recipes.load(shipped.find(recipe), dict(c.split("=", 1) for c in changes))
    training, validation = _coco(coco, plan, download) if coco else _split(data, plan)
    examples = training if all_photos else _screened(training, validation, plan, out, changed)
    _keep_lists(plan, out, examples, validation, changed)
    click.echo(f"{len(examples)} examples, {len(validation)} for validation")
    loop.train(plan, examples, out, sample_examples=validation or examples, say=click.echo, changed=changed)


def _split(data: tuple[str, ...], plan: Recipe) -> tuple[list[Any], list[Any]]:
    from handtint.data.sources import check_sources, open_sources
    from handtint.train.tasks import find

    task, items = find(plan.task), open_sources(data)
    check_sources(items, plan.validation_sources)
    return task.examples(items, plan.validation_sources), task.validation(items, plan.validation_sources)


def _coco(path: Path, plan: Recipe, download: bool) -> tuple[list[Any], list[Any]]:
    from handtint.data import coco

    if plan.task != "colour":
        raise click.UsageError("--coco: the COCO sample has no masks; use --data for this recipe")
    return coco.choose(coco.open_sample(path, download=download), plan.seed)


def _screened(examples: list[Any], validation: list[Any], plan: Recipe, out: Path, changed: bool) -> list[Any]:
    """The examples without gray photographs and near duplicates; a resumed run keeps the list that it started with."""
    if plan.task != "colour":
        return examples
    from handtint.data import lists, near_duplicates, screen

    began = out / _TRAINING
    if began.exists() and not changed:
        return lists.select(examples, began)
    return near_duplicates.without_near_duplicates(
        screen.keep_colored(examples, say=click.echo), validation, say=click.echo
    )


_TRAINING, _VALIDATION = "training.txt", "validation.txt"


def _keep_lists(plan: Recipe, out: Path, examples: list[Any], validation: list[Any], changed: bool) -> None:
    from handtint.data import lists
    from handtint.train.tasks import find

    photo = find(plan.task).photo
    for name, group in ((_TRAINING, examples), (_VALIDATION, validation)):
        (lists.write if changed else lists.write_or_check)(out / name, [photo(example) for example in group])
