"""A worker process: a new interpreter that does one job at a time. If it dies, only its current job is lost."""

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

S = TypeVar("S")  # setup, sent once
J = TypeVar("J")  # job
R = TypeVar("R")  # result

JOIN_TIMEOUT = 10.0  # seconds to wait for a killed process; one that hangs in the kernel is not waited for
_SPAWN = multiprocessing.get_context("spawn")  # not fork, which may hang with ONNX Runtime's threads
_REAP_LOCK = threading.Lock()  # held while a process is checked or killed: once reaped, its number may be reused


class RemoteError(Exception):
    """The traceback of an error in a worker, as text; it is the `__cause__` of that error."""


@dataclass(frozen=True, slots=True)
class _Failure:
    error: BaseException
    trace: str


class ProcessWorker(Generic[S, J, R]):
    """A worker process, with a thread in this process that exchanges messages with it. Always `kill` it at the end."""

    def __init__(self, setup: S, handle: Callable[[S, J], R], *, prepare: Callable[[S], object]) -> None:
        """prepare(setup) is called once in the process, handle(setup, job) for each job; both must be importable."""
        self._setup, self._handle, self._prepare = setup, handle, prepare
        self._process: SpawnProcess | None = None
        self._ready: Future[int] = Future()
        self._jobs: SimpleQueue[tuple[J, Future[R]] | None] = SimpleQueue()
        self._killed = False
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> Future[int]:
        """Start the process. The future ends with its process id once it is ready, or with what `prepare` raised.

        If the process cannot be started, the future ends with OSError.
        """
        self._ready.set_running_or_notify_cancel()
        try:
            self._thread.start()
        except RuntimeError as error:
            self._ready.set_exception(OSError(str(error)))
        return self._ready

    def submit(self, job: J) -> Future[R]:
        """Send a job. The future ends with BrokenExecutor if the process dies meanwhile, or is dead already."""
        future: Future[R] = Future()
        with _REAP_LOCK:
            dead = self._killed or not (self._process and self._process.is_alive())
            if not dead:
                self._jobs.put((job, future))
        if dead:
            future.set_exception(WorkerDied("the worker process is not running"))
        return future

    def kill(self) -> None:
        """Kill the process, even while it starts; a file that it was writing is never renamed to its final name."""
        self._kill_once()
        self._jobs.put(None)
        if self._thread.ident is not None:
            self._thread.join(JOIN_TIMEOUT)

    def _kill_once(self) -> None:
        """Kill the process, unless that was done or it was reaped: its number may belong to another process now."""
        with _REAP_LOCK:
            if self._process and not self._killed:
                self._process.kill()
            self._killed = True

    def _run(self) -> None:
        """In the thread: start the process, then send it one job after the other until it ends."""
        try:
            connection = self._spawn()
        except Exception as error:
            self._ready.set_exception(error)
            return
        try:
            with connection:
                self._communicate(connection)
        except (EOFError, OSError):
            pass
        finally:
            self._clean_up()

    def _spawn(self) -> Connection:
        resource_tracker.ensure_running()  # it unblocks signals
        if sys.platform != "win32":  # inherited: only this process handles Ctrl-C and SIGTERM
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        parent_end, child_end = _SPAWN.Pipe()
        with child_end, _REAP_LOCK:
            if self._killed:
                parent_end.close()
                raise WorkerDied("killed before it was started")
            process = _SPAWN.Process(target=_main, args=(child_end, self._prepare, self._handle))
            try:
                process.start()
            except BaseException:
                parent_end.close()
                raise
            self._process = process
        return parent_end

    def _communicate(self, connection: Connection) -> None:
        """Exchange messages until the process is killed. Raises EOFError, OSError when it dies."""
        if not _exchange(connection, self._setup, self._ready):
            return
        while (item := self._jobs.get()) is not None:
            job, future = item
            if future.set_running_or_notify_cancel():
                _exchange(connection, job, future)

    def _clean_up(self) -> None:
        """End the process, and the futures of jobs that were not sent to it."""
        self._kill_once()
        if self._process:
            self._process.join(JOIN_TIMEOUT)
        while not self._jobs.empty():
            item = self._jobs.get()
            if item and item[1].set_running_or_notify_cancel():
                item[1].set_exception(WorkerDied("the worker process died before it was given this"))


def _exchange(connection: Connection, message: object, future: Future[Any]) -> bool:
    """Send a message, and set the future from the reply. Returns False for an error. Raises EOFError, OSError."""
    try:
        connection.send(message)
        reply = connection.recv()
    except (EOFError, OSError):
        future.set_exception(WorkerDied("the worker process died"))
        raise
    except Exception as error:  # the message, or its answer, cannot be pickled
        future.set_exception(error)
        return False
    if isinstance(reply, _Failure):
        reply.error.__cause__ = RemoteError(f"\n{reply.trace}")
        future.set_exception(reply.error)
        return False
    future.set_result(reply)
    return True


def _main(connection: Connection, prepare: Callable[[Any], object], handle: Callable[[Any, Any], object]) -> None:
    """In the process: prepare, reply with the process id, then handle one job after the other."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    setup = connection.recv()

    def ready() -> int:
        prepare(setup)
        return os.getpid()

    with suppress(EOFError, OSError):  # the parent closed the pipe
        connection.send_bytes(_pickled_result(ready))
        while True:
            connection.poll(None)  # raises when the pipe is closed; errors of unpickling below become the reply
            connection.send_bytes(_pickled_result(lambda: handle(setup, connection.recv())))


def _pickled_result(work: Callable[[], object]) -> memoryview:
    """The pickled result of the work, or a pickled _Failure."""
    try:
        return ForkingPickler.dumps(work())
    except BaseException as error:
        return ForkingPickler.dumps(_Failure(_picklable(error), "".join(traceback.format_exception(error))))


def _picklable(error: BaseException) -> BaseException:
    """The error, or a RuntimeError that describes it if it cannot be pickled and restored."""
    try:
        ForkingPickler.dumps(error)
        copy.deepcopy(error)  # made anew as unpickling would
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}")
    return error


def _die_with_parent() -> None:
    """Exit when the parent process ends, so that no worker outlives a killed parent."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
