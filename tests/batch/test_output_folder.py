"""A folder of results: each photo is done once, names are stable, photographs are never overwritten."""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from threading import Event

import pytest
from photo_runs import contents, make_photos

from handtint.batch.run import Run, RunConfig
from handtint.batch.worker import PhotoWorker
from handtint.errors import OptionError, OutputError, WeightsError
from handtint.options import Options
from handtint.workers.messages import Outcome, Task

pytestmark = pytest.mark.usefixtures("in_process")


def run(*sources: Path, out: Path | None, keep: str = "all", **settings: object) -> list[Outcome]:
    options = {name: settings.pop(name) for name in ("format", "strength") if name in settings}
    output = None if out is None else str(out)
    config = RunConfig(sources=[*map(str, sources)], output=output, options=Options(keep=keep, **options), **settings)
    with Run(config) as active:
        outcomes = list(active.outcomes(Event()))
        active.report()
    return outcomes


def states(outcomes: Iterable[Outcome]) -> str:
    return " ".join(sorted(outcome.state for outcome in outcomes))


def test_a_second_run_changes_nothing(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert states(run(photos, out=out)) == "done " * 5 + "done"
    first = {path: path.stat().st_mtime_ns for path in out.rglob("*.???")}
    assert len(contents(out)) == 6
    assert states(run(photos, out=out)) == "same " * 5 + "same"
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in first.items() if "report" not in path.name)


