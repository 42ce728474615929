"""The photos that are open: so many, of so many bytes; the one not used for longest makes room."""

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

MOST = 24  # photos
ROOM = 1 << 30  # bytes of all of them; one may be larger
MASKS = 4  # given for one photo


@dataclass(frozen=True, slots=True)
class Given:
    """A mask file that was given for a photo."""

    data: bytes
    photo: Photo


@dataclass(slots=True)
class Opened:
    """One open photo. lock: for whoever works on its session."""

    key: str
    name: str
    session: Session
    masks: OrderedDict[str, Given] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    def give(self, data: bytes, limits: codec.Limits) -> str:
        """Keep a mask file with the photo; its sha256. Raises InputError."""
        key = hashlib.sha256(data).hexdigest()
        self.masks[key] = Given(data, Photo.read(data, name="mask", limits=limits))
        while len(self.masks) > MASKS:
            self.masks.popitem(last=False)
        return key

    @property
    def nbytes(self) -> int:
        """Roughly what it takes of memory."""
        return self.session.nbytes + sum(
            mask.photo.pixels.nbytes + len(mask.data) for mask in list(self.masks.values())
        )


class Shelf:
    """The open photos of one page, by keys that nobody can guess."""

    def __init__(self, tinter: Tinter, limits: codec.Limits, *, most: int = MOST, room: int = ROOM) -> None:
        self.tinter, self.limits = tinter, limits
        self._most, self._room = most, room
        self._opened: OrderedDict[str, Opened] = OrderedDict()
        self._lock = Lock()

    def open(self, name: str, data: bytes) -> Opened:
        """Open a photo, and close what there is no more room for. Raises InputError."""
        photo = Photo.read(data, name=name, limits=self.limits)
        opened = Opened(secrets.token_urlsafe(16), name, Session(self.tinter, photo))
        with self._lock:
            self._opened[opened.key] = opened
            while len(self._opened) > 1 and (len(self._opened) > self._most or self._held() > self._room):
                self._opened.popitem(last=False)
        return opened

    def get(self, key: str) -> Opened | None:
        """The open photo of that key; None where it is closed."""
        with self._lock:
            if key in self._opened:
                self._opened.move_to_end(key)
            return self._opened.get(key)

    def close(self, key: str) -> None:
        """Close a photo, where it is open."""
        with self._lock:
            self._opened.pop(key, None)

    def _held(self) -> int:
        return sum(opened.nbytes for opened in self._opened.values())
