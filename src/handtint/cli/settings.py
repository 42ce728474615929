"""Command-line flags made from the settings of `Options`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import click

from handtint.options import Options

METAVARS = {"keep": "WHAT", "gain": "auto|off|FLOAT", "feather": "PX", "model": "NAME"}


def edit_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add one flag for each setting of an edit."""
    for setting in reversed(fields(Options)):
        default, rule = setting.default, setting.metadata
        if isinstance(default, bool):
            decorate = click.option(f"--{setting.name}", is_flag=True, help=rule["help"])
        else:
            kind = click.Choice(rule["choices"]) if rule["choices"] else type(default) if default is not None else str
            shown = METAVARS.get(setting.name)
            decorate = click.option(
                f"--{setting.name}",
                type=_formats(setting.name, kind),
                default=default,
                show_default=default is not None,
                metavar=shown,
                help=rule["help"],
            )
        function = decorate(function)
    return function


def _formats(name: str, kind: Any) -> Any:
    return click.Choice((*kind.choices, "jpg", "tif")) if name == "format" else kind
