"""Middleware that accepts requests only from this machine, and only from the page itself.

Another web site can point its own host name at 127.0.0.1 (DNS rebinding), and can post forms to any address. So the
Host header must be this machine's, Origin must be the page's own, and Sec-Fetch-Site must not name another site.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = ("127.0.0.1", "localhost", "[::1]")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class LocalOnlyMiddleware:
    """ASGI middleware: rejects other requests with status 403, and adds security headers to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request to the application, or reject it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        reason = rejection_reason(scope["method"], scope["path"], Headers(scope=scope))
        app = PlainTextResponse(reason, 403) if reason else self._app
        await app(scope, receive, send_with_headers)


def rejection_reason(method: str, path: str, headers: Headers) -> str:
    """Why a request is rejected, or "" if it is not."""
    hosts = headers.getlist("host")
    host = hosts[0].lower() if len(hosts) == 1 else ""
    if _name(host) not in HOSTS:
        return "This page can only be used at 127.0.0.1 or localhost."
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"http://{host}":
        return "This page takes requests from itself only."
    is_api = method not in ("GET", "HEAD") or path.startswith("/api/")
    if is_api and headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return "This page takes requests from itself only."
    return ""


def _name(host: str) -> str:
    """A Host header without its port; "" if the port is not a number."""
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        return host
    return name if port.isdecimal() else ""
