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

from handtint.errors import OptionError
from handtint.networks import Networks
from handtint.options import Options
from handtint.video.source import library
from handtint.web import schemas
from handtint.web.film_render import FilmRender
from handtint.web.film_store import FilmStore, OpenFilm, errors_naming, not_stored, remove_upload
from handtint.web.requests import MAX_EDIT_BYTES, Endpoint, body, file_name, for_open, problem, too_large

QUALITY = 85  # of the JPEGs of frames
CHUNK = 1 << 20  # bytes of an upload that are written at once
MEDIA_TYPES = {".mp4": "video/mp4", ".mkv": "video/x-matroska"}

RunInThread = Callable[[Callable[[], Any]], Awaitable[Any]]


class FilmEndpoints:
    """The endpoints. run: runs a function in a thread, as the page does for photos."""

    def __init__(self, store: FilmStore, networks: Networks, run: RunInThread) -> None:
        self._store, self._networks, self._run = store, networks, run

    def routes(self) -> list[Route]:
        """The routes of the application."""
        film = "/api/films/{key}"
        return [
            Route("/api/films", self.open, methods=["POST"]),
            Route(film, self.for_film(self.status)),
            Route(film, self.close, methods=["DELETE"]),
            Route(f"{film}/frames/{{number:int}}", self.for_film(self.frame), methods=["POST"]),
            Route(f"{film}/render", self.for_film(self.render), methods=["POST"]),
            Route(f"{film}/render", self.for_film(self.cancel), methods=["DELETE"]),
            Route(f"{film}/result", self.for_film(self.result)),
        ]

    def for_film(self, endpoint: Callable[[Request, OpenFilm], Awaitable[Response]]) -> Endpoint:
        """An endpoint for an open film; status 410 if it is closed."""
        return for_open(self._store.get, endpoint, "This film is not open any more.")

    def about(self) -> dict[str, Any]:
        """The properties for the page: the limit of an upload in bytes, and what must be installed for films, or ""."""
        try:
            library()
        except OptionError as error:
            return {"bytes": self._store.limits.bytes, "missing": str(error)}
        return {"bytes": self._store.limits.bytes, "missing": ""}

    async def open(self, request: Request) -> Response:
        """Open a film, the body of the request; its file name is in the query."""
        library()
        name = file_name(request) or "film"
        path = await self._run(partial(self._store.new_file, name))
        try:
            await _save(request, path, name, self._store.limits.bytes)
        except BaseException:
            remove_upload(path)
            raise
        film = await self._run(partial(self._store.open, name, path))
        return JSONResponse(_description(film), status_code=201)

    async def close(self, request: Request) -> Response:
        """Close a film, and stop its render."""
        await self._run(partial(self._store.close, request.path_params["key"]))
        return Response(status_code=204)

    async def status(self, request: Request, film: OpenFilm) -> Response:  # noqa: ARG002
        """The film, and the progress of its render."""
        return JSONResponse(_description(film))

    async def frame(self, request: Request, film: OpenFilm) -> Response:
        """A preview frame, tinted, as a JPEG."""
        options = _options(schemas.parse_object(await body(request, MAX_EDIT_BYTES)))
        number = request.path_params["number"]
        if number >= len(film.frames):
            return problem(404, "There is no such frame.")
        return await self._run(partial(self._tint_frame, film, number, options))

    def _tint_frame(self, film: OpenFilm, number: int, options: Options) -> Response:
        with film.lock:
            result = film.frames[number].tint(self._networks, options)
        data = result.photo.encode(format="jpeg", quality=QUALITY)
        return Response(data, media_type="image/jpeg", headers={"handtint-note": quote(result.note)})

    async def render(self, request: Request, film: OpenFilm) -> Response:
        """Start to render the film; status 409 if it is being rendered already."""
        payload = schemas.parse_object(await body(request, MAX_EDIT_BYTES))
        start, end = (_seconds(payload, name) for name in ("start", "end"))
        if not await self._run(partial(_start_render, film, _options(payload), start or 0.0, end)):
            return problem(409, "This film is being rendered already.")
        return JSONResponse(_description(film), status_code=202)

    async def cancel(self, request: Request, film: OpenFilm) -> Response:  # noqa: ARG002
        """Stop the render."""
        if film.render:
            await self._run(film.render.cancel)
        return JSONResponse(_description(film))

    async def result(self, request: Request, film: OpenFilm) -> Response:
        """The finished film, whole or the range of bytes that a player requests."""
        if not film.render or film.render.state != "done":
            return problem(404, "This film is not rendered yet.")
        path = film.render.output
        disposition = "attachment" if request.query_params.get("save") else "inline"
        return FileResponse(
            path,
            media_type=MEDIA_TYPES[path.suffix],
            filename=_result_name(film, film.render),
            content_disposition_type=disposition,
        )


def _start_render(film: OpenFilm, options: Options, start: float, end: float | None) -> bool:
    """Start to render a film, unless it is being rendered already; whether it was started."""
    with film.lock, errors_naming(film.path, film.name):
        if film.is_rendering:
            return False
        film.render = FilmRender(film.path, options, start, end)
        film.render.start()
    return True


async def _save(request: Request, path: Path, name: str, limit: int) -> None:
    """Write a request's body to a file. Raises LimitError as soon as it exceeds `limit` bytes, and InputError."""
    size, buffer = 0, bytearray()
    try:
        async with await anyio.open_file(path, "wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise too_large(name, limit)
                buffer += chunk
                if len(buffer) >= CHUNK:
                    await file.write(bytes(buffer))
                    buffer.clear()
            await file.write(bytes(buffer))
    except OSError as error:
        raise not_stored(name, error) from error


def _options(payload: dict[str, Any]) -> Options:
    return schemas.parse_options(payload.get("options", {}))


def _seconds(payload: dict[str, Any], name: str) -> float | None:
    value = payload.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e7):
        raise OptionError(f"{name}: {value!r} is not a time in seconds")
    return value


def _result_name(film: OpenFilm, render: FilmRender) -> str:
    return f"{os.path.splitext(film.name)[0] or 'film'}.handtint{render.output.suffix}"


def _description(film: OpenFilm) -> dict[str, Any]:
    """The film as JSON."""
    height, width = film.info.size
    return {
        "id": film.key,
        "name": film.name,
        "width": width,
        "height": height,
        "seconds": film.info.seconds,
        "rate": float(film.info.rate),
        "times": [frame.time for frame in film.frames],
        "notes": film.notes,
        "render": _render_status(film, film.render) if film.render else None,
    }


def _render_status(film: OpenFilm, render: FilmRender) -> dict[str, Any]:
    done, total, left = render.progress
    error, *notes = (text.replace(str(film.path), film.name) for text in (render.error, *render.notes))
    return {
        "state": render.state,
        "done": done,
        "total": total,
        "left": left,
        "error": error,
        "notes": notes,
        "name": _result_name(film, render),
    }
