"""A worker process: results, errors and deaths reach the futures; it can always be killed."""

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
from photo_runs import until

from handtint import errors
from handtint.errors import DecodeError, HandtintError, ServiceError
from handtint.workers.process import ProcessWorker

CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, HandtintError)]


class CustomError(HandtintError):
    """An error whose arguments are not its text."""

    def __init__(self, photo: str, *, line: int) -> None:
        super().__init__(f"{photo}: line {line}")
        self.line = line


class LocalError(Exception):
    """An error that cannot be unpickled."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


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


def raise_custom() -> None:
    raise CustomError("a.jpg", line=7)


def raise_busy() -> None:
    raise ServiceError("busy", "come back", wait=4)


def raise_local() -> None:
    raise LocalError("of its ", "own kind")


def unpicklable() -> object:
    return threading.Lock()


@contextmanager
def process(setup: str = "ready") -> Iterator[ProcessWorker[str, object, object]]:
    worker: ProcessWorker[str, object, object] = ProcessWorker(setup, handle, prepare=prepare)
    try:
        yield worker
    finally:
        assert_ends(worker.kill)


def assert_ends(work: Callable[[], object]) -> None:
    """Call a function, and fail if it does not return."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), "it hangs"


def test_jobs_are_handled_in_order() -> None:
    with process() as worker:
        assert worker.start().result(60) not in (0, os.getpid())
        futures = [worker.submit(n) for n in range(5)]
        assert [future.result(60) for future in futures] == [f"ready {n}" for n in range(5)]
        assert worker.submit("x" * 5_000_000).result(60) == "ready " + "x" * 5_000_000


def test_errors_are_raised_as_in_the_worker() -> None:
    with process() as worker:
        worker.start()
        worker_error = _error(worker, raise_custom)
        assert isinstance(worker_error, CustomError)
        assert (str(worker_error), worker_error.line) == ("a.jpg: line 7", 7)
        assert "raise_custom" in str(worker_error.__cause__)
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
    restored = pickle.loads(pickle.dumps(error))
    assert (type(restored), str(restored), vars(restored)) == (kind, "a line", vars(error))


def test_a_dead_worker_fails_all_its_jobs() -> None:
    with process() as worker:
        worker.start().result(60)
        fatal, after = worker.submit(die), worker.submit("never")
        for future in (fatal, after):
            assert isinstance(future.exception(60), BrokenExecutor)
        assert isinstance(worker.submit("later").exception(60), BrokenExecutor)


@pytest.mark.parametrize(("setup", "kind"), [("fails", DecodeError), ("dies", BrokenExecutor)])
def test_a_failed_start_is_an_error_of_its_future(setup: str, kind: type[Exception]) -> None:
    with process(setup) as worker:
        assert isinstance(worker.start().exception(60), kind)


def test_a_worker_that_hangs_while_it_starts_can_be_killed(tmp_path: Path) -> None:
    marker = tmp_path / "started"
    with process(f"hangs {marker}") as worker:
        ready = worker.start()
        until(marker.exists)
        assert_ends(worker.kill)
        assert isinstance(ready.exception(60), BrokenExecutor)


def test_a_worker_killed_before_its_start_never_starts() -> None:
    with process() as worker:
        worker.kill()
        assert isinstance(worker.start().exception(60), BrokenExecutor)


def test_a_reaped_process_is_not_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    reaped: list[int] = []
    kill = os.kill

    def checked_kill(pid: int, number: int) -> None:
        if not Path(f"/proc/{pid}").exists():
            reaped.append(pid)  # another process may have this number now
        kill(pid, number)

    with process() as worker:
        pid = worker.start().result(60)
        kill(pid, signal.SIGKILL)
        until(lambda: not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes())
        time.sleep(0.2)  # time for it to be reaped
        monkeypatch.setattr(os, "kill", checked_kill)
        assert_ends(worker.kill)
    assert reaped == []


def test_a_process_that_cannot_be_created_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("multiprocessing.popen_spawn_posix.Popen._launch", fail)
    with process() as worker:
        assert isinstance(worker.start().exception(60), OSError)
