"""Arguments that are paths: completed by the shell, and opened with errors of one line."""

import click

FILE = click.Path(readable=False)  # unchecked: it may be `-`, a URL or a file that is yet to be written
