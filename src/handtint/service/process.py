"""A worker process of the service: loads the networks when it starts, and keeps to its limits."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from handtint.workers.messages import Answer, PhotoRequest, ServiceSetup
from handtint.workers.process import ProcessWorker


def spawn(setup: ServiceSetup) -> ProcessWorker[ServiceSetup, PhotoRequest, Answer]:
    """A worker process, not yet started."""
    return ProcessWorker(setup, do, prepare=prepare)


def prepare(setup: ServiceSetup) -> None:
    """In the worker: get ready, networks and all."""
    if setup.threads:
        os.environ["VIPS_CONCURRENCY"] = str(setup.threads)  # read when libvips is loaded
    _limit(setup.memory)
    from handtint.service import worker

    worker.warm(setup)


def do(setup: ServiceSetup, job: PhotoRequest) -> Answer:
    """In the worker: one request. Raises HandtintError, and whatever a fault of ours is."""
    from handtint.service import worker

    return worker.do(setup, job)


def _limit(memory: int) -> None:
    """Be the one that is killed when memory runs out, and fail before it does where there is a limit."""
    if sys.platform != "linux":
        return
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    if memory:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
