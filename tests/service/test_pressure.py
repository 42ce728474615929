"""A small service under load: a full queue, clients that disconnect or are slow, photos that take too long."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import live_service
import pytest
from live_service import metric, problem

from handtint.service.settings import Settings

HEAD = (
    "POST /v1/tint HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    "Content-Length: {length}\r\n\r\n"
)
START, END = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n', b"\r\n--x--\r\n"


@pytest.fixture(scope="module")
def small() -> Iterator[httpx.Client]:
    """A service with one worker, a queue of one, and a short time limit."""
    with live_service.running(Settings(port=0, jobs=1, queue=1, seconds=1.5)) as client:
        yield client


def send(client: httpx.Client, photo: bytes) -> httpx.Response:
    with httpx.Client(base_url=client.base_url, timeout=30) as other:
        return other.post("/v1/tint", files={"photo": ("a", photo)})


def connect(client: httpx.Client, photo: bytes, *, complete: bool = True) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", client.base_url.port), timeout=30)
    body = START + photo + END
    connection.sendall(HEAD.format(length=len(body)).encode() + (body if complete else body[:100]))
    return connection


def test_a_full_queue_is_an_error_with_retry_after(small: httpx.Client, jpeg: bytes) -> None:
    with ThreadPoolExecutor(6) as threads:
        responses = list(threads.map(lambda _: send(small, jpeg + live_service.SLOW), range(6)))
    accepted = [response for response in responses if response.status_code == 200]
    rejected = [response for response in responses if response.status_code == 429]
    assert (len(accepted), len(rejected)) == (2, 4)
    for response in rejected:
        problem(response, 429, "busy")
        assert 1 <= int(response.headers["retry-after"]) <= 60
    assert metric(small, "handtint_places_taken") == 0


def test_the_event_loop_responds_while_a_worker_is_busy(small: httpx.Client, jpeg: bytes) -> None:
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(send, small, jpeg + live_service.SLOW)
        live_service.until(lambda: metric(small, "handtint_workers_busy") == 1)
        assert small.get("/healthz").json() == {"status": "alive"}
        assert not slow.done()
        assert slow.result().status_code == 200


def test_a_client_that_disconnects_frees_its_slot(small: httpx.Client, jpeg: bytes) -> None:
    first, second = (connect(small, jpeg + live_service.SLOW) for _ in range(2))
    live_service.until(lambda: metric(small, "handtint_places_taken") == 2)
    second.close()
    first.close()
    live_service.until(lambda: metric(small, "handtint_places_taken") == 0, seconds=1)
    assert metric(small, "handtint_waiting") == 0
    assert send(small, jpeg).status_code == 200
    assert metric(small, 'handtint_requests_total{path="/v1/tint",status="499"}') >= 2


def test_a_slow_upload_times_out(small: httpx.Client, jpeg: bytes) -> None:
    with connect(small, jpeg, complete=False) as connection:
        live_service.until(lambda: metric(small, "handtint_places_taken") == 1)
        response = ""
        while not response.endswith("}") and (
            part := connection.recv(10_000)
        ):  # headers and body may arrive separately
            response += part.decode()
    assert response.startswith("HTTP/1.1 408 ")
    assert "urn:handtint:problem:upload-time" in response
    assert metric(small, "handtint_places_taken") == 0


def test_an_interrupted_upload_frees_its_slot(small: httpx.Client, jpeg: bytes) -> None:
    connect(small, jpeg, complete=False).close()
    live_service.until(lambda: metric(small, "handtint_places_taken") == 0, seconds=1)
    assert send(small, jpeg).status_code == 200


def test_a_photo_that_takes_too_long_is_an_error_and_the_worker_is_replaced(jpeg: bytes) -> None:
    with live_service.running(Settings(port=0, jobs=1, seconds=0.4)) as client:
        assert "longer than 0.4 s" in problem(send(client, jpeg + live_service.SLOW), 422, "work-time")
        assert send(client, jpeg).status_code == 200
        assert metric(client, 'handtint_workers_replaced_total{reason="time"}') == 1


def test_an_upload_is_not_written_to_disk(small: httpx.Client, jpeg: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("written to a disk")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile.rollover", fail)
    assert send(small, jpeg + bytes(5_000_000)).status_code == 200


def test_stopping_finishes_accepted_requests(jpeg: bytes) -> None:
    responses: list[int] = []
    with live_service.running(Settings(port=0, jobs=1, seconds=5)) as client:
        photo = jpeg + live_service.SLOW
        threads = [threading.Thread(target=lambda: responses.append(send(client, photo).status_code)) for _ in range(2)]
        for thread in threads:
            thread.start()
        live_service.until(lambda: metric(client, "handtint_places_taken") == 2)
    for thread in threads:
        thread.join()
    assert responses == [200, 200]
