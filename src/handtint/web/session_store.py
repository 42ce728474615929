"""The open photos of a page: limited in number and memory; the least recently used is closed first (LRU)."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from handtint.image.io import codec
from handtint.image.photo import Photo
from handtint.pipeline import Tinter
from handtint.session import Session

MAX_PHOTOS = 24  # photos
MAX_BYTES = 1 << 30  # of all open photos together; a single one may be larger
MAX_FILES = 6  # masks and references uploaded for one photo


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A mask or reference uploaded for a photo: its bytes, and the decoded picture."""

    data: bytes
    photo: Photo


@dataclass(slots=True)
class OpenPhoto:
    """One open photo. lock: held by the thread that works on its session."""

    key: str
    name: str
    session: Session
    files: OrderedDict[str, UploadedFile] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    def add_file(self, data: bytes, name: str, limits: codec.Limits) -> str:
        """Store a mask or a reference for the photo, and return its sha256. name: for errors. Raises InputError."""
        key = hashlib.sha256(data).hexdigest()
        self.files[key] = UploadedFile(data, Photo.read(data, name=name, limits=limits))
        while len(self.files) > MAX_FILES:
            self.files.popitem(last=False)
        return key

    @property
    def nbytes(self) -> int:
        """Approximate memory use in bytes."""
        return self.session.nbytes + sum(
            file.photo.pixels.nbytes + len(file.data) for file in list(self.files.values())
        )


class SessionStore:
    """The open photos of one page, by random keys."""

    def __init__(
        self, tinter: Tinter, limits: codec.Limits, *, max_photos: int = MAX_PHOTOS, max_bytes: int = MAX_BYTES
    ) -> None:
        self.tinter, self.limits = tinter, limits
        self._max_photos, self._max_bytes = max_photos, max_bytes
        self._opened: OrderedDict[str, OpenPhoto] = OrderedDict()
        self._lock = Lock()

    def open(self, name: str, data: bytes) -> OpenPhoto:
        """Open a photo, and close the least recently used ones if a limit is exceeded. Raises InputError."""
        photo = Photo.read(data, name=name, limits=self.limits)
        opened = OpenPhoto(secrets.token_urlsafe(16), name, Session(self.tinter, photo))
        with self._lock:
            self._opened[opened.key] = opened
            while len(self._opened) > 1 and (
                len(self._opened) > self._max_photos or self._total_bytes() > self._max_bytes
            ):
                self._opened.popitem(last=False)
        return opened

    def get(self, key: str) -> OpenPhoto | None:
        """The open photo with that key, or None if it is closed."""
        with self._lock:
            if key in self._opened:
                self._opened.move_to_end(key)
            return self._opened.get(key)

    def close(self, key: str) -> None:
        """Close the photo with that key, if it is open."""
        with self._lock:
            self._opened.pop(key, None)

    def _total_bytes(self) -> int:
        return sum(opened.nbytes for opened in self._opened.values())
