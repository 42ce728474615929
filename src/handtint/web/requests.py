"""What the endpoints share: the body and the file name of a request, open items, and error responses."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from handtint import files
from handtint.errors import LimitError

MAX_EDIT_BYTES = 2_000_000  # of the JSON of an edit

_T = TypeVar("_T")
Endpoint = Callable[[Request], Awaitable[Response]]


async def body(request: Request, limit: int) -> bytes:
    """The body of a request. Raises LimitError as soon as it exceeds `limit` bytes."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > limit:
            raise too_large(file_name(request) or "this", limit)
    return bytes(data)


def too_large(name: str, limit: int) -> LimitError:
    """The error for an upload of more than `limit` bytes."""
    return LimitError(f"{name}: larger than the limit of {limit / 1e6:g} MB")


def file_name(request: Request) -> str:
    """The file name in the query of a request, one printable line without folders, or ""."""
    name = request.query_params.get("name", "").replace("\\", "/")
    return files.one_line(os.path.basename(name))[:200]


def for_open(
    get: Callable[[str], _T | None], endpoint: Callable[[Request, _T], Awaitable[Response]], closed: str
) -> Endpoint:
    """An endpoint for an open photo or film: `get` finds it by the key in the path; status 410 if it is closed.

    closed: the message in that case.
    """

    async def handle(request: Request) -> Response:
        opened = get(request.path_params["key"])
        return problem(410, closed) if opened is None else await endpoint(request, opened)

    return handle


def problem(status: int, detail: str) -> Response:
    """An error response with a problem document (RFC 9457)."""
    return JSONResponse({"status": status, "detail": detail}, status, media_type="application/problem+json")
