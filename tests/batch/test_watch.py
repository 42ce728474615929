"""Photos are reported once they are complete, and again after changes."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from handtint.batch import naming
from handtint.batch.watch import Watch


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that the test sets."""
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


class Folder:
    def __init__(self, path: Path, clock: list[float]) -> None:
        self.path, self.clock = path, clock
        self.watch = Watch(lambda: naming.find([str(path)], None, allow_empty=True), interval=2.0)
        self._photos: Iterator = iter(self.watch)

    def poll(self) -> list[str]:
        """The photos reported at the next poll."""
        photos = []
        for photo in islice(self._photos, 100):
            if photo is None:
                break
            photos.append(photo.name)
        self.clock[0] += 2.0
        return photos


def test_a_photo_is_reported_when_it_has_stopped_growing(tmp_path: Path, clock: list[float]) -> None:
    folder = Folder(tmp_path, clock)
    assert folder.poll() == []
    (tmp_path / "a.jpg").write_bytes(b"1")
    (tmp_path / "notes.txt").write_bytes(b"1")
    (tmp_path / ".b.jpg.x7Q").write_bytes(b"1")
    assert folder.poll() == []
    (tmp_path / "a.jpg").write_bytes(b"12")
    assert folder.poll() == []
    assert folder.poll() == ["a.jpg"]
    assert folder.poll() == []
    (tmp_path / "a.jpg").write_bytes(b"123")
    assert [folder.poll(), folder.poll(), folder.poll()] == [[], ["a.jpg"], []]


def test_a_photo_that_cannot_be_decoded_yet_is_reported_again(tmp_path: Path, clock: list[float]) -> None:
    folder = Folder(tmp_path, clock)
    (tmp_path / "a.jpg").write_bytes(b"1")
    assert [folder.poll(), folder.poll()] == [[], ["a.jpg"]]
    assert folder.watch.retry(str(tmp_path / "a.jpg"))
    assert folder.poll() == ["a.jpg"]
    clock[0] += 60
    assert not folder.watch.retry(str(tmp_path / "a.jpg"))
    assert folder.poll() == []


def test_the_folder_is_listed_once_per_interval(tmp_path: Path, clock: list[float]) -> None:
    calls = 0

    def find() -> list[naming.SourcePhoto]:
        nonlocal calls
        calls += 1
        return []

    photos = iter(Watch(find, interval=2.0))
    assert [next(photos) for _ in range(5)] == [None] * 5
    assert calls == 1
    clock[0] += 2.1
    next(photos)
    next(photos)
    assert calls == 2


def test_a_photo_that_was_removed_is_not_reported(tmp_path: Path, clock: list[float]) -> None:
    watch = Watch(lambda: [naming.SourcePhoto(str(tmp_path / "gone.jpg"), "gone.jpg", None)])
    assert next(iter(watch)) is None
    assert not watch.retry(str(tmp_path / "gone.jpg"))
