"""A worker process: an interpreter of its own that does one thing after the other, and may die of any of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from typing import Generic, TypeVar

S = TypeVar("S")  # what it needs to know before anything else
T = TypeVar("T")  # something to do
R = TypeVar("R")  # what became of it


class Process(Generic[S, T, R]):
    """A worker process. It is an executor of its own, so that its death breaks no other's work."""

    def __init__(self, setup: S, do: Callable[[S, T], R], *, begin: Callable[[S], object]) -> None:
        """begin: called in the process before anything else; do: for each task. Both must be importable there."""
        self._setup, self._do, self._begin = setup, do, begin
        # A fresh interpreter: forking one with threads in it, as ONNX Runtime's, may hang.
        self._pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
        self._pid: Future[int] | None = None
        self._dead = False

    def start(self) -> Future[int]:
        """Start the process; the future, of its number, is done once it answers, or ends with what `begin` raised."""
        with _signals_blocked():
            self._pid = self._pool.submit(_begun, self._begin, self._setup)
        return self._pid

    def submit(self, task: T) -> Future[R]:
        """Give it something to do. The future of a process that dies of it, or was dead, ends with BrokenExecutor."""
        try:
            future = self._pool.submit(self._do, self._setup, task)
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

    def _notice(self, future: Future[R]) -> None:
        """Remember a death: the number of a dead process may be another's by now."""
        if not future.cancelled() and isinstance(future.exception(), BrokenExecutor):
            self._dead = True


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Let a process started here never hear of Ctrl-C and SIGTERM: when to stop is for its parent to say."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begun(begin: Callable[[S], object], setup: S) -> int:
    """In the process: get ready, and say who it is."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    begin(setup)
    return os.getpid()


def _die_with_parent() -> None:
    """A parent that was killed must not have its work go on while its successor begins."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
