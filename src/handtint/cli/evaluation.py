"""The common parts of the commands of `handtint evaluate`: options, choice of photographs, reports, records."""

from __future__ import annotations

import functools
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from handtint.cli.files import FILE
from handtint.errors import InputError


@dataclass(frozen=True, slots=True)
class Run:
    """The options that both evaluations share."""

    sources: tuple[str, ...]
    held_out: bool
    limit: int | None
    out: Path | None
    gain: str
    record: bool
    json: bool


_COMMON = (
    click.argument("sources", nargs=-1, required=True, type=FILE, metavar="DIR|SHARD..."),
    click.option("--held-out", is_flag=True, help="Use only the photographs that training keeps for validation."),
    click.option("--limit", type=click.IntRange(1), help="Use at most this many photographs, spread evenly."),
    click.option(
        "--out",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Write the results into this folder: JSON, Markdown and a figure.",
    ),
    click.option("--gain", default="auto", show_default=True, help="As in `handtint tint`."),
    click.option("--json", is_flag=True, help="Print JSON instead of tables."),
    click.option("--record", is_flag=True, help="Store the scores in the package's record of the model."),
)


def common(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options of both evaluations to a command; its function gets them as one Run."""

    @functools.wraps(function)
    def gathered(**settings: Any) -> None:
        run = Run(**{name: settings.pop(name) for name in Run.__slots__})
        function(run, **settings)

    return functools.reduce(lambda f, decorate: decorate(f), reversed(_COMMON), gathered)


def some(items: Sequence[Any], limit: int | None) -> list[Any]:
    """At most `limit` items, at even distances. Raises InputError where there are none."""
    if not items:
        raise InputError("no photographs to evaluate in the given sources")
    count = min(len(items), limit or len(items))
    return [items[i * len(items) // count] for i in range(count)]


def labels(models: Sequence[str]) -> list[str]:
    """Names of models for tables: without folders, unless two would have the same name."""
    short = [Path(model).name for model in models]
    return short if len(set(short)) == len(short) else list(models)


def report(run: Run, name: str, photos: int, facts: dict[str, Any], **scores: Any) -> None:
    """Print the results of an evaluation, and write them into the run's folder. Raises OutputError."""
    from handtint.evaluate.report import document, markdown, write_report

    machine = f"{platform.machine()}, Python {platform.python_version()}"
    setup = {"photographs": photos, "held out": run.held_out, "gain": run.gain, **facts, "machine": machine}
    scored = document(run=setup, **scores)
    if run.out:
        write_report(scored, run.out, name=name)
    click.echo(json.dumps(scored, indent=2, allow_nan=False) if run.json else markdown(scored))


def record(model: str, run: Run, scores: dict[str, float]) -> None:
    """Write scores, and the command that printed them, into the model's record in the package."""
    from handtint import weights

    task = "masks" if "mask" in model else "colour"
    names = " ".join(Path(source).name for source in run.sources)
    command = f"handtint evaluate {task} {names}{' --held-out' if run.held_out else ''}"
    rounded = {name: round(value, 4) for name, value in scores.items()}
    facts = asdict(weights.manifest()[model]) | {"scores": rounded, "measured": command}
    weights.record(model, weights.Weights(**facts))


def sheet(path: Path, lines: Mapping[str, Sequence[Any]]) -> None:
    """Write a sheet of pictures, each line with its title. Raises OutputError."""
    from handtint.figures import rows
    from handtint.image.photo import Photo

    Photo(rows(list(lines.items()), side=160)).write(path)
