"""`handtint`: the commands, loaded when called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from handtint import __version__
from handtint.cli import output
from handtint.errors import HandtintError, OptionError

COMMANDS = {
    "tint": "Tint photographs and films: colour on what matters, the original gray elsewhere.",
    "inspect": "List the objects in photographs, and how to name them for --keep.",
    "web": "Open a page in the browser to tint photographs by hand.",
    "serve": "Tint photographs over HTTP.",
    "models": "List the networks, and when to choose which.",
    "compare": "Tint the same photographs with several models: a contact sheet and a table.",
    "evaluate": "Measure the quality of colours or masks.",
    "study": "Make one page from the evaluations of several models.",
    "label": "Make masks to train on.",
    "train": "Train a network.",
    "export": "Export a trained network, or convert weights to other formats.",
    "completion": "Print a script for completion in bash, zsh or fish.",
}


class Commands(click.Group):
    """Imports commands when they are called, and converts errors to one line and an exit status."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names of the commands, the most used first."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"handtint.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the one-line help of each command, without importing it."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(self, *args: Any, **settings: Any) -> Any:
        """Run a command line; standard output is flushed before it ends, also after errors."""
        try:
            result = super().main(*args, **settings)
        except SystemExit as end:
            output.flush(has_failed=bool(end.code))
            raise
        output.flush()
        return result

    def make_context(self, *args: Any, **settings: Any) -> click.Context:
        """Parse the words; a request for help or the version is answered here already."""
        with output.reported():
            return super().make_context(*args, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a HandtintError becomes one line, with exit status 2 for wrong usage, 1 for all others."""
        try:
            with output.reported():
                return super().invoke(ctx)
        except OptionError as error:
            raise click.UsageError(str(error)) from error
        except HandtintError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="handtint")
def main() -> None:
    """Give colour back to what matters in a black-and-white photograph."""
