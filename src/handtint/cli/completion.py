"""`handtint completion`: completion of commands, options and file names by the shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command(name="completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print a script with which your shell completes commands, options and file names. To install it:

    \b
    bash: handtint completion bash >> ~/.bashrc
    zsh:  handtint completion zsh >> ~/.zshrc
    fish: handtint completion fish > ~/.config/fish/completions/handtint.fish
    """
    script = get_completion_class(shell)
    assert script is not None  # click brings all three  # noqa: S101
    click.echo(script(context.find_root().command, {}, "handtint", "_HANDTINT_COMPLETE").source())
