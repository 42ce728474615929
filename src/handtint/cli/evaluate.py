"""`handtint evaluate`: colours and masks against photographs with known truth."""

from __future__ import annotations

import click

from handtint.cli import evaluate_color, evaluate_masks


@click.group(name="evaluate")
def command() -> None:
    """Measure the quality of colours or masks on photographs whose true ones are known."""


command.add_command(evaluate_color.command)
command.add_command(evaluate_masks.command)
