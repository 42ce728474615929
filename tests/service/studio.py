"""A real service on a port of this machine, its workers real processes with simple networks in them."""

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
    """Put simple networks in the catalogue's place, and records of weights that are as good as here."""
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
    """Set an attribute of a class for good: for processes that are thrown away."""
    place, _, attribute = name.rpartition(".")
    module, _, owner = place.rpartition(".")
    setattr(getattr(importlib.import_module(module), owner), attribute, value)


def prepare(setup: ServiceSetup) -> None:
    """In the worker: get ready with simple networks."""
    install(patch)
    process.prepare(setup)


def do(setup: ServiceSetup, task: PhotoRequest) -> PhotoResponse:
    """In the worker: do what the photo says at its end, or else the work."""
    if task.photo.endswith(FATAL):
        os.kill(os.getpid(), signal.SIGKILL)
    if task.photo.endswith(SLOW):
        time.sleep(1.0)
    if task.photo.endswith(BROKEN):
        raise RuntimeError("a fault, and /a/path of it")
    return process.handle(setup, task)


def spawn(setup: ServiceSetup) -> ProcessWorker[ServiceSetup, PhotoRequest, PhotoResponse]:
    """A worker with simple networks."""
    return ProcessWorker(setup, do, prepare=prepare)


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


def until(true: Callable[[], object], *, seconds: float = 60) -> None:
    """Wait for something to be so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def figure(client: httpx.Client, name: str) -> float:
    """A figure of the service, by the beginning of its line."""
    lines = client.get("/metrics").text.splitlines()
    return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} "))


def problem(answer: httpx.Response, status: int, kind: str) -> str:
    """The detail of a problem document, which must be whole and of that kind."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert set(said) == {"type", "title", "status", "detail", "instance"}
    assert said["status"] == status
    assert said["type"] == f"urn:handtint:problem:{kind}"
    return said["detail"]


def start(*words: str, **environment: str) -> subprocess.Popen[str]:
    """`handtint serve` in a process of its own, with simple networks in its workers."""
    code = "import studio; studio.main()"
    paths = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-c", code, "serve", *words],
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
