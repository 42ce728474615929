"""The workers behind the service: room for so many requests at once, and errors in words for clients."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager

from handtint.errors import HandtintError, ServiceError
from handtint.workers.messages import Answer, PhotoRequest
from handtint.workers.pool import WorkerPool
from handtint.workers.worker import FALSE_STARTS, NoWorkerError, Worker

LOG = logging.getLogger("handtint.service")
_NO_WORKER = "no worker can be started; the service's log says why"


class RequestPool(WorkerPool[PhotoRequest, Answer]):
    """`size` workers, and room for `queue` requests that wait. seconds: how long a worker may take for one."""

    def __init__(
        self, spawn: Callable[[], Worker[PhotoRequest, Answer]], size: int, *, queue: int, seconds: float
    ) -> None:
        super().__init__(spawn, size, seconds=seconds)
        self.queue, self.admitted = queue, 0

    def check(self) -> None:
        """Raise ServiceError where no worker is ready, saying why."""
        if not self.ready:
            raise ServiceError(
                "unavailable", _NO_WORKER if self.false_starts else "the workers are getting ready", wait=2
            )

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Room for one request, from its upload to its answer. Raises ServiceError where there is none."""
        if self.false_starts >= FALSE_STARTS:
            self.check()
        if self.admitted >= self.size + self.queue:
            wait = min(60, max(1, math.ceil(self.typical_seconds * self.admitted / self.size)))
            raise ServiceError("busy", f"{self.admitted} requests are here already; come back in {wait} s", wait=wait)
        self.admitted += 1
        try:
            yield
        finally:
            self.admitted -= 1

    async def do(self, job: PhotoRequest) -> Answer:
        """Have a request done. Cancelled, it is forgotten, and its worker soon free. Raises HandtintError."""
        try:
            return await super().do(job)
        except TimeoutError:
            text = f"the photo took longer than {self.seconds:g} s; send a smaller one, or ask for less of it"
            raise ServiceError("work-time", text) from None
        except BrokenExecutor:
            text = "the photo's worker died: out of memory, or crashed by this photo"
            raise ServiceError("fatal", text) from None
        except NoWorkerError:
            raise ServiceError("unavailable", _NO_WORKER, wait=2) from None
        except HandtintError:
            raise
        except Exception as error:
            LOG.error("a fault of ours", exc_info=error)
            text = "this should not have happened; the service's log says more"
            raise ServiceError("fault", text) from error
