"""Photos told of once they are whole, and again when they change."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from handtint.batch import naming
from handtint.batch.watch import Watch


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands until it is set."""
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


class Folder:
    def __init__(self, path: Path, clock: list[float]) -> None:
        self.path, self.clock = path, clock
        self.watch = Watch(lambda: naming.find([str(path)], None, patient=True), interval=2.0)
        self._told: Iterator = iter(self.watch)

    def look(self) -> list[str]:
        """The photos told of at the next look."""
        told = []
        for photo in islice(self._told, 100):
            if photo is None:
                break
            told.append(photo.name)
        self.clock[0] += 2.0
        return told


def test_a_photo_is_told_of_when_it_has_stopped_growing(tmp_path: Path, clock: list[float]) -> None:
    folder = Folder(tmp_path, clock)
    assert folder.look() == []
    (tmp_path / "a.jpg").write_bytes(b"1")
    (tmp_path / "notes.txt").write_bytes(b"1")
    (tmp_path / ".b.jpg.x7Q").write_bytes(b"1")
    assert folder.look() == []
    (tmp_path / "a.jpg").write_bytes(b"12")
    assert folder.look() == []
    assert folder.look() == ["a.jpg"]
    assert folder.look() == []
    (tmp_path / "a.jpg").write_bytes(b"123")
    assert [folder.look(), folder.look(), folder.look()] == [[], ["a.jpg"], []]


def test_what_cannot_be_decoded_yet_is_told_of_again(tmp_path: Path, clock: list[float]) -> None:
    folder = Folder(tmp_path, clock)
    (tmp_path / "a.jpg").write_bytes(b"1")
    assert [folder.look(), folder.look()] == [[], ["a.jpg"]]
    assert folder.watch.again(str(tmp_path / "a.jpg"))
    assert folder.look() == ["a.jpg"]
    clock[0] += 60
    assert not folder.watch.again(str(tmp_path / "a.jpg"))
    assert folder.look() == []


def test_it_does_not_look_more_often_than_it_should(tmp_path: Path, clock: list[float]) -> None:
    looks = 0

    def find() -> list[naming.SourcePhoto]:
        nonlocal looks
        looks += 1
        return []

    told = iter(Watch(find, interval=2.0))
    assert [next(told) for _ in range(5)] == [None] * 5
    assert looks == 1
    clock[0] += 2.1
    next(told)
    next(told)
    assert looks == 2


def test_a_photo_that_is_gone_again_is_nobody(tmp_path: Path, clock: list[float]) -> None:
    watch = Watch(lambda: [naming.SourcePhoto(str(tmp_path / "gone.jpg"), "gone.jpg", None)])
    assert next(iter(watch)) is None
    assert not watch.again(str(tmp_path / "gone.jpg"))
