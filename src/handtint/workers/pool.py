"""A pool of workers, each of which does one job at a time. A worker that dies is replaced; only its job is lost."""

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

from handtint.workers.worker import MAX_FAILED_STARTS, NoWorkerError, Worker, WorkerDied, first_line, was_dead

J = TypeVar("J")
R = TypeVar("R")
CANCEL_GRACE = 3.0  # seconds that a cancelled job may continue: starting a new worker takes about as long
MAX_BACKOFF = 30.0  # seconds, at most, between two attempts to start a worker
POLL_INTERVAL = 0.2  # seconds between two checks of `run` for new jobs and for a request to stop
LOG = logging.getLogger("handtint.workers")
LOG.addHandler(logging.NullHandler())


class WorkerPool(Generic[J, R]):
    """At most `size` workers, managed on one event loop. They are processes of their own, so nothing blocks the loop.

    spawn: makes a worker. seconds: time limit of a job, or None. tries: number of workers that a job may kill before it
    is given up. fatal: the exception of a job that means that its worker died.
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
        self._min_workers, self._starting = 0, 0  # workers kept ready without jobs; workers being started
        self._reason = ""
        self.failed_starts = 0  # consecutive failed attempts to start a worker
        self.waiting, self.busy, self.ready = 0, 0, 0  # jobs in the queue, jobs being done, workers
        self.replaced: Counter[str] = Counter()  # by reason
        self.done, self.work_seconds = 0, 0.0  # jobs so far, and the seconds that they took
        self.typical_seconds = 1.0  # moving average of the seconds of a job

    def start(self) -> None:
        """Start all workers now, and keep `size` of them running; without it, workers are started as jobs come."""
        self._min_workers = self.size
        self._start_missing()

    async def stop(self) -> None:
        """Kill all workers, and wait until they have ended."""
        self.size = self._min_workers = 0
        await _cancel_all(self._tasks)
        await asyncio.to_thread(self.kill)

    def kill(self) -> None:
        """Kill all workers; this needs no event loop."""
        with suppress(KeyError):  # until there are no more
            while True:
                self._workers.pop().kill()

    async def do(self, job: J) -> R:
        """Do a job in a worker, and return its result. If this is cancelled, the worker is freed within seconds.

        Raises WorkerDied, TimeoutError, NoWorkerError, and the exceptions of the job itself.
        """
        retried_idle, tries = False, 0
        while True:
            worker = await self._next_idle()
            submitted = worker.submit(job)
            if was_dead(submitted) and not retried_idle:  # not this job's fault
                retried_idle = True
                self._replace(worker, "idle")
                continue
            work = asyncio.wrap_future(submitted)
            await self._wait_for(worker, work)
            if work.cancelled():
                raise TimeoutError(f"the job took longer than {self.seconds} s")
            tries += 1
            if not isinstance(error := work.exception(), self._fatal):
                return work.result()
            if tries == self._tries:
                raise WorkerDied(first_line(error))

    def run(self, jobs: Iterator[J | None], stop: Event, *, died: Callable[[J], R]) -> Generator[R, None, None]:
        """Do many jobs on a new event loop, and yield the results in the order of completion.

        A job of None means that none is available yet. At most two jobs per worker are taken from `jobs` in advance.
        When `stop` is set, unfinished jobs are abandoned. died: makes the result of a job that killed its workers.
        Raises NoWorkerError, and RuntimeError inside a running event loop.
        """
        tasks: dict[asyncio.Task[R], J] = {}
        with asyncio.Runner() as runner:
            try:
                has_more = True
                while not stop.is_set() and (has_more or tasks):
                    batch, has_more = _next_jobs(jobs, 2 * self.size - len(tasks)) if has_more else ([], False)
                    tasks |= {runner.get_loop().create_task(self.do(job)): job for job in batch}
                    finished = runner.run(_wait_for_first(tasks))
                    yield from [_result(task, tasks.pop(task), died) for task in list(tasks) if task in finished]
            finally:
                runner.run(_cancel_all(tasks))
                runner.run(self.stop())

    async def _next_idle(self) -> Worker[J, R]:
        """Wait for an idle worker. Raises NoWorkerError."""
        self.waiting += 1
        try:
            self._start_missing()
            while not (worker := await self._idle.get()):
                if self.failed_starts >= MAX_FAILED_STARTS and not self.ready:
                    raise NoWorkerError(f"no worker can be started: {self._reason}")
            return worker
        finally:
            self.waiting -= 1

    def _start_missing(self) -> None:
        """Start workers until there is one for each job, or `size` of them."""
        target = max(self._min_workers, min(self.size, self.waiting + self.busy))
        for _ in range(target - self.ready - self._starting):
            self._starting += 1
            self._run_in_background(self._start())

    async def _start(self) -> None:
        worker = None
        try:
            worker = self._spawn()
            self._workers.add(worker)
            await asyncio.wrap_future(worker.start())
        except Exception as error:
            LOG.error("no worker can be started: %s", first_line(error))
            self.failed_starts, self._reason = self.failed_starts + 1, first_line(error)
            for _ in range(self.waiting):
                self._idle.put_nowait(None)
            await self._kill_worker(worker)
            await asyncio.sleep(min(MAX_BACKOFF, 2.0 ** min(self.failed_starts, 9) / 8))
        else:
            self.failed_starts = 0
            self.ready += 1
            self._idle.put_nowait(worker)
        self._starting -= 1
        self._start_missing()

    async def _wait_for(self, worker: Worker[J, R], work: asyncio.Future[R]) -> None:
        """Wait until a job is done or its time limit is reached; then release or replace its worker."""
        start = time.monotonic()
        work.add_done_callback(_retrieve_exception)
        self.busy += 1
        try:
            await asyncio.wait({work}, timeout=self.seconds)
        except asyncio.CancelledError:
            remaining = (
                CANCEL_GRACE if self.seconds is None else min(CANCEL_GRACE, start + self.seconds - time.monotonic())
            )
            self._run_in_background(self._wait_for_cancelled(worker, work, start, remaining))
            raise
        self._release(worker, work, start, "time")

    async def _wait_for_cancelled(
        self, worker: Worker[J, R], work: asyncio.Future[R], start: float, seconds: float
    ) -> None:
        try:
            await asyncio.wait({work}, timeout=max(0.0, seconds))
        finally:
            self._release(worker, work, start, "client gone")

    def _release(self, worker: Worker[J, R], work: asyncio.Future[R], start: float, unfinished: str) -> None:
        """Return a worker to the idle ones, or replace it. unfinished: the reason if its job is not done."""
        elapsed = time.monotonic() - start
        self.typical_seconds += (elapsed - self.typical_seconds) / 8
        self.done, self.work_seconds, self.busy = self.done + 1, self.work_seconds + elapsed, self.busy - 1
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
        self._run_in_background(self._kill_worker(worker))
        self._start_missing()

    async def _kill_worker(self, worker: Worker[J, R] | None) -> None:
        def kill() -> None:  # in a thread, since it may block; if that never runs, `stop` kills the worker
            if worker in self._workers:
                self._workers.remove(worker)
                worker.kill()

        await asyncio.to_thread(kill)

    def _run_in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _next_jobs(jobs: Iterator[J | None], limit: int) -> tuple[list[J], bool]:
    """(up to `limit` of the next jobs, whether there may be more)."""
    batch: list[J] = []
    while len(batch) < limit:
        try:
            job = next(jobs)
        except StopIteration:
            return batch, False
        if job is None:
            break
        batch.append(job)
    return batch, True


async def _wait_for_first(tasks: Collection[asyncio.Task[R]]) -> set[asyncio.Task[R]]:
    """Wait up to POLL_INTERVAL for a task; return the finished ones."""
    if not tasks:
        await asyncio.sleep(POLL_INTERVAL)
        return set()
    return (await asyncio.wait(tasks, timeout=POLL_INTERVAL, return_when=asyncio.FIRST_COMPLETED))[0]


def _result(task: asyncio.Task[R], job: J, died: Callable[[J], R]) -> R:
    try:
        return task.result()
    except WorkerDied:
        return died(job)


async def _cancel_all(tasks: Collection[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _retrieve_exception(work: asyncio.Future[Any]) -> None:
    """Retrieve the exception of a job: asyncio would warn if nobody does, as for a cancelled one."""
    if not work.cancelled():
        work.exception()
