"""The crew: photos bounded, dead workers replaced, everything told once."""

from collections.abc import Iterator
from concurrent.futures import Future
from threading import Event

import pytest
from darkroom import job

from handtint.batch.crew import FALSE_STARTS, Crew
from handtint.batch.task import Outcome, Task
from handtint.errors import HandtintError


class Fake:
    """A worker that dies of the photos named in `deadly`, so many times each."""

    hired: list["Fake"]

    def __init__(self, deadly: dict[str, int], *, stillborn: bool = False) -> None:
        self.deadly, self.stillborn = deadly, stillborn
        self.dismissed = self.dead = False
        self.done = 0
        Fake.hired.append(self)

    def start(self) -> Future[int]:
        future: Future[int] = Future()
        future.set_exception(OSError("no memory")) if self.stillborn else future.set_result(1)
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

    def dismiss(self) -> None:
        assert not self.dismissed
        self.dismissed = True


@pytest.fixture(autouse=True)
def _nobody_hired() -> None:
    Fake.hired = []


def tasks(count: int) -> list[Task]:
    return [Task(job(f"{number}.jpg")) for number in range(count)]


def run(crew: Crew, work: Iterator[Task | None], stop: Event | None = None) -> dict[str, str]:
    told = [(outcome.job.source, outcome.error) for outcome in crew.run(work, stop or Event())]
    assert len(dict(told)) == len(told), "told twice"
    assert all(hand.dismissed for hand in Fake.hired)
    return dict(told)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_all_are_done_once(size: int) -> None:
    told = run(Crew(lambda: Fake({}), size), iter(tasks(20)))
    assert told == {f"{n}.jpg": "" for n in range(20)}
    assert len(Fake.hired) <= size


def test_few_photos_need_few_workers() -> None:
    run(Crew(lambda: Fake({}), 8), iter(tasks(2)))
    assert len(Fake.hired) == 2
    assert run(Crew(lambda: Fake({}), 8), iter([])) == {}


def test_a_death_costs_one_photo_and_the_worker_is_replaced() -> None:
    deadly = {"3.jpg": 99, "7.jpg": 99}
    told = run(Crew(lambda: Fake(deadly), 2), iter(tasks(10)))
    assert {name for name, error in told.items() if error} == {"3.jpg", "7.jpg"}
    assert "3.jpg: its worker died" in told["3.jpg"]
    assert sum(hand.done for hand in Fake.hired) == 8
    assert len(Fake.hired) >= 3


@pytest.mark.parametrize(("deaths", "fails"), [(1, False), (2, False), (3, True)])
def test_a_photo_may_be_tried_by_another_worker(deaths: int, fails: bool) -> None:
    deadly = {"3.jpg": deaths}
    told = run(Crew(lambda: Fake(deadly), 2, tries=3), iter(tasks(6)))
    assert len(told) == 6
    assert bool(told["3.jpg"]) == fails


def test_workers_that_never_start_end_the_run() -> None:
    with pytest.raises(HandtintError, match="no worker can be started: no memory"):
        run(Crew(lambda: Fake({}, stillborn=True), 2), iter(tasks(3)))
    assert len(Fake.hired) <= FALSE_STARTS + 1


@pytest.mark.parametrize("where", ["hire", "start"])
def test_a_machine_that_can_start_none_is_one_line(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def refuse(*_: object) -> Fake:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(Fake, "start", refuse)
    hire = refuse if where == "hire" else lambda: Fake({})
    with pytest.raises(HandtintError, match=r"no worker can be started: .*temporarily unavailable"):
        list(Crew(hire, 2).run(iter(tasks(3)), Event()))


def test_those_there_are_go_on_where_no_more_can_be_started() -> None:
    def hire() -> Fake:
        if Fake.hired:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return Fake({})

    assert len(run(Crew(hire, 3), iter(tasks(8)))) == 8


def test_tasks_are_taken_as_they_are_needed() -> None:
    taken = []

    def work() -> Iterator[Task]:
        for task in tasks(30):
            taken.append(task)
            yield task

    for number, _ in enumerate(Crew(lambda: Fake({}), 3).run(work(), Event())):
        assert len(taken) <= number + 1 + 2 * 3


def test_a_wish_to_stop_ends_it_between_two_photos() -> None:
    stop, told = Event(), 0
    for _ in Crew(lambda: Fake({}), 1).run(iter(tasks(50)), stop):
        told += 1
        if told == 3:
            stop.set()
    assert 3 <= told <= 5
    assert all(hand.dismissed for hand in Fake.hired)


def test_nothing_to_do_for_now() -> None:
    work = iter([None, *tasks(2), None, None, *tasks(1)])
    assert [outcome.job.source for outcome in Crew(lambda: Fake({}), 1).run(work, Event())] == [
        "0.jpg",
        "1.jpg",
        "0.jpg",
    ]
