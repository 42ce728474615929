"""Runs stopped at any moment, with the real command line and its real processes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from photo_runs import FAST_OPTIONS, children, contents, finish, make_photos, start, tint, until

WORKER = "multiprocessing.spawn"


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def kill(process: subprocess.Popen[bytes], number: signal.Signals) -> tuple[int, str]:
    """Stop a run: its exit status and standard error. All its processes must end."""
    descendants = children(process.pid)
    process.send_signal(number)
    if number == signal.SIGKILL:
        process.communicate()
        outcome = process.returncode, ""
    else:
        outcome = finish(process)
    until(lambda: not any(map(is_alive, descendants)))
    return outcome


def results(out: Path) -> int:
    return len(contents(out)) if out.exists() else 0


def kill_repeatedly(photos: Path, out: Path, expected: dict[str, bytes], *, kills: int, seed: int) -> None:
    """Kill a run several times, then let it finish, and compare the results."""
    rng = random.Random(seed)
    written: dict[str, bytes] = {}
    for number in range(kills):
        process = start("tint", photos, "-o", out, *FAST_OPTIONS, "--jobs", 2)
        goal = len(expected) * (number + 1) // (kills + 1)
        signal_number = rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
        until(lambda goal=goal, process=process: results(out) >= goal or process.poll() is not None)
        until(lambda process=process: children(process.pid) or process.poll() is not None)  # past the imports
        threading.Event().wait(rng.uniform(0, 0.3))
        status, _ = kill(process, signal_number)
        assert (
            status
            in {signal.SIGKILL: (-9, 0), signal.SIGTERM: (143, -15, 0), signal.SIGINT: (130, -2, 0)}[signal_number]
        )
        written = {name: data for name, data in contents(out).items() if not name.endswith(".part")}
        assert written.items() <= expected.items(), "a result differs"
    times = {name: (out / name).stat().st_mtime_ns for name in written}
    status, stderr = tint(photos, "-o", out, "--jobs", 2)
    assert status == 0, stderr
    assert contents(out) == expected
    rewritten = [name for name, stamp in times.items() if (out / name).stat().st_mtime_ns != stamp]
    assert len(rewritten) <= 2, "more than the photos in progress were done twice"


def test_a_run_killed_at_random_moments_can_be_resumed(tmp_path: Path) -> None:
    photos = make_photos(tmp_path / "in", 12)
    assert tint(photos, "-o", tmp_path / "whole")[0] == 0
    expected = contents(tmp_path / "whole")
    assert finish(start("tint", photos / "0" / "000.jpg", "-o", tmp_path / "one.jpg", "--keep", "all"))[0] == 0
    assert (tmp_path / "one.jpg").read_bytes() == expected["0/000.jpg"], "alone and with all cores, it differs"
    kill_repeatedly(photos, tmp_path / "out", expected, kills=3, seed=1)


@pytest.mark.slow
def test_a_run_of_300_photos_killed_twenty_times_can_be_resumed(tmp_path: Path) -> None:
    photos = make_photos(tmp_path / "in", 300)
    assert tint(photos, "-o", tmp_path / "whole")[0] == 0
    kill_repeatedly(photos, tmp_path / "out", contents(tmp_path / "whole"), kills=20, seed=2)


def test_a_dead_worker_fails_its_photo_only(tmp_path: Path) -> None:
    photos, out = make_photos(tmp_path / "in", 14), tmp_path / "out"
    process = start("tint", photos, "-o", out, *FAST_OPTIONS, "--jobs", 2)
    until(lambda: results(out) >= 4)
    os.kill(children(process.pid, WORKER)[-1], signal.SIGKILL)
    status, stderr = finish(process)
    assert status == 1
    assert stderr.count("its worker died") == 1
    assert results(out) >= 13  # the photo may have been written before its worker died
    status, stderr = tint(photos, "-o", out, "--retry-failed")
    assert status == 0, stderr
    assert results(out) == 14


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_says_how_to_resume(tmp_path: Path, number: signal.Signals, status: int) -> None:
    photos, out = make_photos(tmp_path / "in", 40), tmp_path / "out"
    process = start("tint", photos, "-o", out, *FAST_OPTIONS)
    until(lambda: results(out) >= 2)
    exit_status, stderr = kill(process, number)
    assert exit_status == status, stderr
    assert "run the same command again to continue" in stderr
    assert not list(out.rglob("*.part"))


def test_a_single_photo_can_be_stopped(tmp_path: Path) -> None:
    process = start("tint", "-", "-o", tmp_path / "out.jpg", stdin=subprocess.PIPE)  # nothing is written to it
    until(lambda: "cv2" in Path(f"/proc/{process.pid}/maps").read_text())
    threading.Event().wait(0.3)
    assert kill(process, signal.SIGTERM)[0] == 143


def test_a_second_run_is_an_error(tmp_path: Path) -> None:
    photos, out = make_photos(tmp_path / "in", 60), tmp_path / "out"
    first = start("tint", photos, "-o", out, *FAST_OPTIONS)
    until(lambda: results(out) >= 1)
    status, stderr = tint(photos, "-o", out)
    assert (status, stderr.count("\n")) == (1, 1), stderr
    assert "another run is at work" in stderr
    assert kill(first, signal.SIGINT)[0] == 130


def test_watch_tints_new_photos_once_they_are_complete(tmp_path: Path) -> None:
    photos, out = make_photos(tmp_path / "in", 2), tmp_path / "out"
    process = start("tint", photos, "-o", out, *FAST_OPTIONS, "--watch")
    until(lambda: results(out) == 2)
    data = (photos / "0" / "000.jpg").read_bytes()
    with open(photos / "late.jpg", "wb") as file:
        file.write(data[: len(data) // 2])
        file.flush()
        threading.Event().wait(4.2)
        file.write(data[len(data) // 2 :])
    assert process.stderr
    lines = []
    for line in process.stderr:  # until its line is printed: its file exists a moment earlier
        lines.append(line.decode())
        if "late.jpg -> " in lines[-1]:
            break
    status, stderr = kill(process, signal.SIGINT)
    assert status == 0
    assert "late.jpg -> " in lines[-1]
    assert "late.jpg: " not in "".join(lines) + stderr
    report = json.loads((out / "handtint-report.json").read_text())
    assert (report["total"], report["done"], report["failed"]) == (3, 3, 0)


def test_a_full_disk_is_an_error_and_the_run_can_be_resumed(tmp_path: Path) -> None:
    photos, disk = make_photos(tmp_path / "in", 6, side=160), tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root can make a small disk")
    try:
        status, stderr = tint(photos, "-o", disk / "out", "--format", "png")
        assert status == 1, stderr
        assert "no space left" in stderr or "full" in stderr
        subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
        assert tint(photos, "-o", disk / "out", "--format", "png")[0] == 0
        assert tint(photos, "-o", tmp_path / "whole", "--format", "png")[0] == 0
        assert contents(disk / "out") == contents(tmp_path / "whole")
    finally:
        subprocess.run(["umount", disk], check=True)
