"""What travels between the service and its workers: a job for each request, and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from handtint.options import Options
from handtint.workers.async_pool import AsyncWorkerPool


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a worker keeps to. threads: 0 for one a core. memory: bytes that it may allocate, or 0."""

    pixels: int
    bytes: int
    frames: int
    threads: int = 0
    memory: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One request. photo, mask: picture files' bytes, mask may be none. json: whether to answer with JSON.

    formats: of the picture to answer with, as welcome as each other; none where that does not matter.
    """

    kind: Literal["tint", "inspect"]
    photo: bytes
    options: Options
    mask: bytes = b""
    formats: tuple[str, ...] = ()
    json: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer: a body, its media type, and what the person should know of it, or ""."""

    body: bytes
    media: str
    note: str = ""


Pool = AsyncWorkerPool[Job, Answer]
