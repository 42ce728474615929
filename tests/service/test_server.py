"""`handtint serve` as a process: start, stop, and no processes left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import live_service
import pytest
from click.testing import CliRunner

from handtint.cli import main

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
RUNNING: list[subprocess.Popen[str]] = []
CLIENTS: list[httpx.Client] = []


@pytest.fixture(autouse=True)
def _no_processes_remain() -> Iterator[None]:
    yield
    while CLIENTS:
        CLIENTS.pop().close()
    while RUNNING:
        process = RUNNING.pop()
        if process.poll() is None:
            process.kill()
        process.communicate()


def start(*args: str, **environment: str) -> tuple[subprocess.Popen[str], httpx.Client]:
    """A service in a process of its own, ready, and a client of it."""
    process = live_service.start("--port", "0", "--jobs", "1", *args, **environment)
    RUNNING.append(process)
    assert process.stderr
    output = process.stderr.readline()
    match = re.fullmatch(r"handtint: serving at (http://\S+)\n", output)
    assert match, output + process.stderr.read()
    client = httpx.Client(base_url=match[1], timeout=60)
    CLIENTS.append(client)
    live_service.until(lambda: client.get("/readyz").status_code == 200)
    return process, client


def workers(pid: int) -> list[int]:
    """The worker processes among the children of a process."""
    pids = []
    for entry in Path("/proc").iterdir():
        try:
            child = entry.name.isdigit() and f"PPid:\t{pid}\n" in (entry / "status").read_text()
            if child and "spawn_main" in (entry / "cmdline").read_text():
                pids.append(int(entry.name))
        except OSError:
            continue
    return pids


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_service_after_accepted_requests(jpeg: bytes, number: signal.Signals) -> None:
    process, client = start()
    responses: list[httpx.Response] = []
    files = {"photo": ("a", jpeg + live_service.SLOW)}
    thread = threading.Thread(
        target=lambda: responses.append(httpx.post(client.base_url.join("/v1/tint"), files=files))
    )
    thread.start()
    live_service.until(lambda: live_service.metric(client, "handtint_workers_busy") == 1)
    children = workers(process.pid)
    assert children
    process.send_signal(number)
    thread.join()
    assert responses[0].status_code == 200
    _, output = process.communicate(timeout=30)
    assert process.returncode == 0, output
    assert "Traceback" not in output
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def test_workers_end_with_a_killed_service() -> None:
    process, _ = start()
    children = workers(process.pid)
    assert children
    assert all(Path(f"/proc/{child}/oom_score_adj").read_text() == "1000\n" for child in children)
    process.kill()
    live_service.until(lambda: not any(Path(f"/proc/{child}").exists() for child in children), seconds=10)


def test_a_worker_killed_while_idle_is_replaced(jpeg: bytes) -> None:
    process, client = start()
    os.kill(workers(process.pid)[0], signal.SIGKILL)
    live_service.until(lambda: not workers(process.pid))
    time.sleep(0.2)  # a request at the same moment would fail with it
    assert client.post("/v1/tint", files={"photo": ("a", jpeg)}).status_code == 200
    process.terminate()
    assert process.wait(30) == 0


def test_the_memory_limit_applies_to_workers(jpeg: bytes) -> None:
    process, client = start("--memory", "8000")
    limits = Path(f"/proc/{workers(process.pid)[0]}/limits").read_text()
    assert re.search(r"Max data size\s+8000000000\s+8000000000", limits)
    assert client.post("/v1/tint", files={"photo": ("a", jpeg)}).status_code == 200


def test_the_token_is_read_from_the_environment() -> None:
    token = "a secret of many letters"
    _, client = start("--host", "0.0.0.0", HANDTINT_TOKEN=token)
    local = client.base_url.copy_with(host="127.0.0.1")
    assert httpx.get(local.join("/v1/models")).status_code == 401
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(local.join("/v1/models"), headers=headers).status_code == 200


def test_invalid_settings_prevent_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HANDTINT_TOKEN", raising=False)

    def run_serve(*args: str) -> tuple[int, str]:
        run = CliRunner().invoke(main, ["serve", *args])
        return run.exit_code, run.stderr

    assert run_serve("--host", "0.0.0.0")[0] == 2
    assert "HANDTINT_TOKEN" in run_serve("--host", "0.0.0.0")[1]
    assert "formats: 'svg'" in run_serve("--formats", "svg")[1]
    from handtint.service import server
    from handtint.service.settings import Settings

    with server.listen(Settings(port=0)) as taken:
        status, output = run_serve("--port", str(taken.getsockname()[1]))
    assert (status, "address already in use" in output) == (1, True)


def test_help_lists_every_setting_without_importing_a_server() -> None:
    code = (
        "import sys, handtint.cli as c\n"
        "try: c.main(['serve', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'fastapi', 'starlette', 'uvicorn', 'prometheus_client', 'cv2', 'pyvips'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    for name in ("host", "port", "jobs", "queue", "seconds", "megabytes", "megapixels", "frames", "formats", "origins"):
        assert f"--{name} " in run.stdout
    assert "--token" not in run.stdout
