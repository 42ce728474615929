"""The messages between pools and workers: photographs of a run and their outcomes, service requests and responses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from handtint.options import Options

# done: tinted and written. same: unchanged since an earlier run. failed: this photo cannot be tinted.
# halt: no photo can be tinted any more (disk full, weights damaged), so the run stops.
State = Literal["done", "same", "failed", "halt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSetup:
    """The settings of a run, sent to each worker when it starts.

    mask: the bytes of a picture file, or b"". threads: per worker; 0 for one per core.
    """

    options: Options
    mask: bytes = b""
    save_mask: bool = False
    save_panel: bool = False
    threads: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """One photograph of a run: the paths of its file, of the result, and of the files written next to it."""

    source: str  # a path, or "-" for standard input
    target: str  # a path, or "-" for standard output
    mask: str = ""
    panel: str = ""
    key: str = ""  # of the photo in the journal


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """A journal's record of a photo under the same recipe: the sha256 of its file, and its error if it failed."""

    input: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A job for a worker. known: its record from an earlier run. thumbnail: whether to make one for the report."""

    job: Job
    known: JournalRecord | None = None
    thumbnail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of a job. error, note: one line each, or "".

    input: sha256 of the photo's file, "" if it could not be read. thumbnail: a JPEG of before and after, or b"".
    from_journal: the error is that of an earlier run. usage_error: the edit does not fit this photo, such as a hint
    outside of it. undecodable: the file is not a complete picture, but may still be being written.
    """

    job: Job
    state: State = "done"
    error: str = ""
    note: str = ""
    input: str = ""
    seconds: float = 0.0
    thumbnail: bytes = b""
    from_journal: bool = False
    usage_error: bool = False
    undecodable: bool = False


def worker_died(task: Task) -> Outcome:
    """The outcome of a photograph that killed its worker."""
    text = f"{task.job.source}: its worker died: out of memory, or crashed by this photo"
    return Outcome(job=task.job, state="failed", error=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSetup:
    """The limits of a worker of the service.

    pixels, bytes, frames: of a photo. threads: 0 for one per core. memory: bytes that it may allocate, 0 for no limit.
    """

    pixels: int
    bytes: int
    frames: int
    threads: int = 0
    memory: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoRequest:
    """One request to the service.

    photo, mask, reference: the bytes of files; b"" for no mask or reference. formats: acceptable formats of the
    result, () for any. json: whether the response is JSON.
    """

    kind: Literal["tint", "inspect"]
    photo: bytes
    options: Options
    mask: bytes = b""
    reference: bytes = b""
    formats: tuple[str, ...] = ()
    json: bool = False


@dataclass(frozen=True, slots=True)
class PhotoResponse:
    """The response to a request. note: for the user, or ""."""

    body: bytes
    media_type: str
    note: str = ""
