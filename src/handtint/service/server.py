"""The server of the service: it listens on a port, and serves until it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from typing import Any

import uvicorn

from handtint import zoo
from handtint.errors import HandtintError, OptionError, WeightsError
from handtint.files import reason
from handtint.options import Options
from handtint.service import process
from handtint.service.app import create
from handtint.service.middleware import MAX_HEADER_BYTES
from handtint.service.request_pool import RequestPool
from handtint.service.settings import Settings
from handtint.workers.messages import ServiceSetup
from handtint.workers.worker import cores

SHUTDOWN_SECONDS = 5  # that a shutdown waits for running requests, in addition to the time limit of a photo
_LOG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "uvicorn.error": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "uvicorn.access": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "python_multipart": {
            "handlers": ["stderr"],
            "level": "ERROR",
            "propagate": False,
        },  # it would log malformed forms
        "handtint": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}


def pool_of(settings: Settings) -> RequestPool:
    """The worker pool for the settings, not yet started."""
    jobs = settings.jobs or cores()
    setup = ServiceSetup(
        pixels=settings.pixels,
        bytes=settings.bytes,
        frames=settings.frames,
        threads=settings.threads or max(1, cores() // jobs),
        memory=settings.memory * 1_000_000,
    )
    return RequestPool(partial(process.spawn, setup), jobs, queue=settings.queue, seconds=settings.seconds)


def listen(settings: Settings) -> socket.socket:
    """A listening socket. Raises OptionError for an address of another machine, HandtintError for a port in use."""
    address_text = f"{settings.host}, port {settings.port}"
    try:
        family, *_, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=1024)
    except socket.gaierror as error:
        raise OptionError(f"host: {settings.host} is not an address of this machine") from error
    except OSError as error:
        raise HandtintError(f"{address_text}: {reason(error)}") from error


def run(settings: Settings, started: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM, then finish running requests. started: called with the address.

    Raises WeightsError if the default networks are missing, and as `listen` does.
    """
    for model in zoo.of(Options()):
        if not model.weights.present:
            raise WeightsError(f"{model.name}: its weights are not in the package")
    pool = pool_of(settings)
    with listen(settings) as port:
        host, number = port.getsockname()[:2]
        started(f"http://{f'[{host}]' if ':' in host else host}:{number}")
        try:
            uvicorn.Server(config(settings, pool)).run(sockets=[port])
        finally:
            pool.kill()


def config(settings: Settings, pool: RequestPool) -> uvicorn.Config:
    """The configuration of uvicorn for the application with a pool."""
    return uvicorn.Config(
        create(settings, pool),
        http="h11",
        ws="none",
        lifespan="on",
        log_config=_LOG,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=16 * MAX_HEADER_BYTES,  # so that the answer to too large headers is 431
        timeout_graceful_shutdown=round(settings.seconds) + SHUTDOWN_SECONDS,
    )
