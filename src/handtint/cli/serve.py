"""`handtint serve`: the service."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import click

from handtint.cli.signals import Signals
from handtint.errors import OptionError
from handtint.service.settings import Settings

METAVARS = {"host": "ADDRESS", "formats": "FORMAT", "origins": "URL", "memory": "MB"}


def _flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add one flag for each setting of the service but the token, which no list of processes should show."""
    for setting in reversed(fields(Settings)):
        if not setting.metadata:
            continue
        many = isinstance(setting.default, tuple)
        decorate = click.option(
            f"--{setting.name}",
            type=str if many else type(setting.default),
            multiple=many,
            default=setting.default,
            show_default=setting.default not in (0, ()),
            metavar=METAVARS.get(setting.name),
            help=setting.metadata["help"],
        )
        function = decorate(function)
    return function


@click.command(name="serve")
@_flags
def command(**arguments: Any) -> None:
    """Tint photographs over HTTP.

    Only this machine can reach the service, unless you give another --host. For that, set the environment variable
    HANDTINT_TOKEN; requests must then send this token. Ctrl-C or SIGTERM stops the service after it has finished the
    requests that it has.
    """
    settings = Settings(**arguments, token=os.environ.get("HANDTINT_TOKEN", ""))
    try:
        from handtint.service import server
    except ModuleNotFoundError as error:
        raise OptionError(f"serve needs {error.name}: pip install 'handtint[serve]'") from error
    with Signals() as signals:
        signals.graceful = True
        server.run(settings, lambda address: click.echo(f"handtint: serving at {address}", err=True))
