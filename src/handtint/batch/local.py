"""The jobs on this machine: one after the other in this process, or in worker processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterable
from functools import cache
from typing import TYPE_CHECKING

from handtint.batch import process
from handtint.batch.task import Outcome, Setup, Task

if TYPE_CHECKING:
    from handtint.batch.worker import Worker


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def run(tasks: Iterable[Task], setup: Setup) -> Generator[Outcome, None, None]:
    """Do each task in this process."""
    worker = _worker(setup)
    for task in tasks:
        yield worker.do(task)


class Process(process.Process[Setup, Task, Outcome]):
    """A worker process that tints photographs."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, _do, begin=_begin)


def _begin(setup: Setup) -> None:
    """In the worker: get ready."""
    if setup.threads:
        os.environ["VIPS_CONCURRENCY"] = str(setup.threads)  # read when libvips is loaded, with the first photo
    import handtint.batch.worker  # noqa: F401 - what cannot be imported should be known before the first photo


@cache
def _worker(setup: Setup) -> Worker:
    from handtint.batch.worker import Worker

    return Worker(setup)


def _do(setup: Setup, task: Task) -> Outcome:
    """In the worker: one photo."""
    return _worker(setup).do(task)
