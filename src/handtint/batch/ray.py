"""A run on a Ray cluster: each worker is an actor that holds its model; the driver keeps the journal.

It uses actors instead of Ray Data: Ray Data retries the blocks of a dead actor for ever, or drops them without saying
which photos they contained, so a photo that kills its worker could not be reported. It also reports whole blocks only,
while the journal needs the outcome of each photo.
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
    """The Ray actor: one worker in the cluster."""

    def __init__(self, setup: RunSetup) -> None:
        os.environ["VIPS_CONCURRENCY"] = str(setup.threads)  # read when libvips is loaded, as the worker is
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
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


class Cluster:
    """A connection to Ray: to the cluster at an address, or to one of this machine's own cores."""

    def __init__(self, address: str | None, *, cores: int) -> None:
        """Connect to a cluster, or start one here with so many cores. Raises OptionError, HandtintError."""
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
        return _own(self._actor.start.remote().future())

    def submit(self, task: Task) -> Future[Outcome]:
        """Give it a photo."""
        return _own(self._actor.do.remote(task).future())

    def kill(self) -> None:
        """Kill it."""
        self._ray.kill(self._actor)


def _own(answer: Future[Any]) -> Future[Any]:
    """A new future with the result of Ray's, which must not be cancelled or outlive its event loop."""
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()

    def copy(ended: Future[Any]) -> None:
        error = ended.exception()
        future.set_exception(error) if error else future.set_result(ended.result())

    answer.add_done_callback(copy)
    return future
