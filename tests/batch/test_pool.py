"""The pool: a bounded number of photos at once, dead workers replaced, one outcome for each photo."""

from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future
from functools import partial
from threading import Event

import pytest
from photo_runs import job

from handtint.errors import HandtintError
from handtint.workers.messages import Outcome, Task, worker_died
from handtint.workers.pool import WorkerPool
from handtint.workers.worker import MAX_FAILED_STARTS

Pool = partial(WorkerPool, fatal=Exception)


class FakeWorker:
    """A worker that dies of the photos named in `deadly`, so many times each."""

    spawned: list["FakeWorker"]

    def __init__(self, deadly: dict[str, int], *, fails_to_start: bool = False) -> None:
        self.deadly, self.fails_to_start = deadly, fails_to_start
        self.killed = self.dead = False
        self.done = 0
        FakeWorker.spawned.append(self)

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
    FakeWorker.spawned = []


def tasks(count: int) -> list[Task]:
    return [Task(job(f"{number}.jpg")) for number in range(count)]


def run(pool: WorkerPool, work: Iterator[Task | None], stop: Event | None = None) -> dict[str, str]:
    outcomes = [(outcome.job.source, outcome.error) for outcome in pool.run(work, stop or Event(), died=worker_died)]
    assert len(dict(outcomes)) == len(outcomes), "two outcomes for one photo"
    assert all(worker.killed for worker in FakeWorker.spawned)
    return dict(outcomes)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_every_photo_has_one_outcome(size: int) -> None:
    outcomes = run(Pool(lambda: FakeWorker({}), size), iter(tasks(20)))
    assert outcomes == {f"{n}.jpg": "" for n in range(20)}
    assert len(FakeWorker.spawned) <= size


def test_workers_are_spawned_as_needed() -> None:
    run(Pool(lambda: FakeWorker({}), 8), iter(tasks(2)))
    assert len(FakeWorker.spawned) == 2
    assert run(Pool(lambda: FakeWorker({}), 8), iter([])) == {}


def test_a_dead_worker_fails_one_photo_and_is_replaced() -> None:
    deadly = {"3.jpg": 99, "7.jpg": 99}
    outcomes = run(Pool(lambda: FakeWorker(deadly), 2), iter(tasks(10)))
    assert {name for name, error in outcomes.items() if error} == {"3.jpg", "7.jpg"}
    assert "3.jpg: its worker died" in outcomes["3.jpg"]
    assert sum(worker.done for worker in FakeWorker.spawned) == 8
    assert len(FakeWorker.spawned) >= 3


@pytest.mark.parametrize(("deaths", "fails"), [(1, False), (2, False), (3, True)])
def test_a_photo_is_retried_by_other_workers(deaths: int, fails: bool) -> None:
    deadly = {"3.jpg": deaths}
    outcomes = run(Pool(lambda: FakeWorker(deadly), 2, tries=3), iter(tasks(6)))
    assert len(outcomes) == 6
    assert bool(outcomes["3.jpg"]) == fails


def test_workers_that_never_start_are_an_error() -> None:
    with pytest.raises(HandtintError, match="no worker can be started: no memory"):
        run(Pool(lambda: FakeWorker({}, fails_to_start=True), 2), iter(tasks(3)))
    assert len(FakeWorker.spawned) <= MAX_FAILED_STARTS + 1


@pytest.mark.parametrize("stage", ["spawn", "start"])
def test_processes_that_cannot_be_started_are_an_error(monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    def fail(*_: object) -> FakeWorker:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(FakeWorker, "start", fail)
    spawn = fail if stage == "spawn" else lambda: FakeWorker({})
    with pytest.raises(HandtintError, match=r"no worker can be started: .*temporarily unavailable"):
        list(Pool(spawn, 2).run(iter(tasks(3)), Event(), died=worker_died))


def test_a_worker_that_died_while_idle_fails_no_photo() -> None:
    class DeadWhenIdle(FakeWorker):
        def submit(self, task: Task) -> Future[Outcome]:
            if task.job.source != "1.jpg" or len(FakeWorker.spawned) > 1:
                return super().submit(task)
            future: Future[Outcome] = Future()
            future.set_exception(BrokenExecutor("not running"))
            return future

    assert run(Pool(lambda: DeadWhenIdle({}), 1), iter(tasks(4))) == {f"{n}.jpg": "" for n in range(4)}
    assert len(FakeWorker.spawned) == 2


def test_the_pool_works_with_fewer_workers_if_no_more_start() -> None:
    def spawn() -> FakeWorker:
        if FakeWorker.spawned:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return FakeWorker({})

    assert len(run(Pool(spawn, 3), iter(tasks(8)))) == 8


def test_tasks_are_consumed_as_needed() -> None:
    consumed = []

    def work() -> Iterator[Task]:
        for task in tasks(30):
            consumed.append(task)
            yield task

    for number, _ in enumerate(Pool(lambda: FakeWorker({}), 3).run(work(), Event(), died=worker_died)):
        assert len(consumed) <= number + 1 + 2 * 3


def test_stop_ends_the_pool_between_two_photos() -> None:
    stop, count = Event(), 0
    for _ in Pool(lambda: FakeWorker({}), 1).run(iter(tasks(50)), stop, died=worker_died):
        count += 1
        if count == 3:
            stop.set()
    assert 3 <= count <= 5
    assert all(worker.killed for worker in FakeWorker.spawned)


def test_a_pause_in_the_tasks_is_no_end() -> None:
    work = iter([None, *tasks(2), None, None, *tasks(1)])
    assert [outcome.job.source for outcome in Pool(lambda: FakeWorker({}), 1).run(work, Event(), died=worker_died)] == [
        "0.jpg",
        "1.jpg",
        "0.jpg",
    ]
