"""Middleware for all requests: checks token, origin and size, and measures the time."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handtint.errors import ServiceError
from handtint.service import problems
from handtint.service.settings import Settings

PUBLIC = ("/healthz", "/readyz")  # paths without a token, which only show whether the service is up
MAX_HEADER_BYTES = 32 * 1024  # of a request
_HEADERS = {"x-content-type-options": "nosniff", "cache-control": "no-store"}


class AccessMiddleware:
    """ASGI middleware. count: called with the path, status and seconds of each request."""

    def __init__(self, app: ASGIApp, settings: Settings, count: Callable[[str, int, float], None]) -> None:
        self._app, self._settings, self._count = app, settings, count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request to the application, or respond with a problem document."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.monotonic(), 499

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        try:
            self._check(scope["path"], Headers(scope=scope))
        except ServiceError as error:
            headers = {"WWW-Authenticate": "Bearer"} if error.kind == "token" else None
            await problems.response(error.kind, str(error), headers=headers)(scope, receive, send_with_headers)
        else:
            await self._app(scope, self._limited(receive), send_with_headers)
        finally:
            self._count(scope["path"], status, time.monotonic() - start)

    def _check(self, path: str, headers: Headers) -> None:
        """Raise ServiceError for a request that is rejected before its body is read."""
        if sum(len(name) + len(value) for name, value in headers.raw) > MAX_HEADER_BYTES:
            raise ServiceError("headers", f"the headers are larger than the limit of {MAX_HEADER_BYTES} bytes")
        origin = headers.get("origin")
        if origin is not None and origin not in self._settings.origins:
            raise ServiceError("origin", "only pages of origins named by --origins may send requests from a browser")
        if self._settings.token and path not in PUBLIC:
            self._check_token(headers.get("authorization", ""))
        length = headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > 18 or int(length) > self._settings.bytes:
            raise self._too_large()

    def _check_token(self, authorization: str) -> None:
        scheme, _, token = authorization.partition(" ")
        matches = hmac.compare_digest(token.strip().encode(), self._settings.token.encode())
        if scheme.lower() != "bearer" or not matches:
            raise ServiceError("token", "send the header `Authorization: Bearer` with the service's token")

    def _too_large(self) -> ServiceError:
        return ServiceError("too-large", f"the body is larger than the limit of {self._settings.bytes} bytes")

    def _limited(self, receive: Receive) -> Receive:
        """A `receive` that raises ServiceError once the body exceeds the limit."""
        size = 0

        async def receive_limited() -> Message:
            nonlocal size
            message = await receive()
            if message["type"] == "http.request":
                size += len(message.get("body", b""))
                if size > self._settings.bytes:
                    raise self._too_large()
            return message

        return receive_limited
