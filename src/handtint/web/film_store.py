"""The open films of a page: files in a temporary folder, limited in number and size, gone when the page ends."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from handtint.errors import HandtintError, LimitError
from handtint.image.io import codec
from handtint.video.job import ENDINGS
from handtint.video.source import Film
from handtint.video.stream_info import StreamInfo
from handtint.web.film_frames import Frames
from handtint.web.film_render import FilmRender

MAX_FILMS = 4  # open at once; those that are being rendered are never closed for others


@dataclass(slots=True)
class OpenFilm:
    """One open film. path: of the uploaded file. frames: some of it, for previews. lock: held while these are used."""

    key: str
    name: str
    path: Path
    info: StreamInfo
    notes: list[str]
    frames: Frames
    render: FilmRender | None = None
    lock: Lock = field(default_factory=Lock)


class FilmStore:
    """The open films of one page, by keys that cannot be guessed."""

    def __init__(self, limits: codec.Limits, *, max_films: int = MAX_FILMS) -> None:
        """limits: bytes of a film's file, and pixels of a frame."""
        self.limits = limits
        self._max_films, self._lock = max_films, Lock()
        self._opened: OrderedDict[str, OpenFilm] = OrderedDict()
        self._home = ""
        atexit.register(self.close_all)

    def new_file(self, name: str) -> Path:
        """Where an upload is to be written: a file in a new folder of its own."""
        with self._lock:
            self._home = self._home or tempfile.mkdtemp(prefix="handtint-films-")
        folder = Path(self._home) / secrets.token_urlsafe(16)
        folder.mkdir(mode=0o700)
        ending = os.path.splitext(name)[1].lower()
        return folder / f"film{ending if ending in ENDINGS else '.mp4'}"

    def open(self, name: str, path: Path) -> OpenFilm:
        """Open the film that was uploaded to `path`; the least recently used one is closed where there are too many.

        Raises InputError, and removes the file.
        """
        try:
            with named(path, name):
                film = self._read(name, path)
        except BaseException:
            discard(path)
            raise
        with self._lock:
            self._opened[film.key] = film
            idle = [key for key, one in self._opened.items() if one is not film and not _is_busy(one)]
            surplus = idle[: max(0, len(self._opened) - self._max_films)]
        for key in surplus:
            self.close(key)
        return film

    def _read(self, name: str, path: Path) -> OpenFilm:
        with Film(str(path)) as film:
            height, width = film.info.size
            if height * width > self.limits.pixels:
                raise LimitError(
                    f"{name}: its frames are larger than the limit of {self.limits.pixels / 1e6:g} megapixels"
                )
            frames = Frames.sample(film)
            return OpenFilm(path.parent.name, name, path, film.info, list(film.notes), frames)

    def get(self, key: str) -> OpenFilm | None:
        """The open film with that key, or None where it is closed."""
        with self._lock:
            if key in self._opened:
                self._opened.move_to_end(key)
            return self._opened.get(key)

    def close(self, key: str) -> None:
        """Close a film if it is open: its render is stopped, its files are removed."""
        with self._lock:
            film = self._opened.pop(key, None)
        if film is None:
            return
        if film.render:
            film.render.cancel()
        discard(film.path)

    def close_all(self) -> None:
        """Close all films; the page ends."""
        for key in list(self._opened):
            self.close(key)
        if self._home:
            shutil.rmtree(self._home, ignore_errors=True)


def discard(path: Path) -> None:
    """Remove an uploaded file, and all beside it."""
    with suppress(OSError):
        shutil.rmtree(path.parent)


def _is_busy(film: OpenFilm) -> bool:
    return film.render is not None and film.render.is_active


@contextmanager
def named(path: Path, name: str) -> Iterator[None]:
    """Errors within name the film as the user does, not the temporary file."""
    try:
        yield
    except HandtintError as error:
        raise type(error)(str(error).replace(str(path), name)) from error
