"""A folder of results: done once, named for ever, never over a photograph."""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from threading import Event

import pytest
from darkroom import contents, make_photos

from handtint.batch.run import Run, RunConfig
from handtint.batch.worker import PhotoWorker
from handtint.errors import OptionError, OutputError, WeightsError
from handtint.options import Options
from handtint.workers.messages import Outcome, Task

pytestmark = pytest.mark.usefixtures("in_hand")


def run(*sources: Path, out: Path | None, keep: str = "all", **wishes: object) -> list[Outcome]:
    settings = {name: wishes.pop(name) for name in ("format", "strength") if name in wishes}
    output = None if out is None else str(out)
    order = RunConfig(sources=[*map(str, sources)], output=output, options=Options(keep=keep, **settings), **wishes)
    with Run(order) as going:
        outcomes = list(going.outcomes(Event()))
        going.report()
    return outcomes


def states(outcomes: Iterable[Outcome]) -> str:
    return " ".join(sorted(outcome.state for outcome in outcomes))


def test_what_is_done_is_not_done_again(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert states(run(photos, out=out)) == "done " * 5 + "done"
    first = {path: path.stat().st_mtime_ns for path in out.rglob("*.???")}
    assert len(contents(out)) == 6
    assert states(run(photos, out=out)) == "same " * 5 + "same"
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in first.items() if "report" not in path.name)


