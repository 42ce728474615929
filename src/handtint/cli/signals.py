"""Ctrl-C and SIGTERM as a request to stop, with the exit status that shells expect: 130 and 143."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """While this context is open, a signal ends the program at once, or only sets `event` where `graceful`."""

    def __init__(self) -> None:
        self.event, self.graceful, self.number = threading.Event(), False, 0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Signals:
        """Install the signal handlers."""
        if threading.current_thread() is threading.main_thread():
            for name in SIGNALS:
                self._before[name] = signal.signal(name, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Restore the previous signal handlers."""
        for name, before in self._before.items():
            signal.signal(name, before)

    @property
    def status(self) -> int:
        """The exit status of a program ended by the signal; 0 if there was none."""
        return 128 + self.number if self.number else 0

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.number = number
        self.event.set()
        if not self.graceful:
            sys.exit(128 + number)
