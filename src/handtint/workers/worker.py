"""What a pool asks of a worker, wherever it runs: a process of this machine, an actor of a cluster, a test's fake."""

from __future__ import annotations

import os
import sys
from concurrent.futures import BrokenExecutor, Future
from typing import Any, Protocol, TypeVar

from handtint.errors import HandtintError

J = TypeVar("J", contravariant=True)  # a job
R = TypeVar("R")  # its result

FALSE_STARTS = 3  # workers that fail to start, one after the other, before jobs are refused


class WorkerDied(BrokenExecutor):
    """The worker ended, or was killed, before it answered."""


class NoWorkerError(HandtintError):
    """No worker can be started, again and again."""


class Worker(Protocol[J, R]):
    """One worker, which does one job at a time."""

    def start(self) -> Future[int]:
        """Begin to get ready; the future, of the worker's process id, is done once jobs may be given."""
        ...

    def submit(self, job: J, /) -> Future[R]:
        """Give it a job. A future that ends with BrokenExecutor says that the worker died."""
        ...

    def kill(self) -> None:
        """End it at once, whatever it is doing; this may block for a moment."""
        ...


def died_before(future: Future[Any]) -> bool:
    """Whether a job that was just submitted met a worker that was dead already: the job is not to blame."""
    return future.done() and isinstance(future.exception(), BrokenExecutor)


def first_line(error: BaseException) -> str:
    """The first line of an error's text, or its class where there is none."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
