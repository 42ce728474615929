"""A pool of workers: each does one job after the other; one that dies is replaced and costs only the job it had."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Generator, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from threading import Event
from typing import Any, Generic, TypeVar

from handtint.workers.worker import FALSE_STARTS, NoWorkerError, Worker, WorkerDied, died_before, first_line

J = TypeVar("J")
R = TypeVar("R")
GRACE = 3.0  # seconds that a cancelled job may still take: a new worker needs as long to get ready
PAUSE = 30.0  # seconds, at most, between two attempts to start a worker
TICK = 0.2  # seconds: how soon `run` notices a request to stop, and new jobs
LOG = logging.getLogger("handtint.workers")
LOG.addHandler(logging.NullHandler())


class WorkerPool(Generic[J, R]):
    """At most `size` workers, all on one event loop; whatever blocks is done in their own processes.

    seconds: how long a worker may take for one job; None for no limit. tries: how many workers a job may kill.
    fatal: the exceptions of a job that mean that its worker died.
    """

    def __init__(
        self,
        spawn: Callable[[], Worker[J, R]],
        size: int,
        *,
        seconds: float | None = None,
        tries: int = 1,
        fatal: type[Exception] = BrokenExecutor,
    ) -> None:
        self.size, self.seconds = size, seconds
        self._spawn, self._tries, self._fatal = spawn, tries, fatal
        self._workers: set[Worker[J, R]] = set()
        self._idle: asyncio.Queue[Worker[J, R] | None] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._least, self._starting = 0, 0  # workers kept ready without any jobs; workers that are not ready yet
        self._reason = ""
        self.false_starts = 0  # attempts to start a worker that have failed, one after the other
        self.waiting, self.busy, self.ready = 0, 0, 0  # jobs that no worker has begun, jobs in hand, workers
        self.replaced: Counter[str] = Counter()  # by reason
        self.done, self.worked = 0, 0.0  # jobs, and seconds spent on them
        self.typical_seconds = 1.0  # of a job, of late

    def start(self) -> None:
        """Start all workers now, and replace each that dies at once; without it, they are started as jobs come."""
        self._least = self.size
        self._start_missing()

    async def stop(self) -> None:
        """End all workers, and wait until they are gone."""
        self.size = self._least = 0
        await _cancelled(self._tasks)
        await asyncio.to_thread(self.kill)

    def kill(self) -> None:
        """End all workers, without an event loop."""
        with suppress(KeyError):  # until there are no more
            while True:
                self._workers.pop().kill()

    async def do(self, job: J) -> R:
        """Have a job done. Cancelled, it is forgotten, and its worker soon free.

        Raises WorkerDied, TimeoutError, NoWorkerError, and what the job itself raises.
        """
        died_idle, tries = False, 0
        while True:
            worker = await self._next_idle()
            submitted = worker.submit(job)
            if died_before(submitted) and not died_idle:  # no fault of this job
                died_idle = True
                self._replace(worker, "idle")
                continue
            work = asyncio.wrap_future(submitted)
            await self._finish(worker, work)
            if work.cancelled():
                raise TimeoutError(f"the job took longer than {self.seconds} s")
            tries += 1
            if not isinstance(error := work.exception(), self._fatal):
                return work.result()
            if tries == self._tries:
                raise WorkerDied(first_line(error))

    def run(self, jobs: Iterator[J | None], stop: Event, *, died: Callable[[J], R]) -> Generator[R, None, None]:
        """Do the jobs on an event loop of its own, and yield their results in the order in which they end.

        A job of None means that there is nothing to do now and may be later. No more than two jobs a worker are
        taken from `jobs` ahead of their results. Once `stop` is set, jobs in hand are abandoned. died: the result of
        a job that killed its workers. Raises NoWorkerError, and RuntimeError where an event loop runs already.
        """
        tasks: dict[asyncio.Task[R], J] = {}
        with asyncio.Runner() as runner:
            try:
                more = True
                while not stop.is_set() and (more or tasks):
                    taken, more = _take(jobs, 2 * self.size - len(tasks)) if more else ([], False)
                    tasks |= {runner.get_loop().create_task(self.do(job)): job for job in taken}
                    ended = runner.run(_first_ended(tasks))
                    yield from [_result(task, tasks.pop(task), died) for task in list(tasks) if task in ended]
            finally:
                runner.run(_cancelled(tasks))
                runner.run(self.stop())

    async def _next_idle(self) -> Worker[J, R]:
        """A worker that has nothing to do, as soon as there is one. Raises NoWorkerError."""
        self.waiting += 1
        try:
            self._start_missing()
            while not (worker := await self._idle.get()):
                if self.false_starts >= FALSE_STARTS and not self.ready:
                    raise NoWorkerError(f"no worker can be started: {self._reason}")
            return worker
        finally:
            self.waiting -= 1

    def _start_missing(self) -> None:
        """Start as many workers as there are jobs for, or all of them."""
        wanted = max(self._least, min(self.size, self.waiting + self.busy))
        for _ in range(wanted - self.ready - self._starting):
            self._starting += 1
            self._background(self._start())

    async def _start(self) -> None:
        worker = None
        try:
            worker = self._spawn()
            self._workers.add(worker)
            await asyncio.wrap_future(worker.start())
        except Exception as error:
            LOG.error("no worker can be started: %s", first_line(error))
            self.false_starts, self._reason = self.false_starts + 1, first_line(error)
            for _ in range(self.waiting):
                self._idle.put_nowait(None)
            await self._end(worker)
            await asyncio.sleep(min(PAUSE, 2.0 ** min(self.false_starts, 9) / 8))
        else:
            self.false_starts = 0
            self.ready += 1
            self._idle.put_nowait(worker)
        self._starting -= 1
        self._start_missing()

    async def _finish(self, worker: Worker[J, R], work: asyncio.Future[R]) -> None:
        """Wait until a job is done or its time is up; then its worker is free for another, or is replaced."""
        start = time.monotonic()
        work.add_done_callback(_retrieve)
        self.busy += 1
        try:
            await asyncio.wait({work}, timeout=self.seconds)
        except asyncio.CancelledError:
            left = GRACE if self.seconds is None else min(GRACE, start + self.seconds - time.monotonic())
            self._background(self._finish_cancelled(worker, work, start, left))
            raise
        self._free(worker, work, start, "time")

    async def _finish_cancelled(
        self, worker: Worker[J, R], work: asyncio.Future[R], start: float, seconds: float
    ) -> None:
        try:
            await asyncio.wait({work}, timeout=max(0.0, seconds))
        finally:
            self._free(worker, work, start, "client gone")

    def _free(self, worker: Worker[J, R], work: asyncio.Future[R], start: float, unfinished: str) -> None:
        """Have the worker do other jobs, or replace it. unfinished: why, where its job is not done."""
        spent = time.monotonic() - start
        self.typical_seconds += (spent - self.typical_seconds) / 8
        self.done, self.worked, self.busy = self.done + 1, self.worked + spent, self.busy - 1
        if not work.done():
            work.cancel()
            self._replace(worker, unfinished)
        elif isinstance(work.exception(), self._fatal):
            self._replace(worker, "death")
        else:
            self._idle.put_nowait(worker)

    def _replace(self, worker: Worker[J, R], reason: str) -> None:
        LOG.warning("a worker is replaced: %s", reason)
        self.replaced[reason] += 1
        self.ready -= 1
        self._background(self._end(worker))
        self._start_missing()

    async def _end(self, worker: Worker[J, R] | None) -> None:
        def kill() -> None:  # in a thread, since it may block; one that never comes to it is left to `stop`
            if worker in self._workers:
                self._workers.remove(worker)
                worker.kill()

        await asyncio.to_thread(kill)

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _take(jobs: Iterator[J | None], most: int) -> tuple[list[J], bool]:
    """The next jobs, and whether there may be more."""
    taken: list[J] = []
    while len(taken) < most:
        try:
            job = next(jobs)
        except StopIteration:
            return taken, False
        if job is None:
            break
        taken.append(job)
    return taken, True


async def _first_ended(tasks: Collection[asyncio.Task[R]]) -> set[asyncio.Task[R]]:
    """The tasks that have ended, after waiting a moment for one."""
    if not tasks:
        await asyncio.sleep(TICK)
        return set()
    return (await asyncio.wait(tasks, timeout=TICK, return_when=asyncio.FIRST_COMPLETED))[0]


def _result(task: asyncio.Task[R], job: J, died: Callable[[J], R]) -> R:
    try:
        return task.result()
    except WorkerDied:
        return died(job)


async def _cancelled(tasks: Collection[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _retrieve(work: asyncio.Future[Any]) -> None:
    """Ask for the exception, which nobody does where a job was cancelled: asyncio would warn of it."""
    if not work.cancelled():
        work.exception()
