"""`handtint web`: the page for this machine's own browser."""

from __future__ import annotations

import webbrowser
from threading import Thread

import click


@click.command(name="web")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="N",
    help="The port of the page. Default: 8756, or a free one if that is in use.",
)
@click.option("--no-browser", is_flag=True, help="Print the address, but do not open a browser.")
def command(port: int | None, no_browser: bool) -> None:
    """Open a page in the browser to tint photographs by hand.

    Everything runs on this machine: no photo leaves it, and no other machine can open the page. Press Ctrl-C to end it.
    """
    try:
        from handtint.web import server
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error.name} is missing: the page needs `pip install 'handtint[web]'`") from error
    from handtint.pipeline import Tinter

    tinter = Tinter()
    listening = server.listen(port)
    address = server.address(listening)

    def ready() -> None:
        click.echo(f"handtint is at {address} - press Ctrl-C to end it", err=True)
        if not no_browser:
            Thread(target=webbrowser.open, args=(address,), daemon=True).start()  # some wait for the browser to end

    try:
        server.Server(tinter, ready).run(sockets=[listening])
    except KeyboardInterrupt:  # the server has ended in good order by now
        click.echo("", err=True)
