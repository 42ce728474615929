"""Workers and the queue before them: bounded, each request with a time of its own, a dead worker replaced.

All of it lives on one event loop; what blocks is done by the workers' own processes.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from handtint.errors import HandtintError, ServiceError
from handtint.service.order import Answer, Order

GRACE = 3.0  # seconds that work goes on for a client who is gone: a new worker takes as long to get ready
FALSE_STARTS = 3  # workers that fail to get ready, one after the other, before requests are told
PAUSE = 30.0  # seconds, at most, before another try
LOG = logging.getLogger("handtint.service")


class Hand(Protocol):
    """One worker, as handtint.batch.process.Process is one."""

    def start(self) -> Future[int]:
        """Begin to get ready."""
        ...

    def submit(self, task: Order) -> Future[Answer]:
        """Give it a request."""
        ...

    def dismiss(self) -> None:
        """End it at once, whatever it is doing; this may block for a moment."""
        ...


@dataclass(slots=True, eq=False)
class _Errand:
    order: Order
    answer: asyncio.Future[Answer]
    given: int = 0


class Crew:
    """`size` workers, and `queue` places for those who wait. seconds: how long a worker may take for one request."""

    def __init__(self, hire: Callable[[], Hand], size: int, *, queue: int, seconds: float) -> None:
        self.size, self.queue, self.seconds = size, queue, seconds
        self._hire = hire
        self._waiting: deque[_Errand] = deque()
        self._bell = asyncio.Event()
        self._keepers: list[asyncio.Task[None]] = []
        self._hands: set[Hand] = set()
        self._usual = 1.0  # seconds that a request takes, of late
        self._why = ""
        self._false_starts = 0
        self.taken = self.ready = self.busy = 0
        self.replaced: Counter[str] = Counter()
        self.done, self.worked = 0, 0.0  # requests, and seconds spent on them

    @property
    def waiting(self) -> int:
        """Requests that no worker has in hand yet."""
        return len(self._waiting)

    def start(self) -> None:
        """Begin to hire. To be called where the event loop runs."""
        self._keepers = [asyncio.create_task(self._keep()) for _ in range(self.size)]

    async def stop(self) -> None:
        """Dismiss everybody."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        await asyncio.to_thread(self.dismiss)

    def dismiss(self) -> None:
        """Dismiss everybody, without an event loop."""
        while self._hands:
            self._hands.pop().dismiss()

    def check(self) -> None:
        """Raise ServiceError where nobody is there to work, saying why."""
        if not self.ready:
            raise ServiceError("unavailable", self._why or "the workers are getting ready", wait=2)

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for one request, from its upload to its answer. Raises ServiceError where there is none."""
        if self._false_starts >= FALSE_STARTS:
            self.check()
        if self.taken >= self.size + self.queue:
            wait = min(60, max(1, math.ceil(self._usual * self.taken / self.size)))
            raise ServiceError("busy", f"{self.taken} requests are here already; come back in {wait} s", wait=wait)
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1

    async def do(self, order: Order) -> Answer:
        """Have a request done. Cancelled, it is forgotten, and its worker soon free. Raises HandtintError."""
        errand = _Errand(order, asyncio.get_running_loop().create_future())
        self._waiting.append(errand)
        self._bell.set()
        try:
            return await errand.answer
        finally:
            with suppress(ValueError):
                self._waiting.remove(errand)

    async def _keep(self) -> None:
        """Keep one worker at work, and hire another when it dies."""
        while True:
            hand = await self._hired()
            self.ready += 1
            try:
                while await self._work(hand, await self._next()):
                    pass
            finally:
                self.ready -= 1
            await self._dismissed(hand)

    async def _hired(self) -> Hand:
        while True:
            hand = None
            try:
                hand = self._hire()
                self._hands.add(hand)
                await asyncio.wrap_future(hand.start())
            except Exception as error:
                self._false_starts += 1
                self._why = "no worker can be started; the service's log says why"
                LOG.error("no worker can be started: %s", _first_line(error))
                if hand:
                    await self._dismissed(hand)
                await asyncio.sleep(min(PAUSE, 2.0 ** min(self._false_starts, 8) / 2))
            else:
                self._false_starts, self._why = 0, ""
                return hand

    async def _dismissed(self, hand: Hand) -> None:
        if hand in self._hands:
            self._hands.remove(hand)
            await asyncio.to_thread(hand.dismiss)

    async def _next(self) -> _Errand:
        while not self._waiting:
            self._bell.clear()
            await self._bell.wait()
        return self._waiting.popleft()

    async def _work(self, hand: Hand, errand: _Errand) -> bool:
        """Have one request done; whether the worker can go on to another."""
        if errand.answer.done():  # its client has just gone
            return True
        errand.given += 1
        submitted = hand.submit(errand.order)
        if submitted.done() and isinstance(submitted.exception(), BrokenExecutor) and errand.given == 1:
            self._waiting.appendleft(errand)  # it had died before: no fault of this request
            self._bell.set()
            return self._lost("idle")
        work = asyncio.wrap_future(submitted)
        work.add_done_callback(_look)
        self.busy += 1
        try:
            await self._finish(work, errand)
        finally:
            self.busy -= 1
        return self._settle(work, errand)

    async def _finish(self, work: asyncio.Future[Answer], errand: _Errand) -> None:
        """Wait until the work is done, its time is up, or its client gone for a while."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        waited: set[asyncio.Future[Any]] = {work, errand.answer}
        await asyncio.wait(waited, timeout=self.seconds, return_when=asyncio.FIRST_COMPLETED)
        if not work.done() and errand.answer.done():
            rest = self.seconds - (loop.time() - start)
            await asyncio.wait({work}, timeout=max(0.0, min(GRACE, rest)))
        spent = loop.time() - start
        self._usual += (spent - self._usual) / 8
        self.done, self.worked = self.done + 1, self.worked + spent

    def _settle(self, work: asyncio.Future[Answer], errand: _Errand) -> bool:
        """Hand the answer on; whether the worker lives."""
        if not work.done():
            gone = errand.answer.done()
            text = f"the photo took longer than {self.seconds:g} s; send a smaller one, or ask for less of it"
            _fail(errand, ServiceError("work-time", text))
            return self._lost("client gone" if gone else "time")
        error = work.exception()
        if isinstance(error, BrokenExecutor):
            _fail(errand, ServiceError("fatal", "the photo's worker died: out of memory, or crashed by this photo"))
            return self._lost("death")
        if isinstance(error, HandtintError):
            _fail(errand, error)
        elif error is not None:
            LOG.error("a fault of ours", exc_info=error)
            _fail(errand, ServiceError("fault", "this should not have happened; the service's log says more"))
        elif not errand.answer.done():
            errand.answer.set_result(work.result())
        return True

    def _lost(self, reason: str) -> bool:
        self.replaced[reason] += 1
        LOG.warning("a worker is replaced: %s", reason)
        return False


def _fail(errand: _Errand, error: BaseException) -> None:
    if not errand.answer.done():
        errand.answer.set_exception(error)


def _look(work: asyncio.Future[Answer]) -> None:
    """Nobody may be left to ask for the exception."""
    if not work.cancelled():
        work.exception()


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
