"""A small service under pressure: a queue that fills, clients that leave or dawdle, photos that take too long."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import studio
from studio import figure, problem

from handtint.service.settings import Settings

HEAD = (
    "POST /v1/tint HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    "Content-Length: {length}\r\n\r\n"
)
START, END = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n', b"\r\n--x--\r\n"


@pytest.fixture(scope="module")
def small() -> Iterator[httpx.Client]:
    """One worker, one place to wait, little time."""
    with studio.running(Settings(port=0, jobs=1, queue=1, seconds=1.5)) as client:
        yield client


def send(client: httpx.Client, photo: bytes) -> httpx.Response:
    with httpx.Client(base_url=client.base_url, timeout=30) as own:
        return own.post("/v1/tint", files={"photo": ("a", photo)})


def connect(client: httpx.Client, photo: bytes, *, whole: bool = True) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", client.base_url.port), timeout=30)
    body = START + photo + END
    connection.sendall(HEAD.format(length=len(body)).encode() + (body if whole else body[:100]))
    return connection


def test_who_finds_the_queue_full_is_told_when_to_come_back(small: httpx.Client, jpeg: bytes) -> None:
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: send(small, jpeg + studio.SLOW), range(6)))
    done = [answer for answer in answers if answer.status_code == 200]
    full = [answer for answer in answers if answer.status_code == 429]
    assert (len(done), len(full)) == (2, 4)
    for answer in full:
        problem(answer, 429, "busy")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert figure(small, "handtint_places_taken") == 0


def test_the_event_loop_is_free_while_photos_are_worked_on(small: httpx.Client, jpeg: bytes) -> None:
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(send, small, jpeg + studio.SLOW)
        studio.until(lambda: figure(small, "handtint_workers_busy") == 1)
        start = time.monotonic()
        assert small.get("/healthz").json() == {"status": "alive"}
        assert time.monotonic() - start < 0.5
        assert slow.result().status_code == 200


def test_a_client_who_leaves_frees_its_place(small: httpx.Client, jpeg: bytes) -> None:
    first, second = (connect(small, jpeg + studio.SLOW) for _ in range(2))
    studio.until(lambda: figure(small, "handtint_places_taken") == 2)
    second.close()
    first.close()
    studio.until(lambda: figure(small, "handtint_places_taken") == 0, seconds=1)
    assert figure(small, "handtint_waiting") == 0
    assert send(small, jpeg).status_code == 200
    assert figure(small, 'handtint_requests_total{path="/v1/tint",status="499"}') >= 2


def test_a_client_who_dawdles_is_sent_away(small: httpx.Client, jpeg: bytes) -> None:
    with connect(small, jpeg, whole=False) as connection:
        studio.until(lambda: figure(small, "handtint_places_taken") == 1)
        answer = ""
        while not answer.endswith("}") and (part := connection.recv(10_000)):  # headers and body may come apart
            answer += part.decode()
    assert answer.startswith("HTTP/1.1 408 ")
    assert "urn:handtint:problem:upload-time" in answer
    assert figure(small, "handtint_places_taken") == 0


def test_a_client_who_leaves_in_the_middle_of_its_upload(small: httpx.Client, jpeg: bytes) -> None:
    connect(small, jpeg, whole=False).close()
    studio.until(lambda: figure(small, "handtint_places_taken") == 0, seconds=1)
    assert send(small, jpeg).status_code == 200


def test_a_photo_that_takes_too_long(jpeg: bytes) -> None:
    with studio.running(Settings(port=0, jobs=1, seconds=0.4)) as client:
        assert "longer than 0.4 s" in problem(send(client, jpeg + studio.SLOW), 422, "work-time")
        assert send(client, jpeg).status_code == 200
        assert figure(client, 'handtint_workers_replaced_total{reason="time"}') == 1


def test_nothing_of_an_upload_is_written_to_a_disk(
    small: httpx.Client, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("written to a disk")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile.rollover", refuse)
    assert send(small, jpeg + bytes(5_000_000)).status_code == 200


def test_a_stop_finishes_what_is_in_hand(jpeg: bytes) -> None:
    answers: list[int] = []
    with studio.running(Settings(port=0, jobs=1, seconds=5)) as client:
        photo = jpeg + studio.SLOW
        threads = [threading.Thread(target=lambda: answers.append(send(client, photo).status_code)) for _ in range(2)]
        for thread in threads:
            thread.start()
        studio.until(lambda: figure(client, "handtint_places_taken") == 2)
    for thread in threads:
        thread.join()
    assert answers == [200, 200]
