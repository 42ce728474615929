"""The worker pool of the service: a limited number of requests at once, and errors with messages for clients."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager

from handtint.errors import HandtintError, ServiceError
from handtint.workers.messages import PhotoRequest, PhotoResponse
from handtint.workers.pool import WorkerPool
from handtint.workers.worker import MAX_FAILED_STARTS, NoWorkerError, Worker

LOG = logging.getLogger("handtint.service")
_NO_WORKER = "no worker can be started; the service's log says why"


class RequestPool(WorkerPool[PhotoRequest, PhotoResponse]):
    """A pool of `size` workers. queue: number of requests that may wait. seconds: time limit of one request."""

    def __init__(
        self, spawn: Callable[[], Worker[PhotoRequest, PhotoResponse]], size: int, *, queue: int, seconds: float
    ) -> None:
        super().__init__(spawn, size, seconds=seconds)
        self.queue, self.admitted = queue, 0

    def check(self) -> None:
        """Raise ServiceError with the reason if no worker is ready."""
        if not self.ready:
            raise ServiceError("unavailable", _NO_WORKER if self.failed_starts else "the workers are starting", wait=2)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """A slot for one request, from its upload to its response. Raises ServiceError if there is none."""
        if self.failed_starts >= MAX_FAILED_STARTS:
            self.check()
        if self.admitted >= self.size + self.queue:
            wait = min(60, max(1, math.ceil(self.typical_seconds * self.admitted / self.size)))
            raise ServiceError(
                "busy", f"the queue of {self.admitted} requests is full; try again in {wait} s", wait=wait
            )
        self.admitted += 1
        try:
            yield
        finally:
            self.admitted -= 1

    async def do(self, job: PhotoRequest) -> PhotoResponse:
        """Handle a request in a worker, as `WorkerPool.do`. Raises HandtintError."""
        try:
            return await super().do(job)
        except TimeoutError:
            text = f"the photo took longer than {self.seconds:g} s; send a smaller one, or use cheaper settings"
            raise ServiceError("work-time", text) from None
        except BrokenExecutor:
            text = "the worker process died: it ran out of memory, or this photo crashed it"
            raise ServiceError("fatal", text) from None
        except NoWorkerError:
            raise ServiceError("unavailable", _NO_WORKER, wait=2) from None
        except HandtintError:
            raise
        except Exception as error:
            LOG.error("unexpected exception in a worker", exc_info=error)
            text = "an unexpected error; the service's log has the details"
            raise ServiceError("fault", text) from error
