"""What travels between pools and workers: photographs of a run and their outcomes, requests and their answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from handtint.options import Options

# done: tinted and written. same: nothing to do, it was done before. failed: this photo cannot be done.
# halt: no photo could be done any more (disk full, weights damaged), so the run stops.
State = Literal["done", "same", "failed", "halt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSetup:
    """What a worker of a run needs before its first photo.

    threads: 0 for one a core. mask: a picture file's bytes, or none.
    """

    options: Options
    mask: bytes = b""
    save_mask: bool = False
    save_panel: bool = False
    threads: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """One photograph of a run: where it is, where the result goes, and the files beside the result."""

    source: str  # a path, or "-" for standard input
    target: str  # a path, or "-" for standard output
    mask: str = ""
    panel: str = ""
    key: str = ""  # what a journal calls the photo


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """What a journal knows of a photo under the same recipe: its input's sha256, and an error if it failed."""

    input: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One photograph to do. thumbnail: whether a small picture of it is wanted for the report."""

    job: Job
    known: JournalRecord | None = None
    thumbnail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a job: an error and a note, each one line or empty.

    input: sha256 of the photo's file, "" where it could not be read. thumbnail: a JPEG of before and after, or none.
    repeated: the error is an earlier run's. misused: the edit cannot be had of this photo, as a hint outside of it.
    undecodable: the file was no whole picture, and may become one.
    """

    job: Job
    state: State = "done"
    error: str = ""
    note: str = ""
    input: str = ""
    seconds: float = 0.0
    thumbnail: bytes = b""
    repeated: bool = False
    misused: bool = False
    undecodable: bool = False


def died(task: Task) -> Outcome:
    """The outcome of a photograph whose worker died of it."""
    text = f"{task.job.source}: its worker died: out of memory, or crashed by this photo"
    return Outcome(job=task.job, state="failed", error=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSetup:
    """The limits of a worker of the service. threads: 0 for one a core. memory: bytes that it may allocate, or 0."""

    pixels: int
    bytes: int
    frames: int
    threads: int = 0
    memory: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoRequest:
    """One request to the service. photo, mask, reference: files' bytes, which the last two may lack.

    json: whether to answer so.

    formats: of the picture to answer with, as welcome as each other; none where that does not matter.
    """

    kind: Literal["tint", "inspect"]
    photo: bytes
    options: Options
    mask: bytes = b""
    reference: bytes = b""
    formats: tuple[str, ...] = ()
    json: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer: a body, its media type, and what the person should know of it, or ""."""

    body: bytes
    media: str
    note: str = ""
