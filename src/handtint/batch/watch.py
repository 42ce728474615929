"""Watch folders for new photographs, and report each once its file is complete.

Looked for again and again rather than asked of the system: network shares, where scanners put their photos, send
no events.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from handtint.batch import storage
from handtint.batch.naming import SourcePhoto
from handtint.batch.storage import Stamp

INTERVAL = 2.0  # seconds between two looks
PATIENCE = 30.0  # seconds that an unreadable photo may stay as it is before it is called damaged


class Watch:
    """Iterates over new photos: each once, and again when its file changes."""

    def __init__(self, find: Callable[[], Iterable[SourcePhoto]], *, interval: float = INTERVAL) -> None:
        self._find, self._interval = find, interval
        self._since: dict[str, tuple[Stamp, float]] = {}  # the stamp of each file, and since when it has had it
        self._reported: dict[str, Stamp] = {}

    def __iter__(self) -> Iterator[SourcePhoto | None]:
        """Photos that did not change between two checks; None when there is nothing new for now."""
        while True:
            now = time.monotonic()
            for photo in self._find():
                if self._is_whole(photo.path, now):
                    yield photo
            yield None
            while time.monotonic() < now + self._interval:
                yield None

    def _is_whole(self, path: str, now: float) -> bool:
        stamp = storage.stamp(path)
        if stamp is None or self._reported.get(path) == stamp:
            return False
        before, _ = self._since.get(path, (None, 0.0))
        if before != stamp:
            self._since[path] = stamp, now
            return False
        self._reported[path] = stamp
        return True

    def again(self, path: str) -> bool:
        """Whether a photo that could not be decoded may still be incomplete: then it is reported once more."""
        stamp, since = self._since.get(path, (None, 0.0))
        waiting = stamp is not None and time.monotonic() < since + PATIENCE
        if waiting:
            self._reported.pop(path, None)
        return waiting
