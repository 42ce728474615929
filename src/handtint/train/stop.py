"""Ctrl-C and SIGTERM as a wish that the loop can hear between two steps."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Wish:
    """Whether somebody wants the run to stop."""

    def __init__(self) -> None:
        self.made = False

    def hear(self, number: int, frame: Any) -> None:  # noqa: ARG002
        """The first signal is a wish; a second is not patient any more."""
        if self.made:
            raise KeyboardInterrupt
        self.made = True


@contextmanager
def stopping() -> Iterator[Wish]:
    """Signals become a wish while this is open; in a thread other than the main one, they stay what they are."""
    wish, before = Wish(), {}
    if threading.current_thread() is threading.main_thread():
        before = {name: signal.signal(name, wish.hear) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield wish
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
