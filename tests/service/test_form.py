"""The form of a request, read without a service."""

from __future__ import annotations

import asyncio
import tracemalloc

from starlette.requests import Request
from starlette.types import Message

from handtint.service import form
from handtint.service.settings import Settings

MEGABYTE = 1_000_000


def request(megabytes: int) -> Request:
    """A request whose photo has so many megabytes, generated in pieces."""
    head = b'--edge\r\ncontent-disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n\xff\xd8\xff\xe0'
    pieces = iter([head, *[bytes(MEGABYTE)] * megabytes, b"\r\n--edge--\r\n"])

    async def receive() -> Message:
        piece = next(pieces, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    headers = [(b"content-type", b"multipart/form-data; boundary=edge")]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)


async def read_and_measure(upload: Request) -> tuple[int, int]:
    """(bytes of the photo, peak of allocated bytes while it was read)."""
    tracemalloc.start()
    try:
        read = await form.read(upload, Settings(megabytes=40), ("photo",))
        return len(read.photo), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_upload_is_in_memory_only_once() -> None:
    size, peak = asyncio.run(read_and_measure(request(30)))
    assert size == 30 * MEGABYTE + 4
    assert peak < 1.5 * size
