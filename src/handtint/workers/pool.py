"""A pool for runs: results one by one from an iterator of jobs. A worker that dies costs the job it had in hand."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from threading import Event
from typing import Any, Generic, TypeVar

from handtint.errors import HandtintError
from handtint.workers.worker import FALSE_STARTS, Worker, died_before, first_line

J = TypeVar("J")
R = TypeVar("R")
TICK = 0.2  # seconds: how soon a request to stop, and a new job, are noticed


@dataclass(frozen=True, slots=True)
class _Attempt(Generic[J]):
    job: J
    number: int = 1
    returned: bool = False  # by a worker that was dead before it was given the job


class WorkerPool(Generic[J, R]):
    """At most `size` workers, started as there are jobs for them."""

    def __init__(self, spawn: Callable[[], Worker[J, R]], size: int, *, died: Callable[[J], R], tries: int = 1) -> None:
        """spawn: a new worker. tries: how many workers a job may kill. died: the result of a job that killed them."""
        self._spawn, self._size, self._died, self._tries = spawn, size, died, tries
        self._pending: deque[_Attempt[J]] = deque()
        self._idle: list[Worker[J, R]] = []
        self._starting: dict[Future[int], Worker[J, R]] = {}
        self._busy: dict[Future[R], tuple[Worker[J, R], _Attempt[J]]] = {}
        self._false_starts = 0

    def run(self, jobs: Iterator[J | None], stop: Event) -> Generator[R, None, None]:
        """Do the jobs and yield their results, in the order in which they end.

        A job of None means that there is nothing to do now and may be later. No more than two jobs a worker are
        taken from `jobs` ahead of their results. Once `stop` is set, jobs in hand are abandoned. Raises
        HandtintError where no worker can be started.
        """
        try:
            more = True
            while not stop.is_set() and (more or self._pending or self._busy):
                more = more and self._take(jobs)
                self._assign()
                results = self._collect()
                self._assign()  # before anybody looks at the results: no worker should wait for that
                yield from results
        finally:
            for worker in self._workers():
                worker.kill()

    def _workers(self) -> list[Worker[J, R]]:
        return [*self._idle, *self._starting.values(), *(worker for worker, _ in self._busy.values())]

    def _take(self, jobs: Iterator[J | None]) -> bool:
        """Take jobs for the workers that could do them; whether there may be more."""
        while len(self._pending) < self._size:
            try:
                job = next(jobs)
            except StopIteration:
                return False
            if job is None:
                break
            self._pending.append(_Attempt(job))
        return True

    def _assign(self) -> None:
        while self._pending and self._idle:
            worker, attempt = self._idle.pop(), self._pending.popleft()
            future = worker.submit(attempt.job)
            if died_before(future) and not attempt.returned:
                worker.kill()
                self._pending.appendleft(replace(attempt, returned=True))
            else:
                self._busy[future] = worker, attempt
        while len(self._starting) < len(self._pending) and len(self._workers()) < self._size:
            try:
                worker = self._spawn()
                self._starting[worker.start()] = worker
            except OSError as error:  # no more processes, memory or open files
                self._fail_to_start(error)
                break

    def _collect(self) -> list[R]:
        """The results of jobs that have just ended; waits a moment for a worker to be ready or done."""
        waiting: list[Future[Any]] = [*self._starting, *self._busy]
        if not waiting:
            if not self._pending or self._false_starts:
                time.sleep(TICK)
            return []
        done, _ = wait(waiting, timeout=TICK, return_when=FIRST_COMPLETED)
        for future in [future for future in self._starting if future in done]:
            self._begin(future)
        results: list[R] = []
        for work in [work for work in self._busy if work in done]:
            self._finish(work, results)
        return results

    def _begin(self, future: Future[int]) -> None:
        worker, error = self._starting.pop(future), future.exception()
        if error is None:
            self._idle.append(worker)
            self._false_starts = 0
            return
        worker.kill()
        self._fail_to_start(error)

    def _fail_to_start(self, error: BaseException) -> None:
        """Go on with the workers there are. Raises HandtintError where there is none, again and again."""
        self._false_starts += 1
        if self._false_starts >= FALSE_STARTS and not (self._idle or self._busy):
            raise HandtintError(f"no worker can be started: {first_line(error)}") from error

    def _finish(self, future: Future[R], results: list[R]) -> None:
        worker, attempt = self._busy.pop(future)
        if future.exception() is None:
            self._idle.append(worker)
            results.append(future.result())
            return
        worker.kill()
        if attempt.number < self._tries:
            self._pending.append(replace(attempt, number=attempt.number + 1))
        else:
            results.append(self._died(attempt.job))
