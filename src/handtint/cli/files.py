"""Arguments that are paths: with shell completion, and with errors in one line."""

import click

FILE = click.Path(readable=False)  # unchecked: it may be `-`, a URL or a file that is yet to be written
