"""`handtint`: the commands, loaded when called."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from handtint import __version__
from handtint.errors import HandtintError, OptionError

COMMANDS = {
    "tint": "Tint photographs: colour on what matters, the original gray elsewhere.",
    "inspect": "Tell what is in photographs, and how to ask for it with --keep.",
    "web": "Open a page in the browser to tint photographs by hand.",
    "serve": "Tint photographs over HTTP.",
    "models": "List the catalogue of networks.",
    "evaluate": "Measure colours or masks on photographs with known truth.",
    "study": "Make one page of the evaluations of several models.",
    "label": "Make masks to train on from classes and boxes.",
    "train": "Train a network by a recipe.",
    "export": "Put a trained network into the package.",
}


@contextmanager
def _heard() -> Iterator[None]:
    """Where standard output cannot be written to, say so in one line; where its reader has gone, click is silent."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        raise click.ClickException(f"standard output: {error.strerror or error}") from error


class Commands(click.Group):
    """Commands imported when they are called, and errors turned into one line and an exit status."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Names in the order people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"handtint.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Their one-line help, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def make_context(self, *words: Any, **settings: Any) -> click.Context:
        """Read the words; they may be a wish for help, whose text cannot always be written."""
        with _heard():
            return super().make_context(*words, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error of ours is one line: exit 2 for wrong usage, 1 for anything else."""
        try:
            with _heard():
                return super().invoke(ctx)
        except OptionError as error:
            raise click.UsageError(str(error)) from error
        except HandtintError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="handtint")
def main() -> None:
    """Give colour back to what matters in a black-and-white photograph."""