def test_only_what_changed_is_done_again(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(photos, out=out)
    (out / "0" / "000.jpg").unlink()
    (photos / "2" / "001.jpg").write_bytes((photos / "0" / "000.jpg").read_bytes())
    again = run(photos, out=out)
    done = {Path(outcome.job.target).relative_to(out).as_posix() for outcome in again if outcome.state == "done"}
    assert done == {"0/000.jpg", "2/001.jpg"}
    assert states(run(photos, out=out, strength=0.5)) == "done " * 5 + "done"
    assert states(run(photos, out=out, strength=0.5, save_mask=True)) == "done " * 5 + "done"
    assert len(contents(out)) == 12


def test_a_name_once_given_stays(photos: Path, tmp_path: Path) -> None:
    out, late = tmp_path / "out", tmp_path / "late"
    first = {o.job.source: o.job.target for o in run(photos, out=out, format="webp")}
    (photos / "0" / "000.gif").write_bytes((photos / "0" / "000.jpg").read_bytes())
    (photos / "0" / "000.txt").write_bytes(b"not a photo's ending")
    (late / "0").mkdir(parents=True)
    shutil.copy(photos / "0" / "000.jpg", late / "0" / "000.jpg")
    second = {o.job.source: o.job.target for o in run(late, photos, out=out, format="webp")}
    assert first.items() <= second.items()
    assert len(set(second.values())) == len(second) == 8
    assert second[str(late / "0" / "000.jpg")] == str(out / "0" / "000.jpg.webp")


def test_colliding_names_both_live(photos: Path, tmp_path: Path) -> None:
    twin = photos / "0" / "000.png"
    shutil.copy(photos / "1" / "000.png", twin)
    run(photos, out=tmp_path / "out", format="jpeg")
    assert {"0/000.jpg", "0/000.png.jpg"} <= set(contents(tmp_path / "out"))


def test_the_whole_may_move(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    photos = photos.rename(tmp_path / "disk" / "in")
    run(photos, out=tmp_path / "disk" / "out")
    moved = (tmp_path / "disk").rename(tmp_path / "elsewhere")
    assert states(run(moved / "in", out=moved / "out")) == "same " * 5 + "same"


def test_a_photo_named_twice_is_done_once(photos: Path, tmp_path: Path) -> None:
    assert len(run(photos, photos / "0" / "000.jpg", photos, out=tmp_path / "out")) == 6


def test_photos_are_never_touched(photos: Path, tmp_path: Path) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in photos.rglob("*.*")}
    run(photos, out=tmp_path / "out")
    assert states(run(photos, out=photos)) == "done " * 5 + "done"
    assert states(run(photos, out=photos)) == "same " * 5 + "same"
    assert all((path.read_bytes(), path.stat().st_mtime_ns) == was for path, was in before.items())


def test_what_failed_fails_without_another_try_until_asked(photos: Path, tmp_path: Path) -> None:
    bad = photos / "0" / "000.jpg"
    good = bad.read_bytes()
    bad.write_bytes(good[:200])
    first, second = run(photos, out=tmp_path / "out"), run(photos, out=tmp_path / "out")
    (old,), (new,) = ([o for o in outcomes if o.state == "failed"] for outcomes in (first, second))
    assert (old.from_journal, new.from_journal) == (False, True)
    assert old.error == new.error
    (tried,) = [o for o in run(photos, out=tmp_path / "out", retry_failed=True) if o.state == "failed"]
    assert not tried.from_journal
    bad.write_bytes(good)
    assert states(run(photos, out=tmp_path / "out")) == "done same same same same same"


def test_a_worker_that_died_is_remembered_by_its_photo(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = PhotoWorker.tint

    def deadly(worker: PhotoWorker, task: Task) -> Outcome:
        if task.job.key.endswith("0/000.jpg"):
            raise RuntimeError("killed")
        return good(worker, task)

    with monkeypatch.context() as patch:
        patch.setattr(PhotoWorker, "tint", deadly)
        (dead,) = [o for o in run(photos, out=tmp_path / "out") if o.state == "failed"]
    assert "worker died" in dead.error
    (dead,) = [o for o in run(photos, out=tmp_path / "out") if o.state == "failed"]
    assert dead.from_journal
    assert dead.input == hashlib.sha256((photos / "0" / "000.jpg").read_bytes()).hexdigest()
    assert states(run(photos, out=tmp_path / "out", retry_failed=True)) == "done same same same same same"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_full_disk_ends_the_run_and_it_can_go_on(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    written, rename = 0, os.replace

    def full(source: Path, target: Path) -> None:
        nonlocal written
        written += 1
        if written > 3:
            raise OSError(number, "no space left on device")
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        order = RunConfig(sources=[str(photos)], output=str(tmp_path / "out"), options=Options(keep="all"))
        with Run(order) as going:
            outcomes = list(going.outcomes(Event()))
    assert states(outcomes) == "done done done halt"
    assert "\n" not in outcomes[-1].error
    assert states(run(photos, out=tmp_path / "out")) == "done done done same same same"


def test_damaged_weights_end_the_run(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(model: object, **_: object) -> None:
        raise WeightsError("net.onnx: damaged")

    monkeypatch.setattr("handtint.zoo.Model.engine", damaged)
    (halt,) = run(photos, out=tmp_path / "out")
    assert (halt.state, halt.error) == ("halt", "net.onnx: damaged")


def test_leftovers_are_swept(photos: Path, tmp_path: Path) -> None:
    run(photos, out=tmp_path / "out")
    left = tmp_path / "out" / "0" / ".0123456789abcdef.part"
    others = tmp_path / "out" / "0" / ".notes.part"
    left.touch()
    others.touch()
    run(photos, out=tmp_path / "out")
    assert not left.exists()
    assert others.exists()


def test_two_runs_at_once(photos: Path, tmp_path: Path) -> None:
    order = RunConfig(sources=[str(photos)], output=str(tmp_path / "out"), options=Options(keep="all"))
    with Run(order), pytest.raises(OutputError, match="another run"), Run(order):
        pass


def test_one_photo_keeps_no_journal(photos: Path, tmp_path: Path) -> None:
    run(photos / "0" / "000.jpg", out=tmp_path / "one.jpg")
    run(photos / "0" / "000.jpg", out=tmp_path / "out")
    run(photos / "0" / "000.jpg", photos / "1" / "000.png", out=None)
    assert not list(tmp_path.rglob(".handtint"))
    assert len(list(photos.rglob("*.handtint.*"))) == 2


def test_a_folder_without_output_has_its_journal_beside_it(photos: Path, tmp_path: Path) -> None:
    run(photos, out=None)
    assert (tmp_path / "in.handtint" / ".handtint" / "journal.sqlite").exists()
    assert states(run(photos, out=None)) == "same " * 5 + "same"


def test_the_journal_may_live_elsewhere(photos: Path, tmp_path: Path) -> None:
    run(photos, out=tmp_path / "out", journal=str(tmp_path / "notes"))
    assert (tmp_path / "notes" / "journal.sqlite").exists()
    assert not (tmp_path / "out" / ".handtint").exists()


@pytest.mark.parametrize(
    ("sources", "output", "wishes", "said"),
    [
        (["in/0/000.jpg"], "x.jpg", {"watch": True}, "--watch"),
        (["in/0/000.jpg"], "x.jpg", {"retry_failed": True}, "--retry-failed"),
        (["-"], "x.jpg", {"watch": True}, "watched"),
        (["-"], "x.jpg", {"engine": "ray"}, "Ray"),
        (["-"], "-", {"save_mask": True}, "--save-mask"),
        (["in"], "out", {"address": "localhost:1"}, "--engine ray"),
        (["in"], "memory://out", {}, "--journal"),
    ],
)
def test_wishes_that_do_not_go_together(
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
    sources: list[str],
    output: str,
    wishes: dict[str, object],
    said: str,
) -> None:
    monkeypatch.chdir(photos.parent)
    with (
        pytest.raises(OptionError, match=said),
        Run(RunConfig(sources=sources, output=output, options=Options(keep="all"), **wishes)),
    ):
        pass


def test_urls(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    photos = make_photos(tmp_path / "in", 4)
    store = fsspec.filesystem("memory")
    store.put(f"{photos}/", "/bucket/in/", recursive=True)
    wishes = {"output": "memory://bucket/out", "options": Options(keep="all"), "journal": str(tmp_path / "notes")}
    with Run(RunConfig(sources=["memory://bucket/in"], **wishes)) as going:
        assert states(going.outcomes(Event())) == "done done done done"
        assert going.report() == "memory://bucket/out/handtint-report.html"
    run(photos, out=tmp_path / "out")
    made = {name: store.cat_file(f"/bucket/out/{name}") for name in contents(tmp_path / "out")}
    assert made == contents(tmp_path / "out")
    with Run(RunConfig(sources=["memory://bucket/in"], **wishes)) as going:
        assert states(going.outcomes(Event())) == "same same same same"
