"""A process of the service's: it loads the work when it is started, and keeps to its limits."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from handtint.batch.process import Process
from handtint.service.order import Answer, Order, Setup


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
    """In the worker: one request. Raises HandtintError, and whatever a fault of ours is."""
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
