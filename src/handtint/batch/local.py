"""The jobs on this machine: one after the other in this process, or in worker processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING

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


class Process:
    """A worker process. It is an executor of its own, so that its death breaks no other's work."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        # A fresh interpreter: forking one with threads in it, as ONNX Runtime's, may hang.
        self._pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
        self._pid: Future[int] | None = None
        self._dead = False

    def start(self) -> Future[int]:
        """Start the process; the future is done once it answers."""
        with _signals_blocked():
            self._pid = self._pool.submit(_begin, self._setup.threads)
        return self._pid

    def submit(self, task: Task) -> Future[Outcome]:
        """Give it a photo."""
        try:
            future = self._pool.submit(_do, self._setup, task)
        except BrokenExecutor as error:  # it died while it was idle
            future = Future()
            future.set_exception(error)
        future.add_done_callback(self._notice)
        return future

    def dismiss(self) -> None:
        """Kill it; what it was writing never gets its name."""
        alive = self._pid and self._pid.done() and not self._pid.exception() and not self._dead
        if self._pid and alive:
            with suppress(ProcessLookupError):
                os.kill(self._pid.result(), signal.SIGKILL)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _notice(self, future: Future[Outcome]) -> None:
        """Remember a death: the number of a dead process may be another's by now."""
        if not future.cancelled() and isinstance(future.exception(), BrokenExecutor):
            self._dead = True


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Let a process started here never hear of Ctrl-C and SIGTERM: when to stop is for the run to say."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(threads: int) -> int:
    """In the worker: get ready, and say who it is."""
    if threads:
        os.environ["VIPS_CONCURRENCY"] = str(threads)  # read when libvips is loaded, with the first photo
    threading.Thread(target=_die_with_parent, daemon=True).start()
    import handtint.batch.worker  # noqa: F401 - what cannot be imported should be known before the first photo

    return os.getpid()


def _die_with_parent() -> None:
    """A run that was killed must not go on writing while its successor begins."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


@cache
def _worker(setup: Setup) -> Worker:
    from handtint.batch.worker import Worker

    return Worker(setup)


def _do(setup: Setup, task: Task) -> Outcome:
    """In the worker: one photo."""
    return _worker(setup).do(task)
