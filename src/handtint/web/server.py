"""The server of the page, reachable from this machine only."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import uvicorn

from handtint import files
from handtint.errors import OptionError
from handtint.pipeline import Tinter
from handtint.web.app import create

HOST = "127.0.0.1"
PORT = 8756
QUEUE = 64  # connections: the backlog of the socket


def listen(port: int | None) -> socket.socket:
    """A listening socket on the loopback address. port: None for PORT or, if that is in use, any free one.

    Raises OptionError if the port cannot be used.
    """
    for candidate in (PORT, 0) if port is None else (port,):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, candidate))
            sock.listen(QUEUE)
        except OSError as error:
            sock.close()
            if candidate == port or not candidate:
                raise OptionError(f"port: {candidate} cannot be used: {files.reason(error)}") from error
        else:
            return sock
    raise OptionError("port: no port is free")


def address(sock: socket.socket) -> str:
    """The URL of the page at a socket."""
    return f"http://{HOST}:{sock.getsockname()[1]}/"


class Server(uvicorn.Server):
    """The server of the page: `run(sockets=[listen(None)])` serves until a signal, or until `should_exit` is set."""

    def __init__(self, tinter: Tinter, ready: Callable[[], object]) -> None:
        """tinter: does the work. ready: called when the server accepts requests."""
        quiet: dict[str, Any] = {"log_level": "warning", "access_log": False, "server_header": False}
        app = create(tinter)
        super().__init__(uvicorn.Config(app, lifespan="off", timeout_graceful_shutdown=2, **quiet))
        self._ready, self._films = ready, app.state.films

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the server, then call `ready`."""
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop the server, and the renders of films; their files are removed."""
        await super().shutdown(sockets)
        self._films.close_all()
