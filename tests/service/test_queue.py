"""The pool: places bounded, time bounded, dead workers replaced, the forgotten forgotten."""

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


class Fake:
    """A worker that answers at once, or when told to, or dies."""

    spawned: list[Fake]
    stillborn = 0

    def __init__(self) -> None:
        self.killed, self.open = 0, []
        Fake.spawned.append(self)

    def start(self) -> Future[int]:
        future: Future[int] = Future()
        if Fake.stillborn:
            Fake.stillborn -= 1
            future.set_exception(OSError("/a/path: no memory"))
        else:
            future.set_result(1)
        return future

    def submit(self, task: PhotoRequest) -> Future[PhotoResponse]:
        future: Future[PhotoResponse] = Future()
        word = task.photo
        if word == b"dead before" and len(Fake.spawned) == 1:
            future.set_exception(BrokenExecutor())
        elif word == b"deadly":
            asyncio.get_running_loop().call_later(0.01, future.set_exception, BrokenExecutor())
        elif word == b"wrong":
            asyncio.get_running_loop().call_later(0.01, future.set_exception, InputError("wrong"))
        elif word == b"slow":
            self.open.append(future)
        else:
            future.set_result(PhotoResponse(word, "text"))
        return future

    def kill(self) -> None:
        self.killed += 1


@pytest.fixture(autouse=True)
def _nobody_hired() -> None:
    Fake.spawned, Fake.stillborn = [], 0


def run(work: Callable[[RequestPool], Awaitable[None]], size: int = 1, *, queue: int = 2, seconds: float = 30) -> None:
    async def all_of_it() -> None:
        pool = RequestPool(Fake, size, queue=queue, seconds=seconds)
        pool.start()
        try:
            await work(pool)
        finally:
            await pool.stop()
        assert all(hand.killed == 1 for hand in Fake.spawned)

    asyncio.run(asyncio.wait_for(all_of_it(), 20))


def job(photo: bytes) -> PhotoRequest:
    return PhotoRequest(kind="tint", photo=photo, options=Options())


async def until(true: Callable[[], object]) -> None:
    while not true():
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("size", [1, 3])
def test_all_are_done(size: int) -> None:
    async def work(pool: RequestPool) -> None:
        said = await asyncio.gather(*(pool.do(job(b"%d" % n)) for n in range(20)))
        assert [answer.body for answer in said] == [b"%d" % n for n in range(20)]
        assert (pool.done, pool.waiting, pool.busy) == (20, 0, 0)

    run(work, size)
    assert len(Fake.spawned) == size


def test_places_are_bounded_and_come_free() -> None:
    async def work(pool: RequestPool) -> None:
        with pool.slot(), pool.slot():
            with pool.slot(), pytest.raises(ServiceError) as caught, pool.slot():
                pass
            assert (caught.value.kind, pool.admitted) == ("busy", 2)
            assert 1 <= caught.value.wait <= 60
            with pool.slot():
                assert pool.admitted == 3
        assert pool.admitted == 0

    run(work, 1, queue=2)


def test_time_up_costs_the_worker() -> None:
    async def work(pool: RequestPool) -> None:
        with pytest.raises(ServiceError, match=r"longer than 0\.05 s") as caught:
            await pool.do(job(b"slow"))
        assert caught.value.kind == "work-time"
        assert (await pool.do(job(b"next"))).body == b"next"
        assert pool.replaced == {"time": 1}

    run(work, seconds=0.05)
    assert len(Fake.spawned) == 2


def test_a_death_costs_one_request() -> None:
    async def work(pool: RequestPool) -> None:
        said = await asyncio.gather(
            *(pool.do(job(word)) for word in (b"a", b"deadly", b"b", b"wrong", b"c")), return_exceptions=True
        )
        assert [answer.body for answer in said if isinstance(answer, PhotoResponse)] == [b"a", b"b", b"c"]
        assert isinstance(said[1], ServiceError)
        assert said[1].kind == "fatal"
        assert isinstance(said[3], InputError)
        assert pool.replaced == {"death": 1}

    run(work)


def test_a_worker_that_died_while_idle_costs_no_request() -> None:
    async def work(pool: RequestPool) -> None:
        assert (await pool.do(job(b"dead before"))).body == b"dead before"
        assert pool.replaced == {"idle": 1}

    run(work)


def test_who_leaves_the_queue_is_forgotten() -> None:
    async def work(pool: RequestPool) -> None:
        slow, waiting = (asyncio.create_task(pool.do(job(word))) for word in (b"slow", b"slow"))
        await until(lambda: pool.busy and pool.waiting == 1)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert pool.waiting == 0
        Fake.spawned[0].open[0].set_result(PhotoResponse(b"done", ""))
        assert (await slow).body == b"done"
        assert (await pool.do(job(b"next"))).body == b"next"

    run(work)
    assert len(Fake.spawned) == 1


def test_who_leaves_while_at_work_has_the_worker_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CANCEL_GRACE", 0.05)

    async def work(pool: RequestPool) -> None:
        slow = asyncio.create_task(pool.do(job(b"slow")))
        await until(lambda: pool.busy)
        slow.cancel()
        assert (await pool.do(job(b"next"))).body == b"next"
        assert pool.replaced == {"client gone": 1}

    run(work)


def test_work_that_is_soon_done_spares_the_worker() -> None:
    async def work(pool: RequestPool) -> None:
        slow = asyncio.create_task(pool.do(job(b"slow")))
        await until(lambda: pool.busy)
        slow.cancel()
        await asyncio.wait({slow})
        Fake.spawned[0].open[0].set_result(PhotoResponse(b"for nobody", ""))
        assert (await pool.do(job(b"next"))).body == b"next"

    run(work)
    assert len(Fake.spawned) == 1


def test_a_machine_that_refuses_a_worker_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BACKOFF", 0.02)
    refused = 2

    def spawn() -> Fake:
        nonlocal refused
        if refused:
            refused -= 1
            raise OSError(24, "Too many open files")
        return Fake()

    async def all_of_it() -> None:
        pool = RequestPool(spawn, 1, queue=2, seconds=30)
        pool.start()
        try:
            assert (await pool.do(job(b"next"))).body == b"next"
        finally:
            await pool.stop()

    asyncio.run(asyncio.wait_for(all_of_it(), 20))


def test_without_workers_requests_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BACKOFF", 0.02)
    Fake.stillborn = MAX_FAILED_STARTS

    async def work(pool: RequestPool) -> None:
        with pytest.raises(ServiceError, match="workers are starting"):
            pool.check()
        await until(lambda: len(Fake.spawned) == MAX_FAILED_STARTS + 1 or pool.failed_starts == MAX_FAILED_STARTS)
        with pytest.raises(ServiceError, match="the service's log says why") as caught, pool.slot():
            pass
        assert caught.value.kind == "unavailable"
        await until(lambda: pool.ready)
        pool.check()
        with pool.slot():
            assert (await pool.do(job(b"next"))).body == b"next"

    run(work)
