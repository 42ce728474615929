"""Files by path and by URL, through one interface."""

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
    """A folder of each kind: a path, and URLs of two stores."""
    return {"path": str(tmp_path), "file": f"file://{tmp_path}", "memory": f"memory://{tmp_path.name}"}[request.param]


def test_written_files_can_be_read_and_listed(root: str) -> None:
    storage.write(f"{root}/a/b.jpg", b"one")
    storage.write(f"{root}/a/b.jpg", b"other")
    assert storage.read(f"{root}/a/b.jpg", 10) == b"other"
    assert storage.exists(f"{root}/a/b.jpg")
    assert not storage.exists(f"{root}/a")
    assert storage.is_folder(f"{root}/a")
    assert not storage.is_folder(f"{root}/c")
    assert [name for _, name in storage.walk(root)] == ["a/b.jpg"]


def test_missing_and_too_large_files_are_errors_in_one_line(root: str) -> None:
    storage.write(f"{root}/long", b"12345")
    for path in ("long", "gone"):
        with pytest.raises(InputError, match=path) as error:
            storage.read(f"{root}/{path}", 3)
        assert "\n" not in str(error.value)


def test_walks_skip_hidden_files_and_the_results(root: str) -> None:
    for name in ("b/c.jpg", "a.jpg", ".hidden/x.jpg", "b/.y.jpg", "out/a.jpg"):
        storage.write(f"{root}/{name}", b"x")
    walked = list(storage.walk(root, skip=f"{root}/out"))
    assert sorted(walked) == [(f"{root}/a.jpg", "a.jpg"), (f"{root}/b/c.jpg", "b/c.jpg")]


def test_stamps_change_with_the_file(root: str) -> None:
    storage.write(f"{root}/a", b"1")
    before = storage.stamp(f"{root}/a")
    assert before == storage.stamp(f"{root}/a")
    storage.write(f"{root}/a", b"12")
    assert storage.stamp(f"{root}/a") != before
    assert storage.stamp(f"{root}/none") is None


def test_unknown_stores_are_wrong_usage() -> None:
    with pytest.raises(OptionError, match="nowhere"):
        storage.read("nowhere://a/b", 1)


def test_errors_of_a_store_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no\nthank you")

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.pipe_file", fail)
    with pytest.raises(OutputError, match="no thank you"):
        storage.write("memory://refused/a", b"1")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_sweeping_keeps_files_that_are_being_written(tmp_path: Path) -> None:
    def work(file: BinaryIO) -> None:
        file.write(b"half")
        storage.sweep({str(tmp_path)})  # as another run would
        file.write(b" and half")

    files.write_with(tmp_path / "a.jpg", work)
    assert (tmp_path / "a.jpg").read_bytes() == b"half and half"
    assert names(tmp_path) == ["a.jpg"]


def test_a_file_swept_before_it_is_locked_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, removed = files._lock, []

    def sweep_first(number: int) -> None:
        if not removed:
            removed.extend(names(tmp_path))
            monkeypatch.setattr(files, "_lock", lock)
            storage.sweep({str(tmp_path)})
        lock(number)

    monkeypatch.setattr(files, "_lock", sweep_first)
    files.write(tmp_path / "a.jpg", b"whole")
    assert len(removed) == 1
    assert names(tmp_path) == ["a.jpg"]


def test_without_locks_old_files_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(files, "_lock", fail)
    files.write(tmp_path / "a.jpg", b"whole")
    for name, age in (("0" * 16, 10), ("1" * 16, 4000)):
        path = tmp_path / f".{name}.part"
        path.touch()
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    storage.sweep({str(tmp_path)})
    assert names(tmp_path) == [f".{'0' * 16}.part", "a.jpg"]


def test_sweeping_removes_the_leftovers_of_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leftovers: list[Path] = []

    def link_and_fail(source: str | Path, target: str | Path) -> None:
        folder = tmp_path / "kept"
        folder.mkdir()
        leftovers.append(Path(os.link(source, folder / Path(source).name) or folder / Path(source).name))
        raise OSError("dead")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", link_and_fail)
        with pytest.raises(OutputError):
            files.write(tmp_path / "a.jpg", b"1")
    (tmp_path / "kept" / "photo.part").touch()
    assert leftovers[0].exists()
    storage.sweep({str(tmp_path / "kept"), str(tmp_path / "gone")})
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["photo.part"]
