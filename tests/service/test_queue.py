"""The pool of the service: limited slots and time, dead workers replaced, cancelled requests dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import BrokenExecutor, Future

import pytest

from handtint.errors import InputError, ServiceError
from handtint.options import Options
from handtint.service.request_pool import RequestPool
from handtint.workers import pool as module
from handtint.workers.messages import PhotoRequest, PhotoResponse
from handtint.workers.worker import MAX_FAILED_STARTS


class FakeWorker:
    """A worker that responds at once, or later, or dies, depending on the photo."""

    spawned: list[FakeWorker]
    failing_starts = 0

    def __init__(self) -> None:
        self.killed, self.open = 0, []
        FakeWorker.spawned.append(self)

    def start(self) -> Future[int]:
        future: Future[int] = Future()
        if FakeWorker.failing_starts:
            FakeWorker.failing_starts -= 1
            future.set_exception(OSError("/a/path: no memory"))
        else:
            future.set_result(1)
        return future

    def submit(self, task: PhotoRequest) -> Future[PhotoResponse]:
        future: Future[PhotoResponse] = Future()
        name = task.photo
        if name == b"dead before" and len(FakeWorker.spawned) == 1:
            future.set_exception(BrokenExecutor())
        elif name == b"deadly":
            asyncio.get_running_loop().call_later(0.01, future.set_exception, BrokenExecutor())
        elif name == b"wrong":
            asyncio.get_running_loop().call_later(0.01, future.set_exception, InputError("wrong"))
        elif name == b"slow":
            self.open.append(future)
        else:
            future.set_result(PhotoResponse(name, "text"))
        return future

    def kill(self) -> None:
        self.killed += 1


@pytest.fixture(autouse=True)
def _no_workers() -> None:
    FakeWorker.spawned, FakeWorker.failing_starts = [], 0


def run(work: Callable[[RequestPool], Awaitable[None]], size: int = 1, *, queue: int = 2, seconds: float = 30) -> None:
    async def run_all() -> None:
        pool = RequestPool(FakeWorker, size, queue=queue, seconds=seconds)
        pool.start()
        try:
            await work(pool)
        finally:
            await pool.stop()
        assert all(worker.killed == 1 for worker in FakeWorker.spawned)

    asyncio.run(asyncio.wait_for(run_all(), 20))


def job(photo: bytes) -> PhotoRequest:
    return PhotoRequest(kind="tint", photo=photo, options=Options())


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("size", [1, 3])
def test_all_requests_are_handled(size: int) -> None:
    async def work(pool: RequestPool) -> None:
        responses = await asyncio.gather(*(pool.do(job(b"%d" % n)) for n in range(20)))
        assert [response.body for response in responses] == [b"%d" % n for n in range(20)]
        assert (pool.done, pool.waiting, pool.busy) == (20, 0, 0)

    run(work, size)
    assert len(FakeWorker.spawned) == size


def test_slots_are_limited_and_freed() -> None:
    async def work(pool: RequestPool) -> None:
        with pool.slot(), pool.slot():
            with pool.slot(), pytest.raises(ServiceError) as error, pool.slot():
                pass
            assert (error.value.kind, pool.admitted) == ("busy", 2)
            assert 1 <= error.value.wait <= 60
            with pool.slot():
                assert pool.admitted == 3
        assert pool.admitted == 0

    run(work, 1, queue=2)


def test_a_timeout_replaces_the_worker() -> None:
    async def work(pool: RequestPool) -> None:
        with pytest.raises(ServiceError, match=r"longer than 0\.05 s") as error:
            await pool.do(job(b"slow"))
        assert error.value.kind == "work-time"
        assert (await pool.do(job(b"next"))).body == b"next"
        assert pool.replaced == {"time": 1}

    run(work, seconds=0.05)
    assert len(FakeWorker.spawned) == 2


def test_a_dead_worker_fails_one_request_only() -> None:
    async def work(pool: RequestPool) -> None:
        responses = await asyncio.gather(
            *(pool.do(job(name)) for name in (b"a", b"deadly", b"b", b"wrong", b"c")), return_exceptions=True
        )
        assert [response.body for response in responses if isinstance(response, PhotoResponse)] == [b"a", b"b", b"c"]
        assert isinstance(responses[1], ServiceError)
        assert responses[1].kind == "fatal"
        assert isinstance(responses[3], InputError)
        assert pool.replaced == {"death": 1}

    run(work)


def test_a_worker_that_died_while_idle_fails_no_request() -> None:
    async def work(pool: RequestPool) -> None:
        assert (await pool.do(job(b"dead before"))).body == b"dead before"
        assert pool.replaced == {"idle": 1}

    run(work)


def test_a_request_cancelled_in_the_queue_is_dropped() -> None:
    async def work(pool: RequestPool) -> None:
        slow, waiting = (asyncio.create_task(pool.do(job(name))) for name in (b"slow", b"slow"))
        await until(lambda: pool.busy and pool.waiting == 1)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert pool.waiting == 0
        FakeWorker.spawned[0].open[0].set_result(PhotoResponse(b"done", ""))
        assert (await slow).body == b"done"
        assert (await pool.do(job(b"next"))).body == b"next"

    run(work)
    assert len(FakeWorker.spawned) == 1


def test_a_cancelled_request_keeps_its_worker_for_the_grace_period_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CANCEL_GRACE", 0.05)

    async def work(pool: RequestPool) -> None:
        slow = asyncio.create_task(pool.do(job(b"slow")))
        await until(lambda: pool.busy)
        slow.cancel()
        assert (await pool.do(job(b"next"))).body == b"next"
        assert pool.replaced == {"client gone": 1}

    run(work)


def test_a_cancelled_request_that_ends_soon_keeps_its_worker_alive() -> None:
    async def work(pool: RequestPool) -> None:
        slow = asyncio.create_task(pool.do(job(b"slow")))
        await until(lambda: pool.busy)
        slow.cancel()
        await asyncio.wait({slow})
        FakeWorker.spawned[0].open[0].set_result(PhotoResponse(b"unused", ""))
        assert (await pool.do(job(b"next"))).body == b"next"

    run(work)
    assert len(FakeWorker.spawned) == 1


def test_a_worker_that_cannot_be_spawned_is_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BACKOFF", 0.02)
    failures = 2

    def spawn() -> FakeWorker:
        nonlocal failures
        if failures:
            failures -= 1
            raise OSError(24, "Too many open files")
        return FakeWorker()

    async def run_all() -> None:
        pool = RequestPool(spawn, 1, queue=2, seconds=30)
        pool.start()
        try:
            assert (await pool.do(job(b"next"))).body == b"next"
        finally:
            await pool.stop()

    asyncio.run(asyncio.wait_for(run_all(), 20))


def test_without_workers_requests_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BACKOFF", 0.02)
    FakeWorker.failing_starts = MAX_FAILED_STARTS

    async def work(pool: RequestPool) -> None:
        with pytest.raises(ServiceError, match="workers are starting"):
            pool.check()
        await until(lambda: len(FakeWorker.spawned) == MAX_FAILED_STARTS + 1 or pool.failed_starts == MAX_FAILED_STARTS)
        with pytest.raises(ServiceError, match="the service's log says why") as error, pool.slot():
            pass
        assert error.value.kind == "unavailable"
        await until(lambda: pool.ready)
        pool.check()
        with pool.slot():
            assert (await pool.do(job(b"next"))).body == b"next"

    run(work)
