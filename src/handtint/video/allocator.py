"""The C allocator of a process that tints a film: held memory must not grow with the film's length.

Freed arrays of many sizes leave gaps, in each of the arenas that glibc makes for threads. With few arenas, which are
trimmed now and then, the gaps stay small. Elsewhere than with glibc these functions do nothing.
"""

from __future__ import annotations

import ctypes
import sys

ARENAS = 2
_M_ARENA_MAX = -8  # of malloc.h


def limit_arenas() -> None:
    """Let threads that start from now on share the arenas that there are, ARENAS at least."""
    if library := _glibc():
        library.mallopt(_M_ARENA_MAX, ARENAS)


def release_freed_memory() -> None:
    """Give back to the system what is freed but held."""
    if library := _glibc():
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None
