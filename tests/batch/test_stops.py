"""Runs stopped at any moment, by anybody, with the real command line and its real processes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from darkroom import SMALL, children, contents, finish, make_photos, start, tint, until

WORKER = "multiprocessing.spawn"


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def kill(process: subprocess.Popen[bytes], number: signal.Signals) -> tuple[int, str]:
    """Stop a run; its exit status and what it said. No process of it may stay."""
    below = children(process.pid)
    process.send_signal(number)
    if number == signal.SIGKILL:
        process.communicate()
        done = process.returncode, ""
    else:
        done = finish(process)
    until(lambda: not any(map(alive, below)))
    return done


def results(out: Path) -> int:
    return len(contents(out)) if out.exists() else 0


def murder(photos: Path, out: Path, wanted: dict[str, bytes], *, kills: int, seed: int) -> None:
    """Kill a run again and again; then let it end, and compare."""
    chance = random.Random(seed)
    whole: dict[str, bytes] = {}
    for number in range(kills):
        process = start("tint", photos, "-o", out, *SMALL, "--jobs", 2)
        goal = len(wanted) * (number + 1) // (kills + 1)
        how = chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
        until(lambda goal=goal, process=process: results(out) >= goal or process.poll() is not None)
        until(lambda process=process: children(process.pid) or process.poll() is not None)  # past the imports
        threading.Event().wait(chance.uniform(0, 0.3))
        status, _ = kill(process, how)
        assert status in {signal.SIGKILL: (-9, 0), signal.SIGTERM: (143, -15, 0), signal.SIGINT: (130, -2, 0)}[how]
        whole = {name: data for name, data in contents(out).items() if not name.endswith(".part")}
        assert whole.items() <= wanted.items(), "a result is not what it should be"
    stamps = {name: (out / name).stat().st_mtime_ns for name in whole}
    status, said = tint(photos, "-o", out, "--jobs", 2)
    assert status == 0, said
    assert contents(out) == wanted
    redone = [name for name, stamp in stamps.items() if (out / name).stat().st_mtime_ns != stamp]
    assert len(redone) <= 2, "more than what was in hand was done twice"


def test_killed_at_random_moments_it_goes_on(tmp_path: Path) -> None:
    photos = make_photos(tmp_path / "in", 12)
    assert tint(photos, "-o", tmp_path / "whole")[0] == 0
    wanted = contents(tmp_path / "whole")
    assert finish(start("tint", photos / "0" / "000.jpg", "-o", tmp_path / "one.jpg", "--keep", "all"))[0] == 0
    assert (tmp_path / "one.jpg").read_bytes() == wanted["0/000.jpg"], "alone, and with all cores, it is another"
    murder(photos, tmp_path / "out", wanted, kills=3, seed=1)


@pytest.mark.slow
def test_killed_twenty_times_over_a_few_hundred_photos(tmp_path: Path) -> None:
    photos = make_photos(tmp_path / "in", 300)
    assert tint(photos, "-o", tmp_path / "whole")[0] == 0
    murder(photos, tmp_path / "out", contents(tmp_path / "whole"), kills=20, seed=2)


def test_a_worker_that_dies_costs_its_photo(tmp_path: Path) -> None:
    photos, out = make_photos(tmp_path / "in", 14), tmp_path / "out"
    process = start("tint", photos, "-o", out, *SMALL, "--jobs", 2)
    until(lambda: results(out) >= 4)
    os.kill(children(process.pid, WORKER)[-1], signal.SIGKILL)
    status, said = finish(process)
    assert status == 1
    assert said.count("its worker died") == 1
    assert results(out) >= 13  # the photo may have been written before its worker died
    status, said = tint(photos, "-o", out, "--retry-failed")
    assert status == 0, said
    assert results(out) == 14


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_by_hand(tmp_path: Path, number: signal.Signals, status: int) -> None:
    photos, out = make_photos(tmp_path / "in", 40), tmp_path / "out"
    process = start("tint", photos, "-o", out, *SMALL)
    until(lambda: results(out) >= 2)
    found, said = kill(process, number)
    assert found == status, said
    assert "run the same command again to continue" in said
    assert not list(out.rglob("*.part"))


def test_a_single_photo_stopped_by_hand(tmp_path: Path) -> None:
    process = start("tint", "-", "-o", tmp_path / "out.jpg", stdin=subprocess.PIPE)  # nobody ever writes into it
    until(lambda: "cv2" in Path(f"/proc/{process.pid}/maps").read_text())
    threading.Event().wait(0.3)
    assert kill(process, signal.SIGTERM)[0] == 143


def test_a_second_run_is_refused(tmp_path: Path) -> None:
    photos, out = make_photos(tmp_path / "in", 60), tmp_path / "out"
    first = start("tint", photos, "-o", out, *SMALL)
    until(lambda: results(out) >= 1)
    status, said = tint(photos, "-o", out)
    assert (status, said.count("\n")) == (1, 1), said
    assert "another run is at work" in said
    assert kill(first, signal.SIGINT)[0] == 130


def test_new_photos_are_done_as_they_come(tmp_path: Path) -> None:
    photos, out = make_photos(tmp_path / "in", 2), tmp_path / "out"
    process = start("tint", photos, "-o", out, *SMALL, "--watch")
    until(lambda: results(out) == 2)
    data = (photos / "0" / "000.jpg").read_bytes()
    with open(photos / "late.jpg", "wb") as file:
        file.write(data[: len(data) // 2])
        file.flush()
        threading.Event().wait(4.2)
        file.write(data[len(data) // 2 :])
    assert process.stderr
    lines = []
    for line in process.stderr:  # until it is said to be done: its file is there a moment before
        lines.append(line.decode())
        if "late.jpg -> " in lines[-1]:
            break
    status, said = kill(process, signal.SIGINT)
    assert status == 0
    assert "late.jpg -> " in lines[-1]
    assert "late.jpg: " not in "".join(lines) + said
    report = json.loads((out / "handtint-report.json").read_text())
    assert (report["total"], report["done"], report["failed"]) == (3, 3, 0)


def test_a_disk_that_is_full_is_one_line(tmp_path: Path) -> None:
    photos, disk = make_photos(tmp_path / "in", 6, side=160), tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root can make a small disk")
    try:
        status, said = tint(photos, "-o", disk / "out", "--format", "png")
        assert status == 1, said
        assert "no space left" in said or "full" in said
        subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
        assert tint(photos, "-o", disk / "out", "--format", "png")[0] == 0
        assert tint(photos, "-o", tmp_path / "whole", "--format", "png")[0] == 0
        assert contents(disk / "out") == contents(tmp_path / "whole")
    finally:
        subprocess.run(["umount", disk], check=True)
