"""What travels between the service and its workers: a request's order, the answer; and the process between them."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from handtint.batch.process import Process
from handtint.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a worker keeps to. threads: 0 for one a core. memory: bytes that it may allocate, or 0."""

    pixels: int
    bytes: int
    frames: int
    threads: int = 0
    memory: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One request. photo, mask: picture files' bytes, mask may be none. json: whether to answer with JSON.

    formats: of the picture to answer with, as welcome as each other; none where that does not matter.
    """

    errand: Literal["tint", "inspect"]
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


def hire(setup: Setup) -> Process[Setup, Order, Answer]:
    """A worker process, not yet started."""
    return Process(setup, do, begin=begin)


def begin(setup: Setup) -> None:
    """In the worker: get ready, networks and all."""
    if setup.threads:
        os.environ["VIPS_CONCURRENCY"] = str(setup.threads)  # read when libvips is loaded
    _limit(setup.memory)
    from handtint.service import worker

    worker.warm(setup)


def do(setup: Setup, order: Order) -> Answer:
    """In the worker: one request. Raises HandtintError, RuntimeError for a fault of ours."""
    from handtint.service import worker

    return worker.do(setup, order)


def _limit(memory: int) -> None:
    """Be the one that is killed when memory runs out, and fail before it does where there is a limit."""
    if sys.platform != "linux":
        return
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    if memory:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
