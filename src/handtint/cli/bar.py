"""A progress bar on standard error around a plain loop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

_T = TypeVar("_T")


def bar(items: Sequence[_T], description: str) -> Iterable[_T]:
    """The items, one after the other, with a bar that shows how far they are."""
    return track(items, description, console=Console(stderr=True))
