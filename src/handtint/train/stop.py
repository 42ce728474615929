"""Ctrl-C and SIGTERM as a flag that the training loop checks between steps."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class StopFlag:
    """Whether the run has been asked to stop."""

    def __init__(self) -> None:
        self.requested = False

    def handle(self, number: int, frame: Any) -> None:  # noqa: ARG002
        """A signal handler: the first signal sets the flag, a second one raises KeyboardInterrupt at once."""
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True


@contextmanager
def stop_on_signals() -> Iterator[StopFlag]:
    """While this is open, SIGINT and SIGTERM set the flag that it yields; handlers are restored at the end.

    Only the main thread can handle signals: in any other, they are left alone.
    """
    flag, old_handlers = StopFlag(), {}
    if threading.current_thread() is threading.main_thread():
        old_handlers = {name: signal.signal(name, flag.handle) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield flag
    finally:
        for name, handler in old_handlers.items():
            signal.signal(name, handler)
