"""Command-line flags made from the settings of `Options`, and the flags of runs over many photos."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import click
from click.core import ParameterSource

from handtint.cli.files import FILE
from handtint.options import Options

METAVARS = {
    "keep": "WHAT",
    "hint": "WHERE=COLOUR",
    "reference": "PHOTO",
    "gain": "auto|off|FLOAT",
    "feather": "PX",
    "model": "NAME|KIND:FILE",
    "mask_model": "NAME|FILE",
}
_RUN: dict[str, dict[str, Any]] = {
    "--recipe": {
        "type": FILE,
        "metavar": "FILE",
        "help": "Apply the edit in this recipe file. Other flags override it.",
    },
    "--save-recipe": {
        "type": FILE,
        "metavar": "FILE",
        "help": "Save the edit as a recipe file: every option, and the models' hashes.",
    },
    "--other-models": {"is_flag": True, "help": "Apply the recipe even if the models are not those it was made with."},
    "--jobs": {
        "type": click.IntRange(1),
        "metavar": "N",
        "help": "The number of worker processes. Default: 1; with --engine ray, the cores of the cluster.",
    },
    "--threads": {
        "type": click.IntRange(1),
        "metavar": "N",
        "help": "The threads of each worker. Default: the cores divided by --jobs; with --engine ray, 1.",
    },
    "--retry-failed": {"is_flag": True, "help": "Try the photos again that failed in an earlier run."},
    "--watch": {
        "is_flag": True,
        "help": "Keep running, and tint new photos in the folder as they arrive, until Ctrl-C.",
    },
    "--journal": {
        "type": FILE,
        "metavar": "FOLDER",
        "help": "The folder of the run's journal. Default: DST/.handtint.",
    },
    "--engine": {
        "type": click.Choice(("local", "ray")),
        "default": "local",
        "show_default": True,
        "help": "Where to run: in processes of this machine, or on a Ray cluster (extra `ray`).",
    },
    "--address": {
        "metavar": "HOST:PORT",
        "help": "The address of the Ray cluster. Default: a new one on this machine.",
    },
}


def edit_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add one flag for each setting of an edit."""
    for setting in reversed(fields(Options)):
        default, rule = setting.default, setting.metadata
        if isinstance(default, bool):
            both = f"{_flag(setting.name)}/{_flag(f'no-{setting.name}')}"
            decorate = click.option(both, default=default, help=rule["help"])
        elif isinstance(default, tuple):
            decorate = click.option(
                _flag(setting.name), multiple=True, metavar=METAVARS[setting.name], help=rule["help"]
            )
        else:
            kind = click.Choice(rule["choices"]) if rule["choices"] else type(default) if default is not None else str
            metavar = METAVARS.get(setting.name)
            decorate = click.option(
                _flag(setting.name),
                type=_formats(setting.name, kind),
                default=default,
                show_default=default is not None,
                metavar=metavar,
                help=rule["help"],
            )
        function = decorate(function)
    return function


def run_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags of a run over many photos."""
    for name, rule in reversed(_RUN.items()):
        function = click.option(name, **rule)(function)
    return function


def explicit_options(arguments: dict[str, Any]) -> dict[str, Any]:
    """The settings of an edit that are given on the command line, not by default; all are removed from `words`."""
    context = click.get_current_context()
    values = {setting.name: arguments.pop(setting.name) for setting in fields(Options)}
    return {key: value for key, value in values.items() if _is_explicit(context, key)}


def _is_explicit(context: click.Context, key: str) -> bool:
    return context.get_parameter_source(key) not in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _formats(name: str, kind: Any) -> Any:
    return click.Choice((*kind.choices, "jpg", "tif")) if name == "format" else kind


def model_flag(flag: str, name: str, default: str, kind: str) -> Callable[..., Any]:
    """A repeatable flag that names models of a kind, "colour" or "mask"; `name` is its parameter."""
    return click.option(
        flag,
        name,
        multiple=True,
        default=(default,),
        show_default=True,
        metavar="NAME|KIND:FILE" if kind == "colour" else "NAME|FILE",
        help=f"A {kind} model, as in `handtint tint`; may be repeated.",
    )
