"""A pool for servers: a bounded queue, a time limit for each job, and a new worker for each that dies.

All of it lives on one event loop; what blocks is done by the workers' own processes.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from handtint.errors import HandtintError, ServiceError
from handtint.workers.worker import FALSE_STARTS, Worker, died_before, first_line

J = TypeVar("J")
R = TypeVar("R")
GRACE = 3.0  # seconds that work goes on for a client who is gone: a new worker takes as long to get ready
PAUSE = 30.0  # seconds, at most, before another try
LOG = logging.getLogger("handtint.service")


@dataclass(slots=True, eq=False)
class _Request(Generic[J, R]):
    job: J
    answer: asyncio.Future[R]
    given: int = 0


class AsyncWorkerPool(Generic[J, R]):
    """`size` workers, and room for `queue` jobs that wait. seconds: how long a worker may take for one job."""

    def __init__(self, spawn: Callable[[], Worker[J, R]], size: int, *, queue: int, seconds: float) -> None:
        self.size, self.queue, self.seconds = size, queue, seconds
        self._spawn = spawn
        self._waiting: deque[_Request[J, R]] = deque()
        self._arrived = asyncio.Event()
        self._keepers: list[asyncio.Task[None]] = []
        self._workers: set[Worker[J, R]] = set()
        self._typical_seconds = 1.0  # seconds that a request takes, of late
        self._reason = ""
        self._false_starts = 0
        self.taken = self.ready = self.busy = 0
        self.replaced: Counter[str] = Counter()
        self.done, self.worked = 0, 0.0  # requests, and seconds spent on them

    @property
    def waiting(self) -> int:
        """Requests that no worker has begun."""
        return len(self._waiting)

    def start(self) -> None:
        """Start the workers. To be called where the event loop runs."""
        self._keepers = [asyncio.create_task(self._keep()) for _ in range(self.size)]

    async def stop(self) -> None:
        """End all workers, and wait until they are gone."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        await asyncio.to_thread(self.kill)

    def kill(self) -> None:
        """End all workers, without an event loop."""
        while self._workers:
            self._workers.pop().kill()

    def check(self) -> None:
        """Raise ServiceError where no worker is ready, saying why."""
        if not self.ready:
            raise ServiceError("unavailable", self._reason or "the workers are getting ready", wait=2)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Room for one request, from its upload to its answer. Raises ServiceError where there is none."""
        if self._false_starts >= FALSE_STARTS:
            self.check()
        if self.taken >= self.size + self.queue:
            wait = min(60, max(1, math.ceil(self._typical_seconds * self.taken / self.size)))
            raise ServiceError("busy", f"{self.taken} requests are here already; come back in {wait} s", wait=wait)
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1

    async def do(self, job: J) -> R:
        """Have a request done. Cancelled, it is forgotten, and its worker soon free. Raises HandtintError."""
        request = _Request(job, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        self._arrived.set()
        try:
            return await request.answer
        finally:
            with suppress(ValueError):
                self._waiting.remove(request)

    async def _keep(self) -> None:
        """Keep one worker at work, and start another when it dies."""
        while True:
            worker = await self._spawned()
            self.ready += 1
            try:
                while await self._work(worker, await self._next()):
                    pass
            finally:
                self.ready -= 1
            await self._killed(worker)

    async def _spawned(self) -> Worker[J, R]:
        while True:
            worker = None
            try:
                worker = self._spawn()
                self._workers.add(worker)
                await asyncio.wrap_future(worker.start())
            except Exception as error:
                self._false_starts += 1
                self._reason = "no worker can be started; the service's log says why"
                LOG.error("no worker can be started: %s", first_line(error))
                if worker:
                    await self._killed(worker)
                await asyncio.sleep(min(PAUSE, 2.0 ** min(self._false_starts, 8) / 2))
            else:
                self._false_starts, self._reason = 0, ""
                return worker

    async def _killed(self, worker: Worker[J, R]) -> None:
        if worker in self._workers:
            self._workers.remove(worker)
            await asyncio.to_thread(worker.kill)

    async def _next(self) -> _Request[J, R]:
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()

    async def _work(self, worker: Worker[J, R], request: _Request[J, R]) -> bool:
        """Have one request done; whether the worker can go on to another."""
        if request.answer.done():  # its client has just gone
            return True
        request.given += 1
        submitted = worker.submit(request.job)
        if died_before(submitted) and request.given == 1:
            self._waiting.appendleft(request)  # it had died before: no fault of this request
            self._arrived.set()
            return self._lost("idle")
        work = asyncio.wrap_future(submitted)
        work.add_done_callback(_retrieve)
        self.busy += 1
        try:
            await self._finish(work, request)
        finally:
            self.busy -= 1
        return self._conclude(work, request)

    async def _finish(self, work: asyncio.Future[R], request: _Request[J, R]) -> None:
        """Wait until the work is done, its time is up, or its client gone for a while."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        waited: set[asyncio.Future[Any]] = {work, request.answer}
        await asyncio.wait(waited, timeout=self.seconds, return_when=asyncio.FIRST_COMPLETED)
        if not work.done() and request.answer.done():
            rest = self.seconds - (loop.time() - start)
            await asyncio.wait({work}, timeout=max(0.0, min(GRACE, rest)))
        spent = loop.time() - start
        self._typical_seconds += (spent - self._typical_seconds) / 8
        self.done, self.worked = self.done + 1, self.worked + spent

    def _conclude(self, work: asyncio.Future[R], request: _Request[J, R]) -> bool:
        """Pass the result on; whether the worker lives."""
        if not work.done():
            gone = request.answer.done()
            text = f"the photo took longer than {self.seconds:g} s; send a smaller one, or ask for less of it"
            _fail(request, ServiceError("work-time", text))
            return self._lost("client gone" if gone else "time")
        error = work.exception()
        if isinstance(error, BrokenExecutor):
            _fail(request, ServiceError("fatal", "the photo's worker died: out of memory, or crashed by this photo"))
            return self._lost("death")
        if isinstance(error, HandtintError):
            _fail(request, error)
        elif error is not None:
            LOG.error("a fault of ours", exc_info=error)
            _fail(request, ServiceError("fault", "this should not have happened; the service's log says more"))
        elif not request.answer.done():
            request.answer.set_result(work.result())
        return True

    def _lost(self, reason: str) -> bool:
        self.replaced[reason] += 1
        LOG.warning("a worker is replaced: %s", reason)
        return False


def _fail(request: _Request[Any, Any], error: BaseException) -> None:
    if not request.answer.done():
        request.answer.set_exception(error)


def _retrieve(work: asyncio.Future[Any]) -> None:
    """Ask for the exception, for where its request is gone: asyncio warns of one that nobody asked for."""
    if not work.cancelled():
        work.exception()
