"""One worker as loky's executor with one process: `pip install loky psutil`, then `python bench/workers_loky.py`."""

from __future__ import annotations

import multiprocessing
import os
import signal
import statistics
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from loky import ProcessPoolExecutor

STATE: list[bytes] = []  # of the worker process


def prepare(setup: str) -> int:
    if setup == "fail":
        raise ValueError("cannot get ready")
    if setup == "hang":
        time.sleep(600)
    STATE.append(b"ready")
    return os.getpid()


def echo(job: object) -> object:
    return job


def grow(megabytes: int) -> None:
    STATE.append(b"x" * megabytes * 1_000_000)


def state() -> tuple[int, int]:
    return os.getpid(), len(STATE)


def executor() -> Any:
    return ProcessPoolExecutor(max_workers=1, timeout=None, context=multiprocessing.get_context("spawn"))


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def trips(pool: Any, job: object, count: int) -> str:
    taken = [1000 * seconds(lambda: pool.submit(echo, job).result()) for _ in range(count)]
    return f"{statistics.median(taken):.2f} ms"


def outcome(future: Future[object]) -> str:
    return repr(future.exception(timeout=20))


def main() -> None:
    pool = executor()
    pid = pool.submit(prepare, "").result()
    print("1 kB", trips(pool, b"x" * 1000, 200), "| 20 MB", trips(pool, b"x" * 20_000_000, 10))
    print("process and prepared states before a worker grows by 400 MB:", pool.submit(state).result())
    pool.submit(grow, 400).result()
    for _ in range(3):
        time.sleep(1.5)
        pool.submit(echo, 1).result()
    pid, count = pool.submit(state).result()
    print("after three jobs more:", (pid, count))
    os.kill(pid, signal.SIGKILL)
    time.sleep(1)
    try:
        print("a job after an idle death:", outcome(pool.submit(echo, 1)))
    except Exception as error:
        print("a job after an idle death raises", repr(error))
    for setup in ("hang", "fail"):
        pool = executor()
        ready = pool.submit(prepare, setup)
        time.sleep(2)
        if setup == "fail":
            print("what a failed start says:", outcome(ready))
        taken = seconds(partial(pool.shutdown, kill_workers=True))
        print(f"end of a worker whose start is to {setup}: {taken:.2f} s")
        print("what its start says then:", outcome(ready))


if __name__ == "__main__":
    import workers_loky  # by its name: what is defined in __main__ is pickled by value, and has no state in the worker

    workers_loky.main()
