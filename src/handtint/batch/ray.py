"""A run on a Ray cluster: each worker is an actor that holds its model; the driver keeps the journal.

Actors, and not Ray Data: Ray Data does the blocks of a dead actor over and over, or drops them without a word of
which photo was in them, so that one photo that kills its worker could never be named as failed; and it says of a
block only that it is done, where the journal is to say it of each photo.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from handtint import files
from handtint.errors import HandtintError, OptionError
from handtint.workers.messages import Outcome, RunSetup, Task

# Ray would have every machine reach it under 127.0.0.1's outer address; it knows no other loopback ones by sight.
_LOOPBACK = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"
TRIES = 3  # machines of a cluster come and go: a photo is given up only when so many workers died of it


class _Actor:
    """In the cluster: one worker."""

    def __init__(self, setup: RunSetup) -> None:
        os.environ["VIPS_CONCURRENCY"] = str(setup.threads)  # read when libvips is loaded, as the worker is
        from handtint.batch.worker import PhotoWorker

        self._worker = PhotoWorker(setup)

    def start(self) -> int:
        """Say that it is ready."""
        return os.getpid()

    def do(self, task: Task) -> Outcome:
        """One photo."""
        return self._worker.tint(task)


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep the program's way to stop, which Ray would replace by its own."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


class Cluster:
    """A connection to Ray: to the cluster at an address, or to one of this machine's own cores."""

    def __init__(self, address: str | None, *, cores: int) -> None:
        """Connect. cores: how many this machine gives where there is no address. Raises OptionError, HandtintError."""
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody's business
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        try:
            import ray
        except ImportError as error:
            raise OptionError("engine: Ray is not installed: pip install 'handtint[ray]'") from error
        self._ray: Any = ray
        if address:
            _check_reachable(address)
        arguments: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        if address is None:
            arguments |= {"num_cpus": cores, "include_dashboard": False, "object_store_memory": 1 << 27}
            arguments["_node_ip_address"] = _LOOPBACK
        try:
            with _own_signals():
                ray.init(address=address or "local", **arguments)
        except Exception as error:  # what Ray raises here has no common base
            text = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise HandtintError(f"Ray: no cluster at {address or 'this machine'}: {text}") from error

    def cores(self) -> int:
        """The processor cores of the whole cluster."""
        return int(self._ray.cluster_resources().get("CPU", 1))

    def spawn(self, setup: RunSetup) -> RayWorker:
        """A new actor."""
        options = {"num_cpus": setup.threads, "scheduling_strategy": "SPREAD"}
        return RayWorker(self._ray, self._ray.remote(**options)(_Actor).remote(setup))

    def close(self) -> None:
        """Disconnect."""
        self._ray.shutdown()


def _check_reachable(address: str) -> None:
    """Raise HandtintError where nobody answers at an address: Ray itself would ask for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
        except OSError as error:
            raise HandtintError(f"Ray: no cluster at {address}: {files.reason(error)}") from error


class RayWorker:
    """An actor as a worker of the pool."""

    def __init__(self, ray: Any, actor: Any) -> None:
        self._ray, self._actor = ray, actor

    def start(self) -> Future[int]:
        """The future is done once the cluster has found a place for it."""
        return _own(self._actor.start.remote().future())

    def submit(self, task: Task) -> Future[Outcome]:
        """Give it a photo."""
        return _own(self._actor.do.remote(task).future())

    def kill(self) -> None:
        """Kill it."""
        self._ray.kill(self._actor)


def _own(answer: Future[Any]) -> Future[Any]:
    """A future that ends as Ray's does; that one must not be cancelled, nor outlive its event loop."""
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()

    def copy(ended: Future[Any]) -> None:
        error = ended.exception()
        future.set_exception(error) if error else future.set_result(ended.result())

    answer.add_done_callback(copy)
    return future
