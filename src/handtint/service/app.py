"""The application: its routes, and how a request becomes a job for the pool, and its result a response."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from handtint import __version__, zoo
from handtint.errors import HandtintError, ServiceError, WeightsError
from handtint.service import accept, document, form, metrics, problems
from handtint.service.metrics import Metrics
from handtint.service.middleware import AccessMiddleware
from handtint.service.request_pool import LOG, RequestPool
from handtint.service.settings import Settings
from handtint.workers.messages import PhotoRequest, PhotoResponse

TINT_FIELDS = ("photo", "mask", "recipe", "other_models", *form.OPTIONS)
INSPECT_FIELDS = ("photo", "gain", "mask_model")
PATHS = ("/v1/tint", "/v1/inspect", "/v1/models", "/healthz", "/readyz", "/metrics", "/openapi.json")
NOTE = "Handtint-Note"


def create(settings: Settings, pool: RequestPool) -> ASGIApp:
    """The application. pool: performs the jobs; it is started and stopped with the application."""
    counters = Metrics(pool)
    app = FastAPI(
        title="handtint",
        version=__version__,
        description=document.ABOUT,
        docs_url=None,  # these pages load scripts from other hosts
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(pool),
    )
    _add_photo_routes(app, settings, pool)
    _add_status_routes(app, pool, counters)
    _add_error_handlers(app)
    app.openapi = lambda: document.describe(app, settings)  # type: ignore[method-assign]

    def count(path: str, status: int, seconds: float) -> None:
        counters.count(path if path in PATHS else "other", status, seconds)

    protected = AccessMiddleware(app, settings, count)
    if not settings.origins:
        return protected
    exposed = [NOTE, "Retry-After"]
    return CORSMiddleware(
        protected,
        allow_origins=settings.origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization"],
        expose_headers=exposed,
    )


def _lifespan(pool: RequestPool) -> Any:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:  # noqa: ARG001 - FastAPI's form
        pool.start()
        try:
            yield
        finally:
            await pool.stop()

    return lifespan


def _add_photo_routes(app: FastAPI, settings: Settings, pool: RequestPool) -> None:
    """Routes that tint or inspect a photo, and the list of models."""

    @app.post("/v1/tint", **document.TINT)
    async def tint(request: Request) -> Response:
        """Colour what matters in a photo."""
        with pool.slot():
            fields = await form.read(request, settings, TINT_FIELDS)
            options = fields.options()
            accepted = accept.parse(request.headers.get("accept", ""), options.format)
            job = PhotoRequest(
                kind="tint",
                photo=fields.photo,
                options=options,
                mask=fields.files.get("mask", b""),
                reference=fields.files.get("reference", b""),
                formats=accepted.formats,
                json=accepted.json,
            )
            return _response(await _run_while_connected(request, pool.do(job)))

    @app.post("/v1/inspect", **document.INSPECT)
    async def inspect(request: Request) -> Response:
        """List the objects in a photo, and how to name them for `keep`."""
        with pool.slot():
            fields = await form.read(request, settings, INSPECT_FIELDS)
            job = PhotoRequest(kind="inspect", photo=fields.photo, options=fields.options(), json=True)
            return _response(await _run_while_connected(request, pool.do(job)))

    @app.get("/v1/models", **document.MODELS)
    async def models() -> Response:
        """List the catalogue of networks."""
        return JSONResponse([model.summary() for model in zoo.CATALOGUE.values()])


def _add_status_routes(app: FastAPI, pool: RequestPool, counters: Metrics) -> None:
    """Routes that report the state of the service."""

    @app.get("/healthz", **document.HEALTH)
    async def healthz() -> Response:
        """Report that the service is alive."""
        return JSONResponse({"status": "alive"})

    @app.get("/readyz", **document.READY)
    async def readyz() -> Response:
        """Report whether a worker is ready for a photo."""
        pool.check()
        return JSONResponse({"status": "ready", "workers": pool.ready})

    @app.get("/metrics", **document.METRICS)
    async def show_metrics() -> Response:
        """Show the metrics of the service, for Prometheus."""
        return Response(counters.text(), media_type=metrics.MEDIA)


def _add_error_handlers(app: FastAPI) -> None:
    """Convert every error to a problem document."""

    @app.exception_handler(HandtintError)
    async def on_error(request: Request, error: HandtintError) -> Response:  # noqa: ARG001
        return problems.error_response(error)

    @app.exception_handler(WeightsError)
    async def on_weights(request: Request, error: WeightsError) -> Response:  # noqa: ARG001
        LOG.error("%s", error)  # it names files, which clients must not see
        return problems.response(
            "unavailable", "a network's weights are missing or damaged; the service's log says more"
        )

    @app.exception_handler(ClientDisconnect)
    async def on_disconnect(request: Request, error: ClientDisconnect) -> Response:  # noqa: ARG001
        return problems.response("gone", "the client has disconnected")

    @app.exception_handler(HTTPException)
    async def on_status(request: Request, error: HTTPException) -> Response:  # noqa: ARG001
        detail = f"there are: {', '.join(PATHS)}" if error.status_code == 404 else str(error.detail)
        return problems.response(problems.kind_of_status(error.status_code), detail, headers=error.headers)

    @app.exception_handler(Exception)
    async def on_exception(request: Request, error: Exception) -> Response:  # noqa: ARG001 - it is logged elsewhere
        return problems.response("fault", "this should not have happened; the service's log says more")


def _response(result: PhotoResponse) -> Response:
    """The HTTP response with a result; its note is a header."""
    note = {NOTE: quote(result.note, safe=" ;,:'()@=+-%")} if result.note else {}
    return Response(result.body, headers=note, media_type=result.media_type)


async def _run_while_connected(request: Request, work: Coroutine[Any, Any, PhotoResponse]) -> PhotoResponse:
    """The result of the work. If the client disconnects, the work is cancelled, and ServiceError raised."""
    task, disconnected = asyncio.create_task(work), asyncio.create_task(_wait_for_disconnect(request))
    try:
        await asyncio.wait({task, disconnected}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ServiceError("gone", "the client has disconnected")
        return task.result()
    finally:
        task.cancel()
        disconnected.cancel()


async def _wait_for_disconnect(request: Request) -> None:
    """Return when the client has disconnected."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
