"""The pool: photos bounded, dead workers replaced, everything told once."""

from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future
from functools import partial
from threading import Event

import pytest
from darkroom import job

from handtint.errors import HandtintError
from handtint.workers.messages import Outcome, Task, worker_died
from handtint.workers.pool import WorkerPool
from handtint.workers.worker import MAX_FAILED_STARTS

Pool = partial(WorkerPool, fatal=Exception)


class Fake:
    """A worker that dies of the photos named in `deadly`, so many times each."""

    spawned: list["Fake"]

    def __init__(self, deadly: dict[str, int], *, fails_to_start: bool = False) -> None:
        self.deadly, self.fails_to_start = deadly, fails_to_start
        self.killed = self.dead = False
        self.done = 0
        Fake.spawned.append(self)

    def start(self) -> Future[int]:
        future: Future[int] = Future()
        future.set_exception(OSError("no memory")) if self.fails_to_start else future.set_result(1)
        return future

    def submit(self, task: Task) -> Future[Outcome]:
        assert not self.dead
        future: Future[Outcome] = Future()
        name = task.job.source
        if self.deadly.get(name, 0):
            self.deadly[name] -= 1
            self.dead = True
            future.set_exception(OSError("gone"))
        else:
            self.done += 1
            future.set_result(Outcome(job=task.job))
        return future

    def kill(self) -> None:
        assert not self.killed
        self.killed = True


@pytest.fixture(autouse=True)
def _no_workers() -> None:
    Fake.spawned = []


def tasks(count: int) -> list[Task]:
    return [Task(job(f"{number}.jpg")) for number in range(count)]


def run(pool: WorkerPool, work: Iterator[Task | None], stop: Event | None = None) -> dict[str, str]:
    told = [(outcome.job.source, outcome.error) for outcome in pool.run(work, stop or Event(), died=worker_died)]
    assert len(dict(told)) == len(told), "told twice"
    assert all(worker.killed for worker in Fake.spawned)
    return dict(told)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_all_are_done_once(size: int) -> None:
    told = run(Pool(lambda: Fake({}), size), iter(tasks(20)))
    assert told == {f"{n}.jpg": "" for n in range(20)}
    assert len(Fake.spawned) <= size


def test_few_photos_need_few_workers() -> None:
    run(Pool(lambda: Fake({}), 8), iter(tasks(2)))
    assert len(Fake.spawned) == 2
    assert run(Pool(lambda: Fake({}), 8), iter([])) == {}


def test_a_death_costs_one_photo_and_the_worker_is_replaced() -> None:
    deadly = {"3.jpg": 99, "7.jpg": 99}
    told = run(Pool(lambda: Fake(deadly), 2), iter(tasks(10)))
    assert {name for name, error in told.items() if error} == {"3.jpg", "7.jpg"}
    assert "3.jpg: its worker died" in told["3.jpg"]
    assert sum(worker.done for worker in Fake.spawned) == 8
    assert len(Fake.spawned) >= 3


@pytest.mark.parametrize(("deaths", "fails"), [(1, False), (2, False), (3, True)])
def test_a_photo_may_be_tried_by_another_worker(deaths: int, fails: bool) -> None:
    deadly = {"3.jpg": deaths}
    told = run(Pool(lambda: Fake(deadly), 2, tries=3), iter(tasks(6)))
    assert len(told) == 6
    assert bool(told["3.jpg"]) == fails


def test_workers_that_never_start_end_the_run() -> None:
    with pytest.raises(HandtintError, match="no worker can be started: no memory"):
        run(Pool(lambda: Fake({}, fails_to_start=True), 2), iter(tasks(3)))
    assert len(Fake.spawned) <= MAX_FAILED_STARTS + 1


@pytest.mark.parametrize("where", ["spawn", "start"])
def test_a_machine_that_can_start_none_is_one_line(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def refuse(*_: object) -> Fake:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(Fake, "start", refuse)
    spawn = refuse if where == "spawn" else lambda: Fake({})
    with pytest.raises(HandtintError, match=r"no worker can be started: .*temporarily unavailable"):
        list(Pool(spawn, 2).run(iter(tasks(3)), Event(), died=worker_died))


def test_a_worker_that_died_while_idle_costs_no_photo() -> None:
    class DeadWhenIdle(Fake):
        def submit(self, task: Task) -> Future[Outcome]:
            if task.job.source != "1.jpg" or len(Fake.spawned) > 1:
                return super().submit(task)
            future: Future[Outcome] = Future()
            future.set_exception(BrokenExecutor("not running"))
            return future

    assert run(Pool(lambda: DeadWhenIdle({}), 1), iter(tasks(4))) == {f"{n}.jpg": "" for n in range(4)}
    assert len(Fake.spawned) == 2


def test_those_there_are_go_on_where_no_more_can_be_started() -> None:
    def spawn() -> Fake:
        if Fake.spawned:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return Fake({})

    assert len(run(Pool(spawn, 3), iter(tasks(8)))) == 8


def test_tasks_are_taken_as_they_are_needed() -> None:
    taken = []

    def work() -> Iterator[Task]:
        for task in tasks(30):
            taken.append(task)
            yield task

    for number, _ in enumerate(Pool(lambda: Fake({}), 3).run(work(), Event(), died=worker_died)):
        assert len(taken) <= number + 1 + 2 * 3


def test_a_wish_to_stop_ends_it_between_two_photos() -> None:
    stop, told = Event(), 0
    for _ in Pool(lambda: Fake({}), 1).run(iter(tasks(50)), stop, died=worker_died):
        told += 1
        if told == 3:
            stop.set()
    assert 3 <= told <= 5
    assert all(worker.killed for worker in Fake.spawned)


def test_nothing_to_do_for_now() -> None:
    work = iter([None, *tasks(2), None, None, *tasks(1)])
    assert [outcome.job.source for outcome in Pool(lambda: Fake({}), 1).run(work, Event(), died=worker_died)] == [
        "0.jpg",
        "1.jpg",
        "0.jpg",
    ]
