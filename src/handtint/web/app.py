"""The page as an ASGI application: its static files, served from memory, and its API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields
from functools import partial
from importlib import resources
from typing import Any, TypeVar
from urllib.parse import unquote

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from handtint import __version__, files
from handtint.errors import HandtintError, LimitError, WeightsError
from handtint.image.io import codec
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.session import SCREEN
from handtint.variants import VARIANTS
from handtint.web import handlers, schemas
from handtint.web.handlers import Answer
from handtint.web.middleware import LocalOnlyMiddleware
from handtint.web.samples import SAMPLES
from handtint.web.session_store import OpenPhoto, SessionStore

LIMITS = codec.Limits(pixels=50_000_000, bytes=25_000_000)
MAX_EDIT_BYTES = 2_000_000  # bytes of the JSON of an edit
WORKERS = 2  # photos worked on at once
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript"}
TYPES |= {".svg": "image/svg+xml"}

_Answer = TypeVar("_Answer")
Handler = Callable[[Request], Awaitable[Response]]


def create(tinter: Tinter, *, limits: codec.Limits = LIMITS) -> Starlette:
    """The application, working with one tinter."""
    page = Page(SessionStore(tinter, limits))
    routes = [
        Route("/", page.file),
        Route("/static/{name}", page.file),
        Route("/samples/{name}", page.sample),
        Route("/api/about", page.about),
        Route("/api/keep", page.parse_keep, methods=["POST"]),
        Route("/api/hint", page.parse_hint, methods=["POST"]),
        Route("/api/recipe", page.load_recipe, methods=["POST"]),
        Route("/api/photos", page.open, methods=["POST"]),
        Route("/api/photos/{key}", page.close, methods=["DELETE"]),
        Route("/api/photos/{key}/before", page.before),
        Route("/api/photos/{key}/given", page.upload, methods=["POST"]),
        Route("/api/photos/{key}/panels", page.told(handlers.panels), methods=["POST"]),
        Route("/api/photos/{key}/palette", page.told(handlers.palette), methods=["POST"]),
        *(
            Route(f"/api/photos/{{key}}/{name}", page.picture(make), methods=["POST"])
            for name, make in PICTURES.items()
        ),
    ]
    errors: dict[Any, Any] = {HandtintError: failed, Exception: broken}
    return Starlette(routes=routes, middleware=[Middleware(LocalOnlyMiddleware)], exception_handlers=errors)


PICTURES: Mapping[str, Callable[[OpenPhoto, bytes], Answer]] = {
    "preview": handlers.preview,
    "result": handlers.result,
    "mask": handlers.mask,
    "recipe": handlers.recipe,
}


class Page:
    """The endpoints. Photos are worked on in threads, a few at a time."""

    def __init__(self, store: SessionStore) -> None:
        self._store = store
        self._files = _static()
        self._limiter: anyio.CapacityLimiter | None = None

    async def file(self, request: Request) -> Response:
        """A file of the page itself; only those that were there at the start."""
        name = request.path_params.get("name", "index.html")
        if name not in self._files:
            return problem(404, "There is no such page.")
        data, kind = self._files[name]
        return Response(data, media_type=kind)

    async def sample(self, request: Request) -> Response:
        """A sample photograph."""
        sample = SAMPLES.get(request.path_params["name"])
        return Response(sample.read(), media_type="image/jpeg") if sample else problem(404, "There is no such sample.")

    async def about(self, request: Request) -> Response:  # noqa: ARG002 - the form of all of them
        """What the page needs to know: settings, limits, samples."""
        samples = [{"file": s.file, "title": s.title, "credit": s.credit} for s in SAMPLES.values()]
        limits = {"bytes": self._store.limits.bytes, "pixels": self._store.limits.pixels}
        versions = [{"number": n, "name": version.name} for n, version in enumerate(VARIANTS, 1)]
        told = {"version": __version__, "settings": _settings(), "limits": limits, "samples": samples}
        return JSONResponse({**told, "variants": versions})

    async def open(self, request: Request) -> Response:
        """Open the photo that is the request's body; its name is in the query."""
        name = _name(request) or "photo"
        data = await body(request, self._store.limits.bytes)
        opened = await self._work(partial(self._store.open, name, data))
        return JSONResponse(await self._work(partial(handlers.describe, opened)), status_code=201)

    async def close(self, request: Request) -> Response:
        """Close a photo."""
        self._store.close(request.path_params["key"])
        return Response(status_code=204)

    async def before(self, request: Request) -> Response:
        """The photo as it came."""
        opened = self._opened(request)
        screen = schemas.CLOSE if request.query_params.get("close") else SCREEN
        return _answered(await self._work(partial(handlers.before, opened, screen))) if opened else closed()

    async def upload(self, request: Request) -> Response:
        """Take a mask or a reference for a photo; its name is in the query."""
        opened = self._opened(request)
        if opened is None:
            return closed()
        data = await body(request, self._store.limits.bytes)
        name = _name(request) or "mask"
        return JSONResponse(await self._work(partial(handlers.upload, self._store, opened, name, data)))

    def told(self, make: Callable[[OpenPhoto, bytes], Any]) -> Handler:
        """A handler that tells something, in JSON, of an open photo and an edit."""

        async def handle(request: Request) -> Response:
            opened = self._opened(request)
            if opened is None:
                return closed()
            edit = await body(request, MAX_EDIT_BYTES)
            return JSONResponse(await self._work(partial(make, opened, edit)))

        return handle

    def picture(self, make: Callable[[OpenPhoto, bytes], Answer]) -> Handler:
        """A handler that makes something of an open photo and an edit."""

        async def handle(request: Request) -> Response:
            opened = self._opened(request)
            if opened is None:
                return closed()
            edit = await body(request, MAX_EDIT_BYTES)
            return _answered(await self._work(partial(make, opened, edit)))

        return handle

    async def parse_keep(self, request: Request) -> Response:
        """The terms of a `keep` that was typed."""
        return JSONResponse(handlers.parse_keep(await body(request, MAX_EDIT_BYTES)))

    async def parse_hint(self, request: Request) -> Response:
        """A hint that was typed."""
        return JSONResponse(handlers.parse_hint(await body(request, MAX_EDIT_BYTES)))

    async def load_recipe(self, request: Request) -> Response:
        """A recipe file."""
        return JSONResponse(await self._work(partial(handlers.load_recipe, await body(request, MAX_EDIT_BYTES))))

    def _opened(self, request: Request) -> OpenPhoto | None:
        return self._store.get(request.path_params["key"])

    async def _work(self, function: Callable[[], _Answer]) -> _Answer:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(WORKERS)
        return await anyio.to_thread.run_sync(function, limiter=self._limiter)


