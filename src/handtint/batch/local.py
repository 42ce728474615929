"""Photographs tinted on this machine: one after the other in this process, or in worker processes."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from functools import cache
from typing import TYPE_CHECKING

from handtint.workers.messages import Outcome, RunSetup, Task
from handtint.workers.process import ProcessWorker

if TYPE_CHECKING:
    from handtint.batch.worker import PhotoWorker


def run(tasks: Iterable[Task], setup: RunSetup) -> Generator[Outcome, None, None]:
    """Perform the tasks in this process, one after the other."""
    worker = _worker(setup)
    for task in tasks:
        yield worker.tint(task)


def spawn(setup: RunSetup) -> ProcessWorker[RunSetup, Task, Outcome]:
    """A worker process that tints photographs, not yet started."""
    return ProcessWorker(setup, _handle, prepare=_prepare)


def _prepare(setup: RunSetup) -> None:
    """In the worker process: import what it needs."""
    if setup.threads:
        os.environ["VIPS_CONCURRENCY"] = str(setup.threads)  # read when libvips is loaded, with the first photo
    import handtint.batch.worker  # noqa: F401 - import errors should occur before the first photo


@cache
def _worker(setup: RunSetup) -> PhotoWorker:
    from handtint.batch.worker import PhotoWorker

    return PhotoWorker(setup)


def _handle(setup: RunSetup, task: Task) -> Outcome:
    """In the worker process: tint one photo."""
    return _worker(setup).tint(task)
