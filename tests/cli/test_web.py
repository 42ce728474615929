"""`handtint web` as a program: it answers on the loopback address, and ends when told."""

import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest


def start(*words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", "from handtint.cli import main; main()", "web", "--no-browser", *words]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_it_tells_its_address_answers_and_ends_with_ctrl_c() -> None:
    with start() as process:
        assert process.stderr
        line = process.stderr.readline()
        address = line.split()[3]
        assert address.startswith("http://127.0.0.1:")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(address, timeout=60) as answer:
            assert b"<title>handtint</title>" in answer.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert process.stderr.read().strip() == ""


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with start("--port", port) as process:
            assert process.stderr
            assert f"port: {port} cannot be used" in process.stderr.read()
            assert process.wait(60) == 2


def test_without_a_port_one_that_is_free_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    from handtint.web import server

    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(server, "PORT", taken.getsockname()[1])
        with server.listen(None) as made:
            assert made.getsockname()[1] != server.PORT


def test_the_samples_are_the_repositorys(samples: list[Path]) -> None:
    from handtint.web.samples import SAMPLES

    own = {path.name: path.read_bytes() for path in samples}
    assert len(SAMPLES) == 6
    assert all(sample.read() == own[name] for name, sample in SAMPLES.items())
