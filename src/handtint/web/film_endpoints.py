"""The API for films: upload, previews of some frames, a render with its progress, and the result."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from handtint.errors import InputError, LimitError, OptionError
from handtint.networks import Networks
from handtint.options import Options
from handtint.video.source import library
from handtint.web import schemas
from handtint.web.film_render import FilmRender
from handtint.web.film_store import FilmStore, OpenFilm, discard, named
from handtint.web.requests import MAX_EDIT_BYTES, body, file_name, problem

QUALITY = 85  # of the JPEGs of frames
CHUNK = 1 << 20  # bytes written at once
MEDIA_TYPES = {".mp4": "video/mp4", ".mkv": "video/x-matroska"}

RunInThread = Callable[[Callable[[], Any]], Awaitable[Any]]
Endpoint = Callable[[Request, OpenFilm], Awaitable[Response]]


class FilmEndpoints:
    """The endpoints. run: runs a function in a thread, as the page does for photos."""

    def __init__(self, store: FilmStore, networks: Networks, run: RunInThread) -> None:
        self._store, self._networks, self._run = store, networks, run

    def routes(self) -> list[Route]:
        """The routes of the application."""
        film = "/api/films/{key}"
        return [
            Route("/api/films", self.open, methods=["POST"]),
            Route(film, self._of(self.status)),
            Route(film, self.close, methods=["DELETE"]),
            Route(f"{film}/frames/{{number:int}}", self._of(self.frame), methods=["POST"]),
            Route(f"{film}/render", self._of(self.render), methods=["POST"]),
            Route(f"{film}/render", self._of(self.cancel), methods=["DELETE"]),
            Route(f"{film}/result", self._of(self.result)),
        ]

    def about(self) -> dict[str, Any]:
        """What the page needs to know: the limit of an upload, and what is missing for films, or ""."""
        try:
            library()
        except OptionError as error:
            return {"bytes": self._store.limits.bytes, "missing": str(error)}
        return {"bytes": self._store.limits.bytes, "missing": ""}

    async def open(self, request: Request) -> Response:
        """Open the film that is the body of the request; its file name is in the query."""
        library()
        name = file_name(request) or "film"
        path = await self._run(partial(self._store.new_file, name))
        try:
            await _save(request, path, name, self._store.limits.bytes)
        except BaseException:
            discard(path)
            raise
        film = await self._run(partial(self._store.open, name, path))
        return JSONResponse(_description(film), status_code=201)

    async def close(self, request: Request) -> Response:
        """Close a film, and stop its render."""
        await self._run(partial(self._store.close, request.path_params["key"]))
        return Response(status_code=204)

    async def status(self, request: Request, film: OpenFilm) -> Response:  # noqa: ARG002
        """The film, and how far its render is."""
        return JSONResponse(_description(film))

    async def frame(self, request: Request, film: OpenFilm) -> Response:
        """One of the frames, tinted, as a JPEG."""
        options = _options(schemas.parse_object(await body(request, MAX_EDIT_BYTES)))
        number = request.path_params["number"]
        if number >= len(film.frames.shown):
            return problem(404, "There is no such frame.")
        return await self._run(partial(self._tinted, film, number, options))

    def _tinted(self, film: OpenFilm, number: int, options: Options) -> Response:
        with film.lock:
            made = film.frames.shown[number].tint(self._networks, options)
        data = made.photo.encode(format="jpeg", quality=QUALITY)
        return Response(data, media_type="image/jpeg", headers={"handtint-note": quote(made.note)})

    async def render(self, request: Request, film: OpenFilm) -> Response:
        """Begin to render the film; one that is being rendered is not begun again."""
        payload = schemas.parse_object(await body(request, MAX_EDIT_BYTES))
        start, end = (_seconds(payload, name) for name in ("start", "end"))
        if film.render and film.render.is_active:
            return problem(409, "This film is being rendered already.")
        with named(film.path, film.name):
            film.render = FilmRender(film.path, _options(payload), start or 0.0, end)
        film.render.start()
        return JSONResponse(_description(film), status_code=202)

    async def cancel(self, request: Request, film: OpenFilm) -> Response:  # noqa: ARG002
        """Stop the render."""
        if film.render:
            await self._run(film.render.cancel)
        return JSONResponse(_description(film))

    async def result(self, request: Request, film: OpenFilm) -> Response:
        """The finished film, whole or the range of bytes that a player asks for."""
        if not film.render or film.render.state != "done":
            return problem(404, "This film is not rendered yet.")
        path = film.render.output
        kind = "attachment" if request.query_params.get("save") else "inline"
        media_type = MEDIA_TYPES[path.suffix]
        return FileResponse(path, media_type=media_type, filename=_result_name(film), content_disposition_type=kind)

    def _of(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint for an open film; 410 where it is not open, or no longer."""

        async def handle(request: Request) -> Response:
            film = self._store.get(request.path_params["key"])
            return await endpoint(request, film) if film else problem(410, "This film is not open any more.")

        return handle


async def _save(request: Request, path: Path, name: str, most: int) -> None:
    """Write a request's body to a file. Raises LimitError as soon as it is over `most` bytes."""
    size, waiting = 0, bytearray()
    async with await anyio.open_file(path, "wb") as file:
        async for chunk in request.stream():
            size += len(chunk)
            if size > most:
                raise LimitError(f"{name}: larger than the limit of {most / 1e6:g} MB")
            waiting += chunk
            if len(waiting) >= CHUNK:
                await _write(file, waiting, name)
        await _write(file, waiting, name)


async def _write(file: anyio.AsyncFile[bytes], waiting: bytearray, name: str) -> None:
    try:
        await file.write(bytes(waiting))
    except OSError as error:
        raise InputError(f"{name}: cannot be kept: {(error.strerror or 'unknown error').lower()}") from error
    waiting.clear()


def _options(payload: dict[str, Any]) -> Options:
    return schemas.parse_options(payload.get("options", {}))


def _seconds(payload: dict[str, Any], name: str) -> float | None:
    value = payload.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e7):
        raise OptionError(f"{name}: {value!r} is not a time in seconds")
    return value


def _result_name(film: OpenFilm) -> str:
    assert film.render  # noqa: S101  # nosec B101
    return f"{os.path.splitext(film.name)[0] or 'film'}.handtint{film.render.output.suffix}"


def _description(film: OpenFilm) -> dict[str, Any]:
    """The film as the page shows it."""
    height, width = film.info.size
    return {
        "id": film.key,
        "name": film.name,
        "width": width,
        "height": height,
        "seconds": film.info.seconds,
        "rate": float(film.info.rate),
        "times": [shown.time for shown in film.frames.shown],
        "notes": film.notes,
        "render": _render_status(film, film.render) if film.render else None,
    }


def _render_status(film: OpenFilm, render: FilmRender) -> dict[str, Any]:
    done, total, left = render.progress
    texts = [text.replace(str(film.path), film.name) for text in (render.error, *render.notes)]
    return {
        "state": render.state,
        "done": done,
        "total": total,
        "left": left,
        "error": texts[0],
        "notes": texts[1:],
        "name": _result_name(film),
    }
