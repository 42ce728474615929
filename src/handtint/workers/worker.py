"""The interface between a pool and its workers: processes of this machine, actors of a cluster, fakes in tests."""

from __future__ import annotations

import os
import sys
from concurrent.futures import BrokenExecutor, Future
from typing import Any, Protocol, TypeVar

from handtint.errors import HandtintError

J = TypeVar("J", contravariant=True)  # a job
R = TypeVar("R")  # its result

MAX_FAILED_STARTS = 3  # consecutive ones, after which jobs are refused


class WorkerDied(BrokenExecutor):
    """The worker ended, or was killed, before it finished the job."""


class NoWorkerError(HandtintError):
    """No worker can be started, after several attempts."""


class Worker(Protocol[J, R]):
    """One worker, which does one job at a time."""

    def start(self) -> Future[int]:
        """Start the worker. The future ends with its process id once it is ready for jobs."""
        ...

    def submit(self, job: J, /) -> Future[R]:
        """Send a job. The future ends with BrokenExecutor if the worker dies."""
        ...

    def kill(self) -> None:
        """End the worker at once; this may block for a moment."""
        ...


def was_dead(future: Future[Any]) -> bool:
    """Whether a job that was just submitted failed because its worker was dead already."""
    return future.done() and isinstance(future.exception(), BrokenExecutor)


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or the name of its class."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def cores() -> int:
    """The number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
