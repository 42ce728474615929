"""Small photographs by the dozen, the real command line, and the processes behind it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import cv2

from handtint.batch.worker import PhotoWorker
from handtint.workers.messages import Job, Outcome, RunSetup, Task

ROOT = Path(__file__).parents[2]
STARTED: list[subprocess.Popen[bytes]] = []
SMALL = ("--keep", "all", "--threads", "1")  # one network, and no more of the machine than needed


def make_photos(folder: Path, count: int, *, side: int = 24) -> Path:
    """Crops of the sample photographs, no two alike, in a small tree with names that collide but for their endings."""
    pictures = [cv2.imread(str(p), cv2.IMREAD_GRAYSCALE) for p in sorted((ROOT / "examples/photos").glob("*.jpg"))]
    for number in range(count):
        picture = pictures[number % len(pictures)]
        top, left = 7 * number % (picture.shape[0] - side), 11 * number % (picture.shape[1] - side)
        name = f"{number % 3}/{number // 2:03}{'.png' if number % 2 else '.jpg'}"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(folder / name), picture[top : top + side, left : left + side])
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file that a run is for: the results, not the journal or the report."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and ".handtint" not in path.parts and not path.name.startswith("handtint-report"):
            with suppress(FileNotFoundError):  # a run at work has just given a result its name
                found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def start(*words: object, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """`handtint` as its own process."""
    call = [sys.executable, "-c", "from handtint.cli import main; main()", *map(str, words)]
    process = subprocess.Popen(call, stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    STARTED.append(process)
    return process


def end_all() -> None:
    """End what a test that failed has left running."""
    while STARTED:
        process = STARTED.pop()
        if process.poll() is None:
            process.kill()
            process.communicate()


def finish(process: subprocess.Popen[bytes], *, timeout: float = 300) -> tuple[int, str]:
    """(exit status, standard error) of a process that ends by itself."""
    try:
        _, said = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    text = said.decode()
    assert "Traceback" not in text, text
    return process.returncode, text


def tint(*words: object) -> tuple[int, str]:
    """(exit status, standard error) of `handtint tint` with few demands on the machine."""
    return finish(start("tint", *words, *SMALL))


def until(true: Callable[[], object], *, seconds: float = 180) -> None:
    """Wait for something to be so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def children(pid: int, mark: str = "") -> list[int]:
    """The processes below a process whose command line has a mark in it."""
    found, parents = [], {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit():
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    below = {pid}
    while more := {child for child, parent in parents.items() if parent in below} - below:
        below |= more
    for child in sorted(below - {pid}):
        try:
            if mark in Path(f"/proc/{child}/cmdline").read_text():
                found.append(child)
        except OSError:
            continue
    return found


class InProcess:
    """A worker that does its photos in this process, at once."""

    def __init__(self, setup: RunSetup) -> None:
        self.worker = PhotoWorker(setup)

    def start(self) -> Future[int]:
        return self._answer(0)

    def submit(self, task: Task) -> Future[Outcome]:
        try:
            return self._answer(self.worker.tint(task))
        except RuntimeError as error:  # its death
            future: Future[Outcome] = Future()
            future.set_exception(error)
            return future

    def kill(self) -> None:
        pass

    def _answer(self, value: object) -> Future:
        future: Future = Future()
        future.set_result(value)
        return future


def job(name: str) -> Job:
    return Job(name, f"out/{name}", "", "", name)
