"""A worker process of the service: loads the networks when it starts, and keeps to its limits."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from handtint.workers.messages import PhotoRequest, PhotoResponse, ServiceSetup
from handtint.workers.process import ProcessWorker


def spawn(setup: ServiceSetup) -> ProcessWorker[ServiceSetup, PhotoRequest, PhotoResponse]:
    """A worker process, not yet started."""
    return ProcessWorker(setup, handle, prepare=prepare)


def prepare(setup: ServiceSetup) -> None:
    """In the worker process: apply its limits, and load the networks."""
    if setup.threads:
        os.environ["VIPS_CONCURRENCY"] = str(setup.threads)  # read when libvips is loaded
    _limit(setup.memory)
    from handtint.service import worker

    worker.warm_up(setup)


def handle(setup: ServiceSetup, job: PhotoRequest) -> PhotoResponse:
    """In the worker process: handle one request. Raises HandtintError, and any exception for a bug."""
    from handtint.service import worker

    return worker.handle(setup, job)


def _limit(memory: int) -> None:
    """Let the system kill this process first when memory runs out, and limit its memory (bytes) if it is not 0."""
    if sys.platform != "linux":
        return
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    if memory:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
