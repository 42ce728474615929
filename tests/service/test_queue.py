"""The crew: places bounded, time bounded, dead workers replaced, the forgotten forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import BrokenExecutor, Future

import pytest

from handtint.errors import InputError, ServiceError
from handtint.options import Options
from handtint.service import crew as module
from handtint.service.crew import FALSE_STARTS, Crew
from handtint.service.order import Answer, Order


class Fake:
    """A worker that answers at once, or when told to, or dies."""

    hired: list[Fake]
    stillborn = 0

    def __init__(self) -> None:
        self.dismissed, self.open = 0, []
        Fake.hired.append(self)

    def start(self) -> Future[int]:
        future: Future[int] = Future()
        if Fake.stillborn:
            Fake.stillborn -= 1
            future.set_exception(OSError("/a/path: no memory"))
        else:
            future.set_result(1)
        return future

    def submit(self, task: Order) -> Future[Answer]:
        future: Future[Answer] = Future()
        word = task.photo
        if word == b"dead before" and len(Fake.hired) == 1:
            future.set_exception(BrokenExecutor())
        elif word == b"deadly":
            asyncio.get_running_loop().call_later(0.01, future.set_exception, BrokenExecutor())
        elif word == b"wrong":
            asyncio.get_running_loop().call_later(0.01, future.set_exception, InputError("wrong"))
        elif word == b"slow":
            self.open.append(future)
        else:
            future.set_result(Answer(word, "text"))
        return future

    def dismiss(self) -> None:
        self.dismissed += 1


@pytest.fixture(autouse=True)
def _nobody_hired() -> None:
    Fake.hired, Fake.stillborn = [], 0


def run(work: Callable[[Crew], Awaitable[None]], size: int = 1, *, queue: int = 2, seconds: float = 30) -> None:
    async def all_of_it() -> None:
        crew = Crew(Fake, size, queue=queue, seconds=seconds)
        crew.start()
        try:
            await work(crew)
        finally:
            await crew.stop()
        assert all(hand.dismissed == 1 for hand in Fake.hired)

    asyncio.run(asyncio.wait_for(all_of_it(), 20))


def order(photo: bytes) -> Order:
    return Order(errand="tint", photo=photo, options=Options())


async def until(true: Callable[[], object]) -> None:
    while not true():
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("size", [1, 3])
def test_all_are_done(size: int) -> None:
    async def work(crew: Crew) -> None:
        said = await asyncio.gather(*(crew.do(order(b"%d" % n)) for n in range(20)))
        assert [answer.body for answer in said] == [b"%d" % n for n in range(20)]
        assert (crew.done, crew.waiting, crew.busy) == (20, 0, 0)

    run(work, size)
    assert len(Fake.hired) == size


def test_places_are_bounded_and_come_free() -> None:
    async def work(crew: Crew) -> None:
        with crew.place(), crew.place():
            with crew.place(), pytest.raises(ServiceError) as caught, crew.place():
                pass
            assert (caught.value.kind, crew.taken) == ("busy", 2)
            assert 1 <= caught.value.wait <= 60
            with crew.place():
                assert crew.taken == 3
        assert crew.taken == 0

    run(work, 1, queue=2)


def test_time_up_costs_the_worker() -> None:
    async def work(crew: Crew) -> None:
        with pytest.raises(ServiceError, match=r"longer than 0\.05 s") as caught:
            await crew.do(order(b"slow"))
        assert caught.value.kind == "work-time"
        assert (await crew.do(order(b"next"))).body == b"next"
        assert crew.replaced == {"time": 1}

    run(work, seconds=0.05)
    assert len(Fake.hired) == 2


def test_a_death_costs_one_request() -> None:
    async def work(crew: Crew) -> None:
        said = await asyncio.gather(
            *(crew.do(order(word)) for word in (b"a", b"deadly", b"b", b"wrong", b"c")), return_exceptions=True
        )
        assert [answer.body for answer in said if isinstance(answer, Answer)] == [b"a", b"b", b"c"]
        assert isinstance(said[1], ServiceError)
        assert said[1].kind == "fatal"
        assert isinstance(said[3], InputError)
        assert crew.replaced == {"death": 1}

    run(work)


def test_a_worker_that_died_while_idle_costs_no_request() -> None:
    async def work(crew: Crew) -> None:
        assert (await crew.do(order(b"dead before"))).body == b"dead before"
        assert crew.replaced == {"idle": 1}

    run(work)


def test_who_leaves_the_queue_is_forgotten() -> None:
    async def work(crew: Crew) -> None:
        slow, waiting = (asyncio.create_task(crew.do(order(word))) for word in (b"slow", b"slow"))
        await until(lambda: crew.busy and crew.waiting == 1)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert crew.waiting == 0
        Fake.hired[0].open[0].set_result(Answer(b"done", ""))
        assert (await slow).body == b"done"
        assert (await crew.do(order(b"next"))).body == b"next"

    run(work)
    assert len(Fake.hired) == 1


def test_who_leaves_while_at_work_has_the_worker_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE", 0.05)

    async def work(crew: Crew) -> None:
        slow = asyncio.create_task(crew.do(order(b"slow")))
        await until(lambda: crew.busy)
        slow.cancel()
        assert (await crew.do(order(b"next"))).body == b"next"
        assert crew.replaced == {"client gone": 1}

    run(work)


def test_work_that_is_soon_done_spares_the_worker() -> None:
    async def work(crew: Crew) -> None:
        slow = asyncio.create_task(crew.do(order(b"slow")))
        await until(lambda: crew.busy)
        slow.cancel()
        await asyncio.wait({slow})
        Fake.hired[0].open[0].set_result(Answer(b"for nobody", ""))
        assert (await crew.do(order(b"next"))).body == b"next"

    run(work)
    assert len(Fake.hired) == 1


def test_a_machine_that_refuses_a_worker_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.02)
    refused = 2

    def hire() -> Fake:
        nonlocal refused
        if refused:
            refused -= 1
            raise OSError(24, "Too many open files")
        return Fake()

    async def all_of_it() -> None:
        crew = Crew(hire, 1, queue=2, seconds=30)
        crew.start()
        try:
            assert (await crew.do(order(b"next"))).body == b"next"
        finally:
            await crew.stop()

    asyncio.run(asyncio.wait_for(all_of_it(), 20))


def test_without_workers_requests_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.02)
    Fake.stillborn = FALSE_STARTS

    async def work(crew: Crew) -> None:
        with pytest.raises(ServiceError, match="getting ready"):
            crew.check()
        await until(lambda: len(Fake.hired) == FALSE_STARTS + 1 or crew._false_starts == FALSE_STARTS)
        with pytest.raises(ServiceError, match="the service's log says why") as caught, crew.place():
            pass
        assert caught.value.kind == "unavailable"
        await until(lambda: crew.ready)
        crew.check()
        with crew.place():
            assert (await crew.do(order(b"next"))).body == b"next"

    run(work)
