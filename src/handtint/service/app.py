"""The application: its paths, and how a request becomes a job and an answer a response."""

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
from handtint.workers.messages import Answer, PhotoRequest

TINT_FIELDS = ("photo", "mask", "recipe", "other_models", *form.OPTIONS)
INSPECT_FIELDS = ("photo", "gain", "mask_model")
PATHS = ("/v1/tint", "/v1/inspect", "/v1/models", "/healthz", "/readyz", "/metrics", "/openapi.json")
NOTE = "Handtint-Note"


def create(settings: Settings, pool: RequestPool) -> ASGIApp:
    """The application over a pool, which it starts and stops."""
    figures = Metrics(pool)
    app = FastAPI(
        title="handtint",
        version=__version__,
        description=document.ABOUT,
        docs_url=None,  # their scripts would come from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(pool),
    )
    _add_work(app, settings, pool)
    _add_state(app, pool, figures)
    _add_problems(app)
    app.openapi = lambda: document.describe(app, settings)  # type: ignore[method-assign]

    def count(path: str, status: int, seconds: float) -> None:
        figures.count(path if path in PATHS else "other", status, seconds)

    protected = AccessMiddleware(app, settings, count)
    if not settings.origins:
        return protected
    shown = [NOTE, "Retry-After"]
    return CORSMiddleware(
        protected,
        allow_origins=settings.origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization"],
        expose_headers=shown,
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


def _add_work(app: FastAPI, settings: Settings, pool: RequestPool) -> None:
    """What is done with photos."""

    @app.post("/v1/tint", **document.TINT)
    async def tint(request: Request) -> Response:
        """Colour what matters in a photo."""
        with pool.slot():
            sent = await form.read(request, settings, TINT_FIELDS)
            options = sent.options()
            wanted = accept.parse(request.headers.get("accept", ""), options.format)
            job = PhotoRequest(
                kind="tint",
                photo=sent.photo,
                options=options,
                mask=sent.files.get("mask", b""),
                reference=sent.files.get("reference", b""),
                formats=wanted.formats,
                json=wanted.json,
            )
            return _response(await _unless_disconnected(request, pool.do(job)))

    @app.post("/v1/inspect", **document.INSPECT)
    async def inspect(request: Request) -> Response:
        """Tell what is in a photo, and how to ask for it with `keep`."""
        with pool.slot():
            sent = await form.read(request, settings, INSPECT_FIELDS)
            job = PhotoRequest(kind="inspect", photo=sent.photo, options=sent.options(), json=True)
            return _response(await _unless_disconnected(request, pool.do(job)))

    @app.get("/v1/models", **document.MODELS)
    async def models() -> Response:
        """List the catalogue of networks."""
        return JSONResponse([model.summary() for model in zoo.CATALOGUE.values()])


def _add_state(app: FastAPI, pool: RequestPool, figures: Metrics) -> None:
    """What says how the service is."""

    @app.get("/healthz", **document.HEALTH)
    async def healthz() -> Response:
        """Say that the service is alive."""
        return JSONResponse({"status": "alive"})

    @app.get("/readyz", **document.READY)
    async def readyz() -> Response:
        """Say whether a photo would be worked on."""
        pool.check()
        return JSONResponse({"status": "ready", "workers": pool.ready})

    @app.get("/metrics", **document.METRICS)
    async def show_metrics() -> Response:
        """Show the service's figures, for Prometheus."""
        return Response(figures.text(), media_type=metrics.MEDIA)


def _add_problems(app: FastAPI) -> None:
    """Every error as a problem document."""

    @app.exception_handler(HandtintError)
    async def on_error(request: Request, error: HandtintError) -> Response:  # noqa: ARG001
        return problems.answer_error(error)

    @app.exception_handler(WeightsError)
    async def on_weights(request: Request, error: WeightsError) -> Response:  # noqa: ARG001
        LOG.error("%s", error)  # it names files, which are nobody's business
        return problems.answer("unavailable", "a network's weights are missing or damaged; the service's log says more")

    @app.exception_handler(ClientDisconnect)
    async def on_leave(request: Request, error: ClientDisconnect) -> Response:  # noqa: ARG001
        return problems.answer("gone", "the client went away")

    @app.exception_handler(HTTPException)
    async def on_status(request: Request, error: HTTPException) -> Response:  # noqa: ARG001
        detail = f"there are: {', '.join(PATHS)}" if error.status_code == 404 else str(error.detail)
        return problems.answer(problems.kind_of_status(error.status_code), detail, headers=error.headers)

    @app.exception_handler(Exception)
    async def on_fault(request: Request, error: Exception) -> Response:  # noqa: ARG001 - it is logged elsewhere
        return problems.answer("fault", "this should not have happened; the service's log says more")


def _response(answer: Answer) -> Response:
    """The answer as a response; what a person should know of a picture goes into a header."""
    note = {NOTE: quote(answer.note, safe=" ;,:'()@=+-%")} if answer.note else {}
    return Response(answer.body, headers=note, media_type=answer.media)


async def _unless_disconnected(request: Request, work: Coroutine[Any, Any, Answer]) -> Answer:
    """The result of the work, which is cancelled when the client disconnects. Raises ServiceError then."""
    task, gone = asyncio.create_task(work), asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ServiceError("gone", "the client went away")
        return task.result()
    finally:
        task.cancel()
        gone.cancel()


async def _disconnected(request: Request) -> None:
    """Return when the client has disconnected."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
