"""Many small photographs, the real command line, and the processes that it starts."""

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
FAST_OPTIONS = ("--keep", "all", "--threads", "1")  # one network and one thread


def make_photos(folder: Path, count: int, *, side: int = 24) -> Path:
    """Different crops of the sample photographs in a small tree, some with names that differ only in their endings."""
    pictures = [cv2.imread(str(p), cv2.IMREAD_GRAYSCALE) for p in sorted((ROOT / "examples/photos").glob("*.jpg"))]
    for number in range(count):
        picture = pictures[number % len(pictures)]
        top, left = 7 * number % (picture.shape[0] - side), 11 * number % (picture.shape[1] - side)
        name = f"{number % 3}/{number // 2:03}{'.png' if number % 2 else '.jpg'}"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(folder / name), picture[top : top + side, left : left + side])
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """The results of a run, without the journal and the report: name -> content."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and ".handtint" not in path.parts and not path.name.startswith("handtint-report"):
            with suppress(FileNotFoundError):  # an active run has just renamed a result
                files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files


def start(*args: object, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """`handtint` as its own process."""
    command = [sys.executable, "-c", "from handtint.cli import main; main()", *map(str, args)]
    process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    STARTED.append(process)
    return process


def kill_started() -> None:
    """Kill the processes that a failed test has left running."""
    while STARTED:
        process = STARTED.pop()
        if process.poll() is None:
            process.kill()
            process.communicate()


def finish(process: subprocess.Popen[bytes], *, timeout: float = 300) -> tuple[int, str]:
    """(exit status, standard error) of a process that ends by itself."""
    try:
        _, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    text = stderr.decode()
    assert "Traceback" not in text, text
    return process.returncode, text


def tint(*args: object) -> tuple[int, str]:
    """(exit status, standard error) of `handtint tint` with FAST_OPTIONS."""
    return finish(start("tint", *args, *FAST_OPTIONS))


def until(condition: Callable[[], object], *, seconds: float = 180) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition was not met"
        time.sleep(0.02)


def children(pid: int, text: str = "") -> list[int]:
    """The descendants of a process whose command line contains a text."""
    found, parents = [], {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit():
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    descendants = {pid}
    while new := {child for child, parent in parents.items() if parent in descendants} - descendants:
        descendants |= new
    for child in sorted(descendants - {pid}):
        try:
            if text in Path(f"/proc/{child}/cmdline").read_text():
                found.append(child)
        except OSError:
            continue
    return found


class InProcessWorker:
    """A worker that tints photos at once, in this process."""

    def __init__(self, setup: RunSetup) -> None:
        self.worker = PhotoWorker(setup)

    def start(self) -> Future[int]:
        return self._answer(0)

    def submit(self, task: Task) -> Future[Outcome]:
        try:
            return self._answer(self.worker.tint(task))
        except RuntimeError as error:  # the worker died
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
