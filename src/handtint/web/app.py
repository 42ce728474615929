"""The page as an ASGI application: static files, served from memory, and the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields
from functools import partial
from importlib import resources
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from handtint import __version__
from handtint.errors import HandtintError, LimitError, WeightsError
from handtint.image.io import codec
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.session import SCREEN
from handtint.variants import VARIANTS
from handtint.web import handlers, schemas
from handtint.web.film_endpoints import FilmEndpoints
from handtint.web.film_store import FilmStore
from handtint.web.handlers import Content
from handtint.web.middleware import LocalOnlyMiddleware
from handtint.web.requests import MAX_EDIT_BYTES, Endpoint, body, file_name, for_open, problem
from handtint.web.samples import SAMPLES
from handtint.web.session_store import OpenPhoto, SessionStore

LIMITS = codec.Limits(pixels=50_000_000, bytes=25_000_000)
FILM_LIMITS = codec.Limits(pixels=50_000_000, bytes=4_000_000_000)
WORKERS = 2  # threads: so many photos are processed at once
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript"}
TYPES |= {".svg": "image/svg+xml"}

_T = TypeVar("_T")


def create(tinter: Tinter, *, limits: codec.Limits = LIMITS, film_limits: codec.Limits = FILM_LIMITS) -> Starlette:
    """The application. tinter: does the work. limits, film_limits: of uploaded photos and films, pixels of a frame.

    Its `state.films` is a FilmStore, to be closed in the end.
    """
    films = FilmStore(film_limits)
    page = Page(SessionStore(tinter, limits), films)
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
        Route("/api/photos/{key}/before", page.for_photo(page.before)),
        Route("/api/photos/{key}/files", page.for_photo(page.upload), methods=["POST"]),
        Route("/api/photos/{key}/panels", page.edit_endpoint(handlers.panels, JSONResponse), methods=["POST"]),
        Route("/api/photos/{key}/palette", page.edit_endpoint(handlers.palette, JSONResponse), methods=["POST"]),
        *(
            Route(f"/api/photos/{{key}}/{name}", page.edit_endpoint(make, _content_response), methods=["POST"])
            for name, make in CONTENT_HANDLERS.items()
        ),
        *page.films.routes(),
    ]
    errors: dict[Any, Any] = {HandtintError: handle_error, Exception: handle_exception}
    app = Starlette(routes=routes, middleware=[Middleware(LocalOnlyMiddleware)], exception_handlers=errors)
    app.state.films = films
    return app


CONTENT_HANDLERS: Mapping[str, Callable[[OpenPhoto, bytes], Content]] = {
    "preview": handlers.preview,
    "result": handlers.result,
    "mask": handlers.mask,
    "recipe": handlers.recipe,
}


class Page:
    """The endpoints. Work on photos runs in threads, at most WORKERS at a time."""

    def __init__(self, store: SessionStore, films: FilmStore) -> None:
        self._store = store
        self.films = FilmEndpoints(films, store.tinter.networks, self._run)
        self._files = _static_files()
        self._limiter: anyio.CapacityLimiter | None = None

    async def file(self, request: Request) -> Response:
        """A static file of the page."""
        name = request.path_params.get("name", "index.html")
        if name not in self._files:
            return problem(404, "There is no such page.")
        data, media_type = self._files[name]
        return Response(data, media_type=media_type)

    async def sample(self, request: Request) -> Response:
        """A sample photograph."""
        sample = SAMPLES.get(request.path_params["name"])
        return Response(sample.read(), media_type="image/jpeg") if sample else problem(404, "There is no such sample.")

    async def about(self, request: Request) -> Response:  # noqa: ARG002 - all endpoints have this signature
        """The version, settings, limits, samples and variants that the page shows."""
        samples = [{"file": s.file, "title": s.title, "credit": s.credit} for s in SAMPLES.values()]
        limits = {"bytes": self._store.limits.bytes, "pixels": self._store.limits.pixels}
        versions = [{"number": n, "name": version.name} for n, version in enumerate(VARIANTS, 1)]
        about = {"version": __version__, "settings": _settings_json(), "limits": limits, "samples": samples}
        return JSONResponse({**about, "variants": versions, "films": self.films.about()})

    async def open(self, request: Request) -> Response:
        """Open a photo, the body of the request; its file name is in the query."""
        name = file_name(request) or "photo"
        data = await body(request, self._store.limits.bytes)
        opened = await self._run(partial(self._store.open, name, data))
        return JSONResponse(await self._run(partial(handlers.describe, opened)), status_code=201)

    async def close(self, request: Request) -> Response:
        """Close a photo."""
        self._store.close(request.path_params["key"])
        return Response(status_code=204)

    async def before(self, request: Request, opened: OpenPhoto) -> Response:
        """The original photo, as a JPEG for display."""
        screen = schemas.CLOSE_UP_SIZE if request.query_params.get("close") else SCREEN
        return _content_response(await self._run(partial(handlers.before, opened, screen)))

    async def upload(self, request: Request, opened: OpenPhoto) -> Response:
        """Upload a mask or a reference for a photo; its file name is in the query."""
        data = await body(request, self._store.limits.bytes)
        name = file_name(request) or "mask"
        return JSONResponse(await self._run(partial(handlers.upload, self._store, opened, name, data)))

    def for_photo(self, endpoint: Callable[[Request, OpenPhoto], Awaitable[Response]]) -> Endpoint:
        """An endpoint for an open photo; status 410 if it is closed."""
        return for_open(self._store.get, endpoint, "This photo was closed to make room for others.")

    def edit_endpoint(self, make: Callable[[OpenPhoto, bytes], _T], respond: Callable[[_T], Response]) -> Endpoint:
        """An endpoint that responds with what a function makes of an open photo and the JSON of an edit."""

        async def handle(request: Request, opened: OpenPhoto) -> Response:
            edit = await body(request, MAX_EDIT_BYTES)
            return respond(await self._run(partial(make, opened, edit)))

        return self.for_photo(handle)

    async def parse_keep(self, request: Request) -> Response:
        """Parse a typed `keep` into its terms."""
        return JSONResponse(handlers.parse_keep(await body(request, MAX_EDIT_BYTES)))

    async def parse_hint(self, request: Request) -> Response:
        """Parse a typed hint."""
        return JSONResponse(handlers.parse_hint(await body(request, MAX_EDIT_BYTES)))

    async def load_recipe(self, request: Request) -> Response:
        """Read the settings from a recipe file."""
        return JSONResponse(await self._run(partial(handlers.load_recipe, await body(request, MAX_EDIT_BYTES))))

    async def _run(self, function: Callable[[], _T]) -> _T:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(WORKERS)
        return await anyio.to_thread.run_sync(function, limiter=self._limiter)


async def handle_error(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """The response for an error that handtint raised on purpose, with its message."""
    status = 413 if isinstance(error, LimitError) else 500 if isinstance(error, WeightsError) else 400
    return problem(status, str(error))


async def handle_exception(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """The response for an unexpected exception: the page stays open, and shows it."""
    if isinstance(error, MemoryError):
        return problem(500, "There is not enough memory for this photo.")
    return problem(500, f"Something unexpected went wrong ({type(error).__name__}). The other photos are not affected.")


def _content_response(content: Content) -> Response:
    return Response(content.data, media_type=content.media_type, headers=content.headers)


def _static_files() -> dict[str, tuple[bytes, str]]:
    """The static files, name -> (bytes, media type), read once: requests do not access the disk."""
    folder = resources.files("handtint.web").joinpath("static")
    return {
        file.name: (file.read_bytes(), TYPES[ending])
        for file in folder.iterdir()
        if (ending := file.name[file.name.rfind(".") :]) in TYPES
    }


def _settings_json() -> dict[str, dict[str, Any]]:
    """The settings of an edit: name -> default, help, choices and range, from which the page makes its controls."""
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