async def body(request: Request, most: int) -> bytes:
    """A request's body. Raises LimitError as soon as it is over `most` bytes."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            name = files.one_line(unquote(request.query_params.get("name", ""))) or "this"
            raise LimitError(f"{name}: larger than the limit of {most / 1e6:g} MB")
    return bytes(data)


def problem(status: int, detail: str) -> Response:
    """An error in words, as RFC 9457 has it."""
    return JSONResponse({"status": status, "detail": detail}, status, media_type="application/problem+json")


def closed() -> Response:
    """The answer about a photo that is not open, or no longer."""
    return problem(410, "This photo was closed to make room for others.")


async def failed(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """An error of ours, in its own words."""
    status = 413 if isinstance(error, LimitError) else 500 if isinstance(error, WeightsError) else 400
    return problem(status, str(error))


async def broken(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """A fault of ours: the page stays, and says so."""
    if isinstance(error, MemoryError):
        return problem(500, "There is not enough memory for this photo.")
    return problem(500, f"Something unexpected went wrong ({type(error).__name__}). The other photos are not affected.")


def _name(request: Request) -> str:
    """The name of the file that is a request's body, or ""."""
    return files.one_line(request.query_params.get("name", ""))[:200]


def _answered(answer: Answer) -> Response:
    return Response(answer.data, media_type=answer.type, headers=answer.headers)


def _static() -> dict[str, tuple[bytes, str]]:
    """The page's files, name -> (bytes, media type), all in memory: no request reaches the disk."""
    folder = resources.files("handtint.web").joinpath("static")
    return {
        file.name: (file.read_bytes(), TYPES[ending])
        for file in folder.iterdir()
        if (ending := file.name[file.name.rfind(".") :]) in TYPES
    }


def _settings() -> dict[str, dict[str, Any]]:
    """Every setting of an edit, as the controls are made from it."""
    return {
        setting.name: {
            "default": setting.default,
            "help": setting.metadata["help"],
            "choices": setting.metadata["choices"],
            "low": setting.metadata["low"],
            "high": setting.metadata["high"],
        }
        for setting in fields(Options)
    }
