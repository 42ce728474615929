"""Our worker process beside pebble's pool of one: `pip install pebble`, then `python bench/workers.py`."""

from __future__ import annotations

import multiprocessing
import os
import signal
import statistics
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial

import pebble

from handtint.workers.process import ProcessWorker

SPAWN = multiprocessing.get_context("spawn")


def prepare(setup: str) -> None:
    if setup == "fail":
        raise ValueError("cannot get ready")
    if setup == "hang":
        time.sleep(600)


def handle(_: str, job: object) -> object:
    return time.sleep(600) if job == "sleep" else job


def echo(job: object) -> object:
    return handle("", job)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def trips(submit: Callable[[object], Future[object]], job: object, count: int) -> str:
    taken = [1000 * seconds(lambda: submit(job).result()) for _ in range(count)]
    return f"{statistics.median(taken):.2f} ms"


def ours() -> None:
    worker: ProcessWorker[str, object, object] = ProcessWorker("", handle, prepare=prepare)
    pid = worker.start().result()
    print("ours: 1 kB", trips(worker.submit, b"x" * 1000, 200), "| 20 MB", trips(worker.submit, b"x" * 20_000_000, 10))
    os.kill(pid, signal.SIGKILL)
    time.sleep(1)
    print("ours: a job after an idle death:", repr(worker.submit(1).exception()))
    worker.kill()
    for setup in ("hang", "fail"):
        worker = ProcessWorker(setup, handle, prepare=prepare)
        ready = worker.start()
        if setup == "fail":
            print("ours: what a failed start says:", repr(ready.exception()))
        else:
            time.sleep(2)
        print(f"ours: end of a worker whose start is to {setup}: {seconds(worker.kill):.2f} s")


def end(pool: pebble.ProcessPool) -> None:
    pool.stop()
    pool.join()


def theirs() -> None:
    pool = pebble.ProcessPool(1, context=SPAWN, initializer=prepare, initargs=("",))
    pid = pool.schedule(os.getpid).result()
    submit = lambda job: pool.schedule(echo, args=[job])  # noqa: E731
    print("pebble: 1 kB", trips(submit, b"x" * 1000, 50), "| 20 MB", trips(submit, b"x" * 20_000_000, 10))
    late = pool.schedule(echo, args=["sleep"], timeout=1)
    print(f"pebble: a time limit of 1 s ends after {seconds(late.exception):.2f} s")
    end(pool)
    pool = pebble.ProcessPool(1, context=SPAWN)
    pid = pool.schedule(os.getpid).result()
    time.sleep(1)
    os.kill(pid, signal.SIGKILL)
    time.sleep(1)
    try:
        print("pebble: a job after an idle death:", repr(pool.schedule(echo, args=[1]).exception(timeout=20)))
    except Exception as error:
        print("pebble: a job after an idle death raises", repr(error))
    end(pool)
    for setup in ("hang", "fail"):
        pool = pebble.ProcessPool(1, context=SPAWN, initializer=prepare, initargs=(setup,))
        job = pool.schedule(echo, args=[1])
        if setup == "fail":
            with suppress(TimeoutError):
                print("pebble: what a failed start says:", repr(job.exception(timeout=20)))
            print("pebble: done after 20 s:", job.done())
        else:
            time.sleep(2)
        print(f"pebble: end of a pool whose start is to {setup}: {seconds(partial(end, pool)):.2f} s")


if __name__ == "__main__":
    ours()
    theirs()
