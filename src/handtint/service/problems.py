"""Errors as problem documents.

Source: RFC 9457, Problem Details for HTTP APIs.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import NamedTuple

from starlette.responses import Response

from handtint.errors import (
    DecodeError,
    HandtintError,
    InputError,
    LimitError,
    OptionError,
    OutputError,
    ServiceError,
    WeightsError,
)

MEDIA = "application/problem+json"
MAX_DETAIL = 500  # characters of a problem's detail, which may quote the request


class Kind(NamedTuple):
    """A kind of problem: its HTTP status and its title."""

    status: int
    title: str


KINDS: Mapping[str, Kind] = {
    "malformed": Kind(400, "The request is not well formed"),
    "token": Kind(401, "A token is needed"),
    "origin": Kind(403, "This page may not send requests here"),
    "not-found": Kind(404, "This path does not exist"),
    "method": Kind(405, "This path does not support this method"),
    "not-acceptable": Kind(406, "None of the accepted media types is available"),
    "upload-time": Kind(408, "The upload took too long"),
    "too-large": Kind(413, "Larger than the limits allow"),
    "media-type": Kind(415, "The media type is not supported"),
    "setting": Kind(422, "A setting is not valid"),
    "damaged": Kind(422, "The photo cannot be decoded"),
    "photo": Kind(422, "The photo cannot be used with these settings"),
    "result": Kind(422, "The result cannot be encoded with these settings"),
    "work-time": Kind(422, "The photo took too long"),
    "fatal": Kind(422, "The worker process died on this photo"),
    "headers": Kind(431, "The headers are too large"),
    "busy": Kind(429, "Too many requests at once"),
    "gone": Kind(499, "The client has disconnected"),
    "fault": Kind(500, "An error in the service"),
    "unavailable": Kind(503, "The service is not available now"),
}
_ERRORS: tuple[tuple[type[HandtintError], str], ...] = (
    (OptionError, "setting"),
    (DecodeError, "damaged"),
    (LimitError, "too-large"),
    (InputError, "photo"),
    (OutputError, "result"),
    (WeightsError, "unavailable"),
)
_STATUSES = {404: "not-found", 405: "method", 503: "unavailable"}
SUMMARIES = {
    status: "; ".join(kind.title for kind in KINDS.values() if kind.status == status)
    for status in sorted({kind.status for kind in KINDS.values()})
}


def kind_of(error: HandtintError) -> str:
    """The key in KINDS for an error."""
    if isinstance(error, ServiceError):
        return error.kind
    return next((kind for type_, kind in _ERRORS if isinstance(error, type_)), "fault")


def kind_of_status(status: int) -> str:
    """The key in KINDS for an HTTP status."""
    return _STATUSES.get(status, "malformed" if 400 <= status < 500 else "fault")


def document(kind: str, detail: str) -> dict[str, str | int]:
    """The problem document (RFC 9457); `instance` is a new UUID."""
    status, title = KINDS[kind]
    detail = detail if len(detail) <= MAX_DETAIL else f"{detail[: MAX_DETAIL - 3]}..."
    return {
        "type": f"urn:handtint:problem:{kind}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": uuid.uuid4().urn,
    }


def response(kind: str, detail: str, *, wait: int = 0, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as a response. wait: seconds after which to try again, or 0."""
    problem = document(kind, detail)
    retry = {"Retry-After": str(wait)} if wait else {}
    body = json.dumps(problem).encode()
    return Response(body, KINDS[kind].status, {**(headers or {}), **retry}, media_type=MEDIA)


def error_response(error: HandtintError) -> Response:
    """The response for an error."""
    wait = error.wait if isinstance(error, ServiceError) else 0
    return response(kind_of(error), str(error), wait=wait)
