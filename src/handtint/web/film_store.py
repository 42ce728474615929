"""The open films of a page: files in a temporary folder, limited in number and size, removed when the page ends."""

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

from handtint import files
from handtint.errors import HandtintError, InputError, LimitError
from handtint.image.io import codec
from handtint.video.job import ENDINGS
from handtint.video.source import Film
from handtint.video.stream_info import StreamInfo
from handtint.web.film_frames import PreviewFrame, select_frames
from handtint.web.film_render import FilmRender

MAX_FILMS = 4  # open at once; those that are being rendered are never closed to make room


@dataclass(slots=True)
class OpenFilm:
    """One open film. path: of the uploaded file. lock: held by the thread that works on its frames or its render."""

    key: str
    name: str
    path: Path
    info: StreamInfo
    notes: list[str]
    frames: list[PreviewFrame]
    render: FilmRender | None = None
    lock: Lock = field(default_factory=Lock)

    @property
    def is_rendering(self) -> bool:
        """Whether its render waits or runs."""
        return self.render is not None and self.render.is_active


class FilmStore:
    """The open films of one page, by random keys."""

    def __init__(self, limits: codec.Limits, *, max_films: int = MAX_FILMS) -> None:
        """limits: bytes of a film's file, and pixels of a frame."""
        self.limits = limits
        self._max_films, self._lock = max_films, Lock()
        self._opened: OrderedDict[str, OpenFilm] = OrderedDict()
        self.folder = ""  # the temporary folder, once there is one
        atexit.register(self.close_all)

    def new_file(self, name: str) -> Path:
        """The path for an upload: a file in a new folder of its own. Raises InputError if the folder cannot be made."""
        try:
            with self._lock:
                self.folder = self.folder or tempfile.mkdtemp(prefix="handtint-films-")
            folder = Path(self.folder) / secrets.token_urlsafe(16)
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise not_stored(name, error) from error
        ending = os.path.splitext(name)[1].lower()
        return folder / f"film{ending if ending in ENDINGS else '.mp4'}"

    def open(self, name: str, path: Path) -> OpenFilm:
        """Open the film that was uploaded to `path`, and close the least recently used one if there are too many.

        Raises InputError, and removes the file.
        """
        try:
            with errors_naming(path, name):
                film = self._read(name, path)
        except BaseException:
            remove_upload(path)
            raise
        with self._lock:
            self._opened[film.key] = film
            idle = [key for key, other in self._opened.items() if other is not film and not other.is_rendering]
            surplus = idle[: max(0, len(self._opened) - self._max_films)]
        for key in surplus:
            self.close(key)
        return film

    def _read(self, name: str, path: Path) -> OpenFilm:
        with Film(str(path)) as film:
            height, width = film.info.size
            if height * width > self.limits.pixels:
                limit = f"{self.limits.pixels / 1e6:g} megapixels"
                raise LimitError(f"{name}: its frames are larger than the limit of {limit}")
            frames = select_frames(film)
            return OpenFilm(path.parent.name, name, path, film.info, list(film.notes), frames)

    def get(self, key: str) -> OpenFilm | None:
        """The open film with that key, or None if it is closed."""
        with self._lock:
            if key in self._opened:
                self._opened.move_to_end(key)
            return self._opened.get(key)

    def close(self, key: str) -> None:
        """Close the film with that key, if it is open: its render is stopped, its files are removed."""
        with self._lock:
            film = self._opened.pop(key, None)
        if film is None:
            return
        if film.render:
            film.render.cancel()
        remove_upload(film.path)

    def close_all(self) -> None:
        """Close all films, and remove the temporary folder: the page ends."""
        for key in list(self._opened):
            self.close(key)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def not_stored(name: str, error: OSError) -> InputError:
    """The error for a film that cannot be written to the temporary folder."""
    return InputError(f"{name}: cannot be stored: {files.reason(error)}")


def remove_upload(path: Path) -> None:
    """Remove an uploaded file with its folder, which also holds its result."""
    with suppress(OSError):
        shutil.rmtree(path.parent)


@contextmanager
def errors_naming(path: Path, name: str) -> Iterator[None]:
    """Errors within this context contain the film's own name instead of the temporary path."""
    try:
        yield
    except HandtintError as error:
        raise type(error)(str(error).replace(str(path), name)) from error
