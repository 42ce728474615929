"""What the endpoints share: the body and the file name of a request, and responses that say what is wrong."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from handtint import files
from handtint.errors import LimitError

MAX_EDIT_BYTES = 2_000_000  # of the JSON of an edit


async def body(request: Request, limit: int) -> bytes:
    """The body of a request. Raises LimitError as soon as it exceeds `limit` bytes."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > limit:
            name = files.one_line(unquote(request.query_params.get("name", ""))) or "this"
            raise LimitError(f"{name}: larger than the limit of {limit / 1e6:g} MB")
    return bytes(data)


def file_name(request: Request) -> str:
    """The file name in the query of a request, or ""."""
    return files.one_line(request.query_params.get("name", ""))[:200]


def problem(status: int, detail: str) -> Response:
    """An error response with a problem document (RFC 9457)."""
    return JSONResponse({"status": status, "detail": detail}, status, media_type="application/problem+json")
