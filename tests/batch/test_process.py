"""A worker process: answers, errors and deaths reach whoever waits; nothing it does can hold up its end."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from darkroom import until

from handtint import errors
from handtint.errors import DecodeError, HandtintError, ServiceError
from handtint.workers.process import ProcessWorker

CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, HandtintError)]


class PeculiarError(HandtintError):
    """An error that is not made of its text."""

    def __init__(self, photo: str, *, line: int) -> None:
        super().__init__(f"{photo}: line {line}")
        self.line = line


class LocalError(Exception):
    """An error that cannot be made anew from what pickle keeps of it."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


def prepare(setup: str) -> None:
    if setup == "fails":
        raise DecodeError("cannot prepare")
    if setup == "dies":
        os._exit(3)
    if setup.startswith("hangs"):
        Path(setup.partition(" ")[2]).touch()
        time.sleep(600)


def handle(setup: str, task: object) -> object:
    if callable(task):
        return task()
    return f"{setup} {task}"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def raise_peculiar() -> None:
    raise PeculiarError("a.jpg", line=7)


def raise_busy() -> None:
    raise ServiceError("busy", "come back", wait=4)


def raise_local() -> None:
    raise LocalError("of its ", "own kind")


def unpicklable() -> object:
    return threading.Lock()


@contextmanager
def process(setup: str = "ready") -> Iterator[ProcessWorker[str, object, object]]:
    made: ProcessWorker[str, object, object] = ProcessWorker(setup, handle, prepare=prepare)
    try:
        yield made
    finally:
        ended(made.kill)


def ended(work: Callable[[], object]) -> None:
    """Do something, and fail where it never ends."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), "it hangs"


def test_answers_come_one_by_one() -> None:
    with process() as worker:
        assert worker.start().result(60) not in (0, os.getpid())
        answers = [worker.submit(n) for n in range(5)]
        assert [answer.result(60) for answer in answers] == [f"ready {n}" for n in range(5)]
        assert worker.submit("x" * 5_000_000).result(60) == "ready " + "x" * 5_000_000


def test_errors_come_back_as_they_were_raised() -> None:
    with process() as worker:
        worker.start()
        worker_error = _error(worker, raise_peculiar)
        assert isinstance(worker_error, PeculiarError)
        assert (str(worker_error), worker_error.line) == ("a.jpg: line 7", 7)
        assert "raise_peculiar" in str(worker_error.__cause__)
        busy = _error(worker, raise_busy)
        assert isinstance(busy, ServiceError)
        assert (busy.kind, str(busy), busy.wait) == ("busy", "come back", 4)
        local = _error(worker, raise_local)
        assert (type(local), str(local)) == (RuntimeError, "LocalError: of its own kind")
        assert "pickle" in str(_error(worker, unpicklable))
        assert "pickle" in str(_error(worker, threading.Lock()))
        assert worker.submit("well").result(60) == "ready well"


def _error(worker: ProcessWorker[str, object, object], task: object) -> BaseException:
    until(lambda: worker._ready.done())
    error = worker.submit(task).exception(60)
    assert error
    return error


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_survives_pickling(kind: type[HandtintError]) -> None:
    import pickle

    error = kind("busy", "a line", wait=3) if kind is ServiceError else kind("a line")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (kind, "a line", vars(error))


def test_a_death_ends_what_waits_for_it_and_what_comes_after() -> None:
    with process() as worker:
        worker.start().result(60)
        deadly, after = worker.submit(die), worker.submit("never")
        for future in (deadly, after):
            assert isinstance(future.exception(60), BrokenExecutor)
        assert isinstance(worker.submit("later").exception(60), BrokenExecutor)


@pytest.mark.parametrize(("setup", "kind"), [("fails", DecodeError), ("dies", BrokenExecutor)])
def test_what_cannot_begin_says_so(setup: str, kind: type[Exception]) -> None:
    with process(setup) as worker:
        assert isinstance(worker.start().exception(60), kind)


def test_one_that_hangs_while_it_starts_can_be_dismissed(tmp_path: Path) -> None:
    mark = tmp_path / "began"
    with process(f"hangs {mark}") as worker:
        ready = worker.start()
        until(mark.exists)
        ended(worker.kill)
        assert isinstance(ready.exception(60), BrokenExecutor)


def test_one_dismissed_before_its_start_never_starts() -> None:
    with process() as worker:
        worker.kill()
        assert isinstance(worker.start().exception(60), BrokenExecutor)


def test_only_a_process_of_its_own_is_ever_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    gone: list[int] = []
    kill = os.kill

    def watched(pid: int, number: int) -> None:
        if not Path(f"/proc/{pid}").exists():
            gone.append(pid)  # whoever has this number now is somebody else
        kill(pid, number)

    with process() as worker:
        pid = worker.start().result(60)
        kill(pid, signal.SIGKILL)
        until(lambda: not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes())
        time.sleep(0.2)  # time for whoever reaps it
        monkeypatch.setattr(os, "kill", watched)
        ended(worker.kill)
    assert gone == []


def test_a_machine_that_has_no_more_processes_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("multiprocessing.popen_spawn_posix.Popen._launch", refuse)
    with process() as worker:
        assert isinstance(worker.start().exception(60), OSError)
