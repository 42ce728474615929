"""Errors of standard output: one line and exit status 1, for every command."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click


@contextmanager
def reported() -> Iterator[None]:
    """Turn an OSError into one line that says what could not be written. Raises click.ClickException.

    An error that names no file comes from writing to standard output. A reader that has gone away (EPIPE) is left to
    click, which ends the program without a word.
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        if error.filename is None:
            _discard()
        raise click.ClickException(_line(error)) from error


def flush(*, has_failed: bool = False) -> None:
    """Write what is still buffered, as the last thing a command does. Exits with status 1 where that fails.

    has_failed: where the command has failed already, and has said why: keep its exit status and add no second line.
    Without this the interpreter itself would write the buffer while it shuts down, where nothing can catch the error.
    """
    if sys.stdout is None or sys.stdout.closed:
        return
    try:
        sys.stdout.flush()
    except OSError as error:
        _discard()
        if has_failed:
            return
        if error.errno != errno.EPIPE:
            click.echo(f"Error: {_line(error)}", err=True)
        sys.exit(1)


def _line(error: OSError) -> str:
    return f"{error.filename or 'standard output'}: {error.strerror or error}"


def _discard() -> None:
    """Discard what is still buffered, so that it cannot fail again when the interpreter shuts down."""
    with suppress(OSError, ValueError, AttributeError):  # there may be no file behind standard output
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, sys.stdout.fileno())
        os.close(devnull)
