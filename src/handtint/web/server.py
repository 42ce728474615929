"""The page served on this machine, and on no other."""

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
QUEUE = 64  # connections waiting to be taken


def listen(port: int | None) -> socket.socket:
    """A socket on the loopback address: at the port asked for, else at PORT or, where that is taken, at a free one.

    Raises OptionError where the port asked for cannot be had.
    """
    for candidate in (PORT, 0) if port is None else (port,):
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((HOST, candidate))
            made.listen(QUEUE)
        except OSError as error:
            made.close()
            if candidate == port or not candidate:
                raise OptionError(f"port: {candidate} cannot be used: {files.reason(error)}") from error
        else:
            return made
    raise OptionError("port: none is free")


def address(made: socket.socket) -> str:
    """What to open in a browser."""
    return f"http://{HOST}:{made.getsockname()[1]}/"


class Server(uvicorn.Server):
    """A server of the page: `run(sockets=[listen(None)])` answers until a signal, or `should_exit`, ends it."""

    def __init__(self, tinter: Tinter, ready: Callable[[], object]) -> None:
        """Serve one tinter; `ready` is called once it answers."""
        quiet: dict[str, Any] = {"log_level": "warning", "access_log": False, "server_header": False}
        super().__init__(uvicorn.Config(create(tinter), lifespan="off", timeout_graceful_shutdown=2, **quiet))
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        self._ready()
