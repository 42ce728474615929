"""A crew of workers, each with one photo in hand; one that dies costs that photo alone, and is replaced."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from threading import Event
from typing import Any, Protocol

from handtint.batch.task import Outcome, Task
from handtint.errors import HandtintError

TICK = 0.2  # seconds: how soon a wish to stop, and a new photo, are noticed
FALSE_STARTS = 3  # workers that die one after the other before any has begun


class Hand(Protocol):
    """One worker, wherever it is: a process of this machine, an actor of a cluster."""

    def start(self) -> Future[int]:
        """Begin to get ready; the future, of its process's number, is done once photos may be given."""
        ...

    def submit(self, task: Task) -> Future[Outcome]:
        """Give it a photo. A future that ends with an exception says that the worker died."""
        ...

    def dismiss(self) -> None:
        """End it at once, whatever it is doing."""
        ...


@dataclass(slots=True)
class _Attempt:
    task: Task
    number: int = 1


class Crew:
    """At most `size` workers, hired as there is work for them. tries: how many workers a photo may cost."""

    def __init__(self, hire: Callable[[], Hand], size: int, *, tries: int = 1) -> None:
        self._hire, self._size, self._tries = hire, size, tries
        self._pending: deque[_Attempt] = deque()
        self._idle: list[Hand] = []
        self._starting: dict[Future[int], Hand] = {}
        self._busy: dict[Future[Outcome], tuple[Hand, _Attempt]] = {}
        self._false_starts = 0

    def run(self, tasks: Iterator[Task | None], stop: Event) -> Generator[Outcome, None, None]:
        """Do the tasks, saying of each what became of it, in the order in which they end.

        A task of None means that there is nothing to do now and may be later. No more than two photos a worker are
        taken from `tasks` ahead of their outcomes. Once `stop` is set, what is in hand is abandoned. Raises
        HandtintError where workers cannot be had.
        """
        try:
            more = True
            while not stop.is_set() and (more or self._pending or self._busy):
                more = more and self._take(tasks)
                self._give()
                outcomes = self._collect()
                self._give()  # before anybody looks at the outcomes: nobody should wait for that
                yield from outcomes
        finally:
            for hand in self._everybody():
                hand.dismiss()

    def _everybody(self) -> list[Hand]:
        return [*self._idle, *self._starting.values(), *(hand for hand, _ in self._busy.values())]

    def _take(self, tasks: Iterator[Task | None]) -> bool:
        """Take tasks for those who could do them; whether there may be more."""
        while len(self._pending) < self._size:
            try:
                task = next(tasks)
            except StopIteration:
                return False
            if task is None:
                break
            self._pending.append(_Attempt(task))
        return True

    def _give(self) -> None:
        while self._pending and self._idle:
            hand, attempt = self._idle.pop(), self._pending.popleft()
            self._busy[hand.submit(attempt.task)] = hand, attempt
        while len(self._starting) < len(self._pending) and len(self._everybody()) < self._size:
            try:
                hand = self._hire()
                self._starting[hand.start()] = hand
            except OSError as error:  # no more processes, memory or files for one
                self._fail_to_start(error)
                break

    def _collect(self) -> list[Outcome]:
        """Wait a moment for somebody to be ready or done."""
        waiting: list[Future[Any]] = [*self._starting, *self._busy]
        if not waiting:
            if not self._pending or self._false_starts:
                time.sleep(TICK)
            return []
        done, _ = wait(waiting, timeout=TICK, return_when=FIRST_COMPLETED)
        for future in [future for future in self._starting if future in done]:
            self._begin(future)
        outcomes = [self._finish(future) for future in list(self._busy) if future in done]
        return [outcome for outcome in outcomes if outcome]

    def _begin(self, future: Future[int]) -> None:
        hand, error = self._starting.pop(future), future.exception()
        if error is None:
            self._idle.append(hand)
            self._false_starts = 0
            return
        hand.dismiss()
        self._fail_to_start(error)

    def _fail_to_start(self, error: BaseException) -> None:
        """Go on with those there are. Raises HandtintError where there is nobody, again and again."""
        self._false_starts += 1
        if self._false_starts >= FALSE_STARTS and not (self._idle or self._busy):
            raise HandtintError(f"no worker can be started: {_first_line(error)}") from error

    def _finish(self, future: Future[Outcome]) -> Outcome | None:
        hand, attempt = self._busy.pop(future)
        error = future.exception()
        if error is None:
            self._idle.append(hand)
            return future.result()
        hand.dismiss()
        if attempt.number < self._tries:
            self._pending.append(_Attempt(attempt.task, attempt.number + 1))
            return None
        text = f"{attempt.task.job.source}: its worker died: out of memory, or crashed by this photo"
        return Outcome(job=attempt.task.job, state="failed", error=text)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
