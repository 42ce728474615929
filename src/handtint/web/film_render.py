"""One film rendered for the page, in a process of its own that writes its progress to a small file beside the film."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
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
PROGRESS_FILE = "progress"  # its content: frames done, frames in total
PROGRESS_INTERVAL = 0.2  # seconds between two writes of that file
POLL_INTERVAL = 0.2  # seconds between two checks whether a waiting render was cancelled
CANCEL_TIMEOUT = 10.0  # seconds to wait for a cancelled render to stop
_RENDER_LOCK = Lock()  # held by the render that runs: one film at a time


class FilmRender:
    """A render of a film. error: one line if it failed. notes: for the user, once it is done."""

    def __init__(self, path: Path, options: Options, start: float = 0.0, end: float | None = None) -> None:
        """path: of the uploaded film; the result is written beside it. start, end: in seconds; None for the film's end.

        Raises OptionError, InputError.
        """
        self.output = path.parent / f"result{_result_ending(str(path))}"
        self._job = FilmJob(source=str(path), output=str(self.output), options=options, start=start, end=end)
        self._worker: ProcessWorker[None, FilmJob, list[str]] = ProcessWorker(None, render, prepare=_prepare)
        self._cancelled, self._first_progress = Event(), (0.0, 0)
        self._thread = Thread(target=self._run, name="film", daemon=True)
        self.state: State = "waiting"
        self.error, self.notes = "", list[str]()

    @property
    def is_active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("waiting", "running")

    def start(self) -> None:
        """Start the render, in a thread; it waits until no other film is being rendered."""
        self._thread.start()

    def cancel(self) -> None:
        """Stop the render, and wait until it has stopped. Finished parts stay: the same render resumes after them."""
        self._cancelled.set()
        self._worker.kill()
        if self._thread.ident is not None:
            self._thread.join(CANCEL_TIMEOUT)

    @property
    def progress(self) -> tuple[int, int, float | None]:
        """(frames done, frames in total, seconds left or None if unknown)."""
        done, total = _read_progress(self.output.parent)
        now = time.monotonic()
        if not self._first_progress[1] and done:
            self._first_progress = now, done
        start, resumed = self._first_progress
        rate = (done - resumed) / (now - start) if now > start else 0.0
        return done, total, (total - done) / rate if rate > 0 and total else None

    def _run(self) -> None:
        while not _RENDER_LOCK.acquire(timeout=POLL_INTERVAL):
            if self._cancelled.is_set():
                self.state = "cancelled"
                return
        try:
            self._render()
        except Exception as error:
            self._end(error)
        finally:
            self._worker.kill()
            _RENDER_LOCK.release()

    def _render(self) -> None:
        self.state = "running"
        (self.output.parent / PROGRESS_FILE).unlink(missing_ok=True)
        self._worker.start().result()
        self.notes = self._worker.submit(self._job).result()
        self.state = "done"

    def _end(self, error: Exception) -> None:
        if self._cancelled.is_set():
            self.state = "cancelled"
            return
        self.error = _message(error)
        self.state = "failed"


def _message(error: Exception) -> str:
    if isinstance(error, WorkerDied):
        return "the process that rendered the film died"
    return str(error) if isinstance(error, HandtintError) else f"an unexpected error: {type(error).__name__}"


def render(_: None, job: FilmJob) -> list[str]:
    """In the process: render the film, and return the notes for the user. Raises HandtintError."""
    folder, last_write, done = Path(job.output).parent, 0.0, 0
    with Render(job) as rendering:
        for done in rendering.frames(Event()):
            if time.monotonic() - last_write > PROGRESS_INTERVAL:
                last_write = time.monotonic()
                _write_progress(folder, done, max(done, rendering.total))
        _write_progress(folder, done, done)
        return rendering.notes


def _prepare(_: None) -> None:
    """The process needs no preparation: the networks depend on the job."""


def _write_progress(folder: Path, done: int, total: int) -> None:
    new = folder / f"{PROGRESS_FILE}.new"
    new.write_text(f"{done} {total}", encoding="ascii")
    os.replace(new, folder / PROGRESS_FILE)


def _read_progress(folder: Path) -> tuple[int, int]:
    with suppress(OSError, ValueError):
        done, total = map(int, (folder / PROGRESS_FILE).read_text(encoding="ascii").split())
        return done, total
    return 0, 0


def _result_ending(path: str, endings: Sequence[str] = (".mp4", ".mkv")) -> str:
    """The first of these file name endings whose container supports the film's sound: browsers play .mp4 best."""
    for ending in endings[:-1]:
        with suppress(OptionError):
            join.select_side_streams(path, f"result{ending}", ())
            return ending
    return endings[-1]