def test_only_changed_photos_and_options_are_done_again(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(photos, out=out)
    (out / "0" / "000.jpg").unlink()
    (photos / "2" / "001.jpg").write_bytes((photos / "0" / "000.jpg").read_bytes())
    second = run(photos, out=out)
    done = {Path(outcome.job.target).relative_to(out).as_posix() for outcome in second if outcome.state == "done"}
    assert done == {"0/000.jpg", "2/001.jpg"}
    assert states(run(photos, out=out, strength=0.5)) == "done " * 5 + "done"
    assert states(run(photos, out=out, strength=0.5, save_mask=True)) == "done " * 5 + "done"
    assert len(contents(out)) == 12


def test_names_of_results_are_stable(photos: Path, tmp_path: Path) -> None:
    out, other_folder = tmp_path / "out", tmp_path / "late"
    first = {o.job.source: o.job.target for o in run(photos, out=out, format="webp")}
    (photos / "0" / "000.gif").write_bytes((photos / "0" / "000.jpg").read_bytes())
    (photos / "0" / "000.txt").write_bytes(b"not a photo's ending")
    (other_folder / "0").mkdir(parents=True)
    shutil.copy(photos / "0" / "000.jpg", other_folder / "0" / "000.jpg")
    second = {o.job.source: o.job.target for o in run(other_folder, photos, out=out, format="webp")}
    assert first.items() <= second.items()
    assert len(set(second.values())) == len(second) == 8
    assert second[str(other_folder / "0" / "000.jpg")] == str(out / "0" / "000.jpg.webp")


def test_colliding_names_get_distinct_results(photos: Path, tmp_path: Path) -> None:
    twin = photos / "0" / "000.png"
    shutil.copy(photos / "1" / "000.png", twin)
    run(photos, out=tmp_path / "out", format="jpeg")
    assert {"0/000.jpg", "0/000.png.jpg"} <= set(contents(tmp_path / "out"))


def test_photos_and_results_may_be_moved_together(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    photos = photos.rename(tmp_path / "disk" / "in")
    run(photos, out=tmp_path / "disk" / "out")
    moved = (tmp_path / "disk").rename(tmp_path / "elsewhere")
    assert states(run(moved / "in", out=moved / "out")) == "same " * 5 + "same"


def test_a_photo_named_twice_is_done_once(photos: Path, tmp_path: Path) -> None:
    assert len(run(photos, photos / "0" / "000.jpg", photos, out=tmp_path / "out")) == 6


def test_photos_are_never_changed(photos: Path, tmp_path: Path) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in photos.rglob("*.*")}
    run(photos, out=tmp_path / "out")
    assert states(run(photos, out=photos)) == "done " * 5 + "done"
    assert states(run(photos, out=photos)) == "same " * 5 + "same"
    assert all((path.read_bytes(), path.stat().st_mtime_ns) == expected for path, expected in before.items())


def test_failed_photos_are_retried_on_request_only(photos: Path, tmp_path: Path) -> None:
    bad = photos / "0" / "000.jpg"
    original = bad.read_bytes()
    bad.write_bytes(original[:200])
    first, second = run(photos, out=tmp_path / "out"), run(photos, out=tmp_path / "out")
    (old,), (new,) = ([o for o in outcomes if o.state == "failed"] for outcomes in (first, second))
    assert (old.from_journal, new.from_journal) == (False, True)
    assert old.error == new.error
    (retried,) = [o for o in run(photos, out=tmp_path / "out", retry_failed=True) if o.state == "failed"]
    assert not retried.from_journal
    bad.write_bytes(original)
    assert states(run(photos, out=tmp_path / "out")) == "done same same same same same"


def test_a_photo_whose_worker_died_is_recorded_as_failed(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = PhotoWorker.tint

    def die_on_one(worker: PhotoWorker, task: Task) -> Outcome:
        if task.job.key.endswith("0/000.jpg"):
            raise RuntimeError("killed")
        return original(worker, task)

    with monkeypatch.context() as patch:
        patch.setattr(PhotoWorker, "tint", die_on_one)
        (dead,) = [o for o in run(photos, out=tmp_path / "out") if o.state == "failed"]
    assert "worker died" in dead.error
    (dead,) = [o for o in run(photos, out=tmp_path / "out") if o.state == "failed"]
    assert dead.from_journal
    assert dead.input == hashlib.sha256((photos / "0" / "000.jpg").read_bytes()).hexdigest()
    assert states(run(photos, out=tmp_path / "out", retry_failed=True)) == "done same same same same same"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_full_disk_stops_the_run_which_can_be_resumed(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    renamed, rename = 0, os.replace

    def full(source: Path, target: Path) -> None:
        nonlocal renamed
        renamed += 1
        if renamed > 3:
            raise OSError(code, "no space left on device")
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        config = RunConfig(sources=[str(photos)], output=str(tmp_path / "out"), options=Options(keep="all"))
        with Run(config) as active:
            outcomes = list(active.outcomes(Event()))
    assert states(outcomes) == "done done done halt"
    assert "\n" not in outcomes[-1].error
    assert states(run(photos, out=tmp_path / "out")) == "done done done same same same"


def test_damaged_weights_stop_the_run(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(model: object, **_: object) -> None:
        raise WeightsError("net.onnx: damaged")

    monkeypatch.setattr("handtint.zoo.Model.engine", damaged)
    (outcome,) = run(photos, out=tmp_path / "out")
    assert (outcome.state, outcome.error) == ("halt", "net.onnx: damaged")


def test_temporary_files_are_removed(photos: Path, tmp_path: Path) -> None:
    run(photos, out=tmp_path / "out")
    leftover = tmp_path / "out" / "0" / ".0123456789abcdef.part"
    foreign = tmp_path / "out" / "0" / ".notes.part"
    leftover.touch()
    foreign.touch()
    run(photos, out=tmp_path / "out")
    assert not leftover.exists()
    assert foreign.exists()


def test_two_runs_at_once_are_an_error(photos: Path, tmp_path: Path) -> None:
    config = RunConfig(sources=[str(photos)], output=str(tmp_path / "out"), options=Options(keep="all"))
    with Run(config), pytest.raises(OutputError, match="another run"), Run(config):
        pass


def test_single_photos_have_no_journal(photos: Path, tmp_path: Path) -> None:
    run(photos / "0" / "000.jpg", out=tmp_path / "one.jpg")
    run(photos / "0" / "000.jpg", out=tmp_path / "out")
    run(photos / "0" / "000.jpg", photos / "1" / "000.png", out=None)
    assert not list(tmp_path.rglob(".handtint"))
    assert len(list(photos.rglob("*.handtint.*"))) == 2


def test_without_output_the_journal_is_in_the_folder_of_results(photos: Path, tmp_path: Path) -> None:
    run(photos, out=None)
    assert (tmp_path / "in.handtint" / ".handtint" / "journal.sqlite").exists()
    assert states(run(photos, out=None)) == "same " * 5 + "same"


def test_the_journal_may_be_in_another_folder(photos: Path, tmp_path: Path) -> None:
    run(photos, out=tmp_path / "out", journal=str(tmp_path / "notes"))
    assert (tmp_path / "notes" / "journal.sqlite").exists()
    assert not (tmp_path / "out" / ".handtint").exists()


@pytest.mark.parametrize(
    ("sources", "output", "settings", "message"),
    [
        (["in/0/000.jpg"], "x.jpg", {"watch": True}, "--watch"),
        (["in/0/000.jpg"], "x.jpg", {"retry_failed": True}, "--retry-failed"),
        (["-"], "x.jpg", {"watch": True}, "cannot be used with --watch"),
        (["-"], "x.jpg", {"engine": "ray"}, "or --engine ray"),
        (["-"], "-", {"save_mask": True}, "--save-mask"),
        (["in"], "out", {"address": "localhost:1"}, "--engine ray"),
        (["in"], "memory://out", {}, "--journal"),
    ],
)
def test_contradicting_settings_are_errors(
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
    sources: list[str],
    output: str,
    settings: dict[str, object],
    message: str,
) -> None:
    monkeypatch.chdir(photos.parent)
    with (
        pytest.raises(OptionError, match=message),
        Run(RunConfig(sources=sources, output=output, options=Options(keep="all"), **settings)),
    ):
        pass


def test_photos_and_results_may_be_urls(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    photos = make_photos(tmp_path / "in", 4)
    store = fsspec.filesystem("memory")
    store.put(f"{photos}/", "/bucket/in/", recursive=True)
    settings = {"output": "memory://bucket/out", "options": Options(keep="all"), "journal": str(tmp_path / "notes")}
    with Run(RunConfig(sources=["memory://bucket/in"], **settings)) as active:
        assert states(active.outcomes(Event())) == "done done done done"
        assert active.report() == "memory://bucket/out/handtint-report.html"
    run(photos, out=tmp_path / "out")
    stored = {name: store.cat_file(f"/bucket/out/{name}") for name in contents(tmp_path / "out")}
    assert stored == contents(tmp_path / "out")
    with Run(RunConfig(sources=["memory://bucket/in"], **settings)) as active:
        assert states(active.outcomes(Event())) == "same same same same"
