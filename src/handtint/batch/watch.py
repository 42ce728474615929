"""Watch folders for new photographs, and report each once its file is complete.

Folders are polled, because network shares, to which scanners often write, send no events.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from handtint.batch import storage
from handtint.batch.naming import SourcePhoto
from handtint.batch.storage import Stamp

INTERVAL = 2.0  # seconds between two polls
PATIENCE = 30.0  # seconds without a change after which an unreadable photo counts as damaged


class Watch:
    """Iterates over new photos: each once, and again when its file changes."""

    def __init__(self, find: Callable[[], Iterable[SourcePhoto]], *, interval: float = INTERVAL) -> None:
        self._find, self._interval = find, interval
        self._since: dict[
            str, tuple[Stamp, float]
        ] = {}  # the stamp of each file, and the time since when it is unchanged
        self._reported: dict[str, Stamp] = {}

    def __iter__(self) -> Iterator[SourcePhoto | None]:
        """Photos that did not change between two polls; None whenever there is nothing new."""
        while True:
            now = time.monotonic()
            for photo in self._find():
                if self._is_complete(photo.path, now):
                    yield photo
            yield None
            while time.monotonic() < now + self._interval:
                yield None

    def _is_complete(self, path: str, now: float) -> bool:
        stamp = storage.stamp(path)
        if stamp is None or self._reported.get(path) == stamp:
            return False
        previous, _ = self._since.get(path, (None, 0.0))
        if previous != stamp:
            self._since[path] = stamp, now
            return False
        self._reported[path] = stamp
        return True

    def retry(self, path: str) -> bool:
        """Whether a photo that could not be decoded may still be incomplete; if so, it is reported again."""
        stamp, since = self._since.get(path, (None, 0.0))
        waiting = stamp is not None and time.monotonic() < since + PATIENCE
        if waiting:
            self._reported.pop(path, None)
        return waiting
