"""Arguments that are paths: the shell completes them, and whoever opens them says in one line what is wrong."""

import click

FILE = click.Path(readable=False)  # unchecked: it may be `-`, a URL or a file that is yet to be written
