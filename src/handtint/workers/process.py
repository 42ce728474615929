"""A worker process: a fresh interpreter that does one job after the other, and whose death costs only its own job."""

from __future__ import annotations

import copy
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from handtint.workers.worker import WorkerDied

S = TypeVar("S")  # what it needs to know before anything else
J = TypeVar("J")  # something to do
R = TypeVar("R")  # what became of it

LAST = 10.0  # seconds to wait for a killed process; one that hangs in the kernel is left behind
_SPAWN = multiprocessing.get_context("spawn")  # a fresh interpreter: forking one with ONNX Runtime's threads may hang
_REAPING = threading.Lock()  # a process number is only looked at, or signalled, while nobody reaps it


class RemoteError(Exception):
    """Where in the worker an error was raised, as text: the cause of an error that came from there."""


@dataclass(frozen=True, slots=True)
class _Failure:
    error: BaseException
    trace: str


class ProcessWorker(Generic[S, J, R]):
    """A worker process, and a thread of this process that talks to it. Kill it in the end, whatever happens."""

    def __init__(self, setup: S, handle: Callable[[S, J], R], *, prepare: Callable[[S], object]) -> None:
        """prepare: called in the process before anything else; handle: for each job. Both must be importable there."""
        self._setup, self._handle, self._prepare = setup, handle, prepare
        self._process: SpawnProcess | None = None
        self._ready: Future[int] = Future()
        self._jobs: SimpleQueue[tuple[J, Future[R]] | None] = SimpleQueue()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> Future[int]:
        """Start the process; the future, of its number, is done once it answers, or ends with what `prepare` raised.

        The future of a process that cannot be started ends with OSError.
        """
        self._ready.set_running_or_notify_cancel()
        try:
            self._thread.start()
        except RuntimeError as error:
            self._ready.set_exception(OSError(str(error)))
        return self._ready

    def submit(self, job: J) -> Future[R]:
        """Give it something to do. The future of a process that dies of it, or was dead, ends with BrokenExecutor."""
        future: Future[R] = Future()
        with _REAPING:
            dead = self._ended or not (self._process and self._process.is_alive())
            if not dead:
                self._jobs.put((job, future))
        if dead:
            future.set_exception(WorkerDied("the worker process is not running"))
        return future

    def kill(self) -> None:
        """Kill it, even while it starts; what it was writing never gets its name."""
        self._kill_once()
        self._jobs.put(None)
        if self._thread.ident is not None:
            self._thread.join(LAST)

    def _kill_once(self) -> None:
        """Once, and only a process that nobody has reaped yet: the number of another may be anybody's."""
        with _REAPING:
            if self._process and not self._ended:
                self._process.kill()
            self._ended = True

    def _run(self) -> None:
        """In a thread of its own: start the process, then hand it job after job, until it dies or is killed."""
        try:
            connection = self._spawn()
        except Exception as error:
            self._ready.set_exception(error)
            return
        try:
            with connection:
                self._talk(connection)
        except (EOFError, OSError):
            pass
        finally:
            self._end()

    def _spawn(self) -> Connection:
        resource_tracker.ensure_running()  # it unblocks signals
        if sys.platform != "win32":  # when to stop is for this process to say: workers never hear of Ctrl-C and SIGTERM
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        here, there = _SPAWN.Pipe()
        with there, _REAPING:
            if self._ended:
                here.close()
                raise WorkerDied("killed before it was started")
            process = _SPAWN.Process(target=_serve, args=(there, self._prepare, self._handle))
            try:
                process.start()
            except BaseException:
                here.close()
                raise
            self._process = process
        return here

    def _talk(self, connection: Connection) -> None:
        """Raises EOFError, OSError once the process is dead."""
        if not _answer(connection, self._setup, self._ready):
            return
        while (given := self._jobs.get()) is not None:
            job, future = given
            if future.set_running_or_notify_cancel():
                _answer(connection, job, future)

    def _end(self) -> None:
        """Leave no process, and nobody who waits for one."""
        self._kill_once()
        if self._process:
            self._process.join(LAST)
        while not self._jobs.empty():
            given = self._jobs.get()
            if given and given[1].set_running_or_notify_cancel():
                given[1].set_exception(WorkerDied("the worker process died before it was given this"))


def _answer(connection: Connection, message: object, future: Future[Any]) -> bool:
    """Send a message, and let the future have its answer; whether it is one. Raises EOFError, OSError after a death."""
    try:
        connection.send(message)
        answer = connection.recv()
    except (EOFError, OSError):
        future.set_exception(WorkerDied("the worker process died"))
        raise
    except Exception as error:  # the message, or its answer, cannot be pickled
        future.set_exception(error)
        return False
    if isinstance(answer, _Failure):
        answer.error.__cause__ = RemoteError(f"\n{answer.trace}")
        future.set_exception(answer.error)
        return False
    future.set_result(answer)
    return True


def _serve(connection: Connection, prepare: Callable[[Any], object], handle: Callable[[Any, Any], object]) -> None:
    """In the process: get ready, say who it is, then do what is sent."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    setup = connection.recv()

    def ready() -> int:
        prepare(setup)
        return os.getpid()

    with suppress(EOFError, OSError):  # nobody is there any more
        connection.send_bytes(_reply(ready))
        while True:
            connection.poll(None)  # an end of the pipe is noticed here, what cannot be unpickled is an answer
            connection.send_bytes(_reply(lambda: handle(setup, connection.recv())))


def _reply(work: Callable[[], object]) -> memoryview:
    """What came of the work, for the parent."""
    try:
        return ForkingPickler.dumps(work())
    except BaseException as error:
        return ForkingPickler.dumps(_Failure(_portable(error), "".join(traceback.format_exception(error))))


def _portable(error: BaseException) -> BaseException:
    """The error, or a RuntimeError that describes it where it cannot be pickled and restored."""
    try:
        ForkingPickler.dumps(error)
        copy.deepcopy(error)  # made anew as unpickling would
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}")
    return error


def _die_with_parent() -> None:
    """A parent that was killed must not have its work go on while its successor begins."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
