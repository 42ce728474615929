"""A run on a Ray cluster: each worker is an actor with its networks; the driver keeps the journal.

It uses actors instead of Ray Data: Ray Data retries the blocks of a dead actor for ever, or drops them without naming
their photos, so a photo that kills its worker could not be reported. It also reports whole blocks only, while the
journal needs the outcome of each photo.
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

# Ray replaces 127.0.0.1 by the machine's outer address, but not other loopback addresses.
_LOOPBACK = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"
MAX_ATTEMPTS = 3  # a photo fails when this many workers died of it, since machines of a cluster may disappear


class _Actor:
    """The Ray actor: one worker in the cluster."""

    def __init__(self, setup: RunSetup) -> None:
        os.environ["VIPS_CONCURRENCY"] = str(setup.threads)  # read when libvips is loaded, by the next import
        from handtint.batch.worker import PhotoWorker

        self._worker = PhotoWorker(setup)

    def start(self) -> int:
        """Called when the actor is ready; returns its process id."""
        return os.getpid()

    def do(self, task: Task) -> Outcome:
        """Tint one photo."""
        return self._worker.tint(task)


@contextmanager
def _own_signals() -> Iterator[None]:
    """A context that restores the program's handler of SIGTERM, which Ray replaces."""
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)


class Cluster:
    """A connection to Ray: to the cluster at an address, or to one of this machine's own cores."""

    def __init__(self, address: str | None, *, cores: int) -> None:
        """Connect to a cluster, or start one here with `cores` cores. Raises OptionError, HandtintError."""
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # send no usage statistics
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
        except Exception as error:  # Ray's exceptions have no common base class here
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
    """Raise HandtintError if an address does not respond: Ray itself would retry for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
        except OSError as error:
            raise HandtintError(f"Ray: no cluster at {address}: {files.reason(error)}") from error


class RayWorker:
    """An actor, as a worker of WorkerPool."""

    def __init__(self, ray: Any, actor: Any) -> None:
        self._ray, self._actor = ray, actor

    def start(self) -> Future[int]:
        """The future is done once the cluster has found a place for it."""
        return _independent_future(self._actor.start.remote().future())

    def submit(self, task: Task) -> Future[Outcome]:
        """Submit a photo to it."""
        return _independent_future(self._actor.do.remote(task).future())

    def kill(self) -> None:
        """Kill the actor."""
        self._ray.kill(self._actor)


def _independent_future(ray_future: Future[Any]) -> Future[Any]:
    """A new future with the result of Ray's future, which must not be cancelled or outlive its event loop."""
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()

    def copy(source: Future[Any]) -> None:
        error = source.exception()
        future.set_exception(error) if error else future.set_result(source.result())

    ray_future.add_done_callback(copy)
    return future
