"""One film rendered for the page, in a process of its own, whose progress is a small file beside the film."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Literal

from handtint.errors import HandtintError, OptionError
from handtint.options import Options
from handtint.video import join
from handtint.video.job import FilmJob
from handtint.video.render import Render
from handtint.workers.process import ProcessWorker
from handtint.workers.worker import WorkerDied

State = Literal["waiting", "running", "done", "failed", "cancelled"]
PROGRESS = "progress"  # the file that holds how many frames are done, of how many
WAIT = 0.2  # seconds between two looks whether a render that waits was cancelled
_TURN = Lock()  # one film at a time is rendered


@dataclass(frozen=True, slots=True)
class RenderTask:
    """What a worker process is told. Times in seconds; end: None for the film's."""

    source: str
    output: str
    options: Options
    start: float = 0.0
    end: float | None = None

    def job(self) -> FilmJob:
        """The job. Raises OptionError."""
        return FilmJob(source=self.source, output=self.output, options=self.options, start=self.start, end=self.end)


class FilmRender:
    """A render that has been asked for. error: one line, when it has failed. notes: for the user, when it is done."""

    def __init__(self, path: Path, options: Options, start: float = 0.0, end: float | None = None) -> None:
        """path: of the uploaded film, beside which the result is written. Raises OptionError, InputError."""
        self.output = path.parent / f"result{_ending(str(path))}"
        self._task = RenderTask(str(path), str(self.output), options, start, end)
        self._task.job()
        self._worker: ProcessWorker[None, RenderTask, list[str]] | None = None
        self._cancelled, self._first = Event(), (0.0, 0)
        self._thread = Thread(target=self._run, name="film", daemon=True)
        self.state: State = "waiting"
        self.error, self.notes = "", list[str]()

    @property
    def is_active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("waiting", "running")

    def start(self) -> None:
        """Begin, once no other film is being rendered."""
        self._thread.start()

    def cancel(self) -> None:
        """Stop it, and wait until it has stopped. What is done is kept: the same render goes on from there."""
        self._cancelled.set()
        if self._worker:
            self._worker.kill()
        if self._thread.ident is not None:
            self._thread.join(10)

    @property
    def progress(self) -> tuple[int, int, float | None]:
        """(frames done, frames in all, seconds left or None)."""
        done, total = _read(self.output.parent)
        now = time.monotonic()
        if not self._first[1] and done:
            self._first = now, done
        began, first = self._first
        speed = (done - first) / (now - began) if now > began else 0.0
        return done, total, (total - done) / speed if speed > 0 and total else None

    def _run(self) -> None:
        while not _TURN.acquire(timeout=WAIT):
            if self._cancelled.is_set():
                self.state = "cancelled"
                return
        try:
            self._run_now()
        finally:
            _TURN.release()

    def _run_now(self) -> None:
        try:
            self._render()
        except WorkerDied:
            self._end("cancelled" if self._cancelled.is_set() else "failed", "the process that rendered it died")
        except Exception as error:
            text = str(error) if isinstance(error, HandtintError) else f"unexpected: {type(error).__name__}"
            self._end("failed", text)

    def _render(self) -> None:
        if self._cancelled.is_set():
            self.state = "cancelled"
            return
        worker: ProcessWorker[None, RenderTask, list[str]] = ProcessWorker(None, render, prepare=_nothing)
        self._worker, self.state = worker, "running"
        (self.output.parent / PROGRESS).unlink(missing_ok=True)
        try:
            worker.start().result()
            self.notes = worker.submit(self._task).result()
        finally:
            worker.kill()
        self.state = "done"

    def _end(self, state: State, error: str) -> None:
        self.error = "" if state == "cancelled" else error
        self.state = state


def render(_: None, task: RenderTask) -> list[str]:
    """In the process: render the film, and return the notes for the user. Raises HandtintError."""
    folder, told, done = Path(task.output).parent, 0.0, 0
    with Render(task.job()) as rendering:
        for done in rendering.frames(Event()):
            if time.monotonic() - told > 0.2:
                told = time.monotonic()
                _write(folder, done, max(done, rendering.total))
        _write(folder, done, done)
        return rendering.notes


def _nothing(_: None) -> None:
    """The process needs no preparation."""


def _write(folder: Path, done: int, total: int) -> None:
    new = folder / f"{PROGRESS}.new"
    new.write_text(f"{done} {total}", encoding="ascii")
    os.replace(new, folder / PROGRESS)


def _read(folder: Path) -> tuple[int, int]:
    with suppress(OSError, ValueError):
        done, total = map(int, (folder / PROGRESS).read_text(encoding="ascii").split())
        return done, total
    return 0, 0


def _ending(path: str, endings: Sequence[str] = (".mp4", ".mkv")) -> str:
    """That of the first container that holds the sound of a film: browsers play .mp4 best."""
    for ending in endings[:-1]:
        with suppress(OptionError):
            join.select_side_streams(path, f"result{ending}", ())
            return ending
    return endings[-1]
