"""`handtint web` as a program: it serves on the loopback address until a signal."""

import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest


def start(*args: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", "from handtint.cli import main; main()", "web", "--no-browser", *args]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_it_prints_its_url_serves_the_page_and_stops_with_ctrl_c() -> None:
    with start() as process:
        assert process.stderr
        line = process.stderr.readline()
        address = line.split()[3]
        assert address.startswith("http://127.0.0.1:")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(address, timeout=60) as response:
            assert b"<title>handtint</title>" in response.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert process.stderr.read().strip() == ""


def test_a_port_in_use_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with start("--port", port) as process:
            assert process.stderr
            assert f"port: {port} cannot be used" in process.stderr.read()
            assert process.wait(60) == 2


def test_without_a_port_a_free_one_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    from handtint.web import server

    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(server, "PORT", taken.getsockname()[1])
        with server.listen(None) as listener:
            assert listener.getsockname()[1] != server.PORT


def test_the_samples_equal_those_of_the_repository(samples: list[Path]) -> None:
    from handtint.web.samples import SAMPLES

    repository_files = {path.name: path.read_bytes() for path in samples}
    assert len(SAMPLES) == 6
    assert all(sample.read() == repository_files[name] for name, sample in SAMPLES.items())
