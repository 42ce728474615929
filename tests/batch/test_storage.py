"""Files of this machine and of others, by one set of names."""

import os
from pathlib import Path
from typing import BinaryIO

import pytest

from handtint import files
from handtint.batch import storage
from handtint.errors import InputError, OptionError, OutputError

fsspec = pytest.importorskip("fsspec")


@pytest.fixture(params=["path", "file", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place of each kind."""
    return {"path": str(tmp_path), "file": f"file://{tmp_path}", "memory": f"memory://{tmp_path.name}"}[request.param]


def test_what_is_written_can_be_read(root: str) -> None:
    storage.write(f"{root}/a/b.jpg", b"one")
    storage.write(f"{root}/a/b.jpg", b"other")
    assert storage.read(f"{root}/a/b.jpg", 10) == b"other"
    assert storage.exists(f"{root}/a/b.jpg")
    assert not storage.exists(f"{root}/a")
    assert storage.is_folder(f"{root}/a")
    assert not storage.is_folder(f"{root}/c")
    assert [name for _, name in storage.walk(root)] == ["a/b.jpg"]


def test_what_cannot_be_read_is_one_line(root: str) -> None:
    storage.write(f"{root}/long", b"12345")
    for path in ("long", "gone"):
        with pytest.raises(InputError, match=path) as failed:
            storage.read(f"{root}/{path}", 3)
        assert "\n" not in str(failed.value)


def test_walks_skip_hidden_files_and_the_results(root: str) -> None:
    for name in ("b/c.jpg", "a.jpg", ".hidden/x.jpg", "b/.y.jpg", "out/a.jpg"):
        storage.write(f"{root}/{name}", b"x")
    found = list(storage.walk(root, skip=f"{root}/out"))
    assert sorted(found) == [(f"{root}/a.jpg", "a.jpg"), (f"{root}/b/c.jpg", "b/c.jpg")]


def test_looks_tell_of_changes(root: str) -> None:
    storage.write(f"{root}/a", b"1")
    before = storage.stamp(f"{root}/a")
    assert before == storage.stamp(f"{root}/a")
    storage.write(f"{root}/a", b"12")
    assert storage.stamp(f"{root}/a") != before
    assert storage.stamp(f"{root}/none") is None


def test_unknown_stores_are_wrong_usage() -> None:
    with pytest.raises(OptionError, match="nowhere"):
        storage.read("nowhere://a/b", 1)


def test_a_store_that_refuses_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("no\nthank you")

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.pipe_file", refuse)
    with pytest.raises(OutputError, match="no thank you"):
        storage.write("memory://refused/a", b"1")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_sweeping_leaves_what_is_being_written(tmp_path: Path) -> None:
    def work(file: BinaryIO) -> None:
        file.write(b"half")
        storage.sweep({str(tmp_path)})  # as a run beside it would
        file.write(b" and half")

    files.fill(tmp_path / "a.jpg", work)
    assert (tmp_path / "a.jpg").read_bytes() == b"half and half"
    assert names(tmp_path) == ["a.jpg"]


def test_a_file_swept_away_before_it_is_locked_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, swept = files._lock, []

    def late(number: int) -> None:
        if not swept:
            swept.extend(names(tmp_path))
            monkeypatch.setattr(files, "_lock", lock)
            storage.sweep({str(tmp_path)})
        lock(number)

    monkeypatch.setattr(files, "_lock", late)
    files.write(tmp_path / "a.jpg", b"whole")
    assert len(swept) == 1
    assert names(tmp_path) == ["a.jpg"]


def test_without_locks_age_tells_what_was_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(files, "_lock", refuse)
    files.write(tmp_path / "a.jpg", b"whole")
    for name, age in (("0" * 16, 10), ("1" * 16, 4000)):
        path = tmp_path / f".{name}.part"
        path.touch()
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    storage.sweep({str(tmp_path)})
    assert names(tmp_path) == [f".{'0' * 16}.part", "a.jpg"]


def test_sweeping_takes_what_writing_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[Path] = []

    def die(source: str | Path, target: str | Path) -> None:
        kept = tmp_path / "kept"
        kept.mkdir()
        left.append(Path(os.link(source, kept / Path(source).name) or kept / Path(source).name))
        raise OSError("dead")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", die)
        with pytest.raises(OutputError):
            files.write(tmp_path / "a.jpg", b"1")
    (tmp_path / "kept" / "photo.part").touch()
    assert left[0].exists()
    storage.sweep({str(tmp_path / "kept"), str(tmp_path / "gone")})
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["photo.part"]
