"""A real service on a local port, whose workers are real processes with simple networks."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from handtint.service import process, server
from handtint.service.request_pool import RequestPool
from handtint.service.settings import Settings
from handtint.weights import Weights
from handtint.workers.messages import PhotoRequest, PhotoResponse, ServiceSetup
from handtint.workers.process import ProcessWorker

HERE = Path(__file__).parent
FATAL, SLOW, BROKEN = b"do die of me", b"take your time", b"fail at me"  # at the end of a photo's file


def install(patch: Callable[[str, Any], None]) -> None:
    """Replace the networks of the catalogue by simple ones, and the records of their weights."""
    spec = importlib.util.spec_from_file_location("shared_fakes", HERE.parent / "conftest.py")
    assert spec
    assert spec.loader
    fakes = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fakes)
    engines = {"color": fakes.ConstantColor(30, 20), "mask": fakes.LeftHalf(), "faces": fakes.NoFaces()}
    size = Path(__file__).stat().st_size
    weights = Weights(__file__, "f" * 64, size, "MIT", "file", "", "", "", 0)
    patch("handtint.zoo.Model.engine", lambda model, **_: engines[model.task])
    patch("handtint.zoo.Model.weights", property(lambda _: weights))


def patch(name: str, value: object) -> None:
    """Set an attribute of a class permanently, in a process of its own."""
    owner_path, _, attribute = name.rpartition(".")
    module, _, owner = owner_path.rpartition(".")
    setattr(getattr(importlib.import_module(module), owner), attribute, value)


def prepare(setup: ServiceSetup) -> None:
    """In the worker: prepare with simple networks."""
    install(patch)
    process.prepare(setup)


def handle(setup: ServiceSetup, task: PhotoRequest) -> PhotoResponse:
    """In the worker: do what the end of the photo's bytes requests, else handle the request."""
    if task.photo.endswith(FATAL):
        os.kill(os.getpid(), signal.SIGKILL)
    if task.photo.endswith(SLOW):
        time.sleep(1.0)
    if task.photo.endswith(BROKEN):
        raise RuntimeError("a fault, and /a/path of it")
    return process.handle(setup, task)


def spawn(setup: ServiceSetup) -> ProcessWorker[ServiceSetup, PhotoRequest, PhotoResponse]:
    """A worker with simple networks."""
    return ProcessWorker(setup, handle, prepare=prepare)


def pool_of(settings: Settings) -> RequestPool:
    """A pool whose workers have simple networks."""
    setup = ServiceSetup(pixels=settings.pixels, bytes=settings.bytes, frames=settings.frames, threads=1)
    return RequestPool(partial(spawn, setup), settings.jobs or 1, queue=settings.queue, seconds=settings.seconds)


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[httpx.Client]:
    """A client of a running service, whose workers are ready."""
    pool = pool_of(settings)
    with server.listen(settings) as port:
        site = uvicorn.Server(server.config(settings, pool))
        thread = threading.Thread(target=site.run, kwargs={"sockets": [port]})
        thread.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port.getsockname()[1]}", timeout=60) as client:
                until(lambda: _is_ready(client))
                yield client
        finally:
            site.should_exit = True
            thread.join()
            pool.kill()


def _is_ready(client: httpx.Client) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return client.get("/readyz").status_code == 200
    return False


def until(condition: Callable[[], object], *, seconds: float = 60) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition was not met"
        time.sleep(0.02)


def metric(client: httpx.Client, name: str) -> float:
    """A metric of the service, by its name and labels."""
    lines = client.get("/metrics").text.splitlines()
    return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} "))


def problem(response: httpx.Response, status: int, kind: str) -> str:
    """The detail of a problem document, after checks of its fields and kind."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert set(document) == {"type", "title", "status", "detail", "instance"}
    assert document["status"] == status
    assert document["type"] == f"urn:handtint:problem:{kind}"
    return document["detail"]


def start(*args: str, **environment: str) -> subprocess.Popen[str]:
    """`handtint serve` in a process of its own, with simple networks in its workers."""
    code = "import live_service; live_service.main()"
    paths = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-c", code, "serve", *args],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths, **environment},
    )


def main() -> None:
    """In that process: the command line."""
    from handtint.cli import main as command

    install(patch)
    process.spawn = spawn
    command(sys.argv[1:])
