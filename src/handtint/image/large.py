"""Arrays of very large photographs, kept in a file without a name: in memory is only what is being worked on.

An array below LARGE bytes is an ordinary one, and nothing here costs it anything.
"""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from handtint.types import Array

LARGE = 1 << 28  # bytes: a 12-megapixel photo of 16-bit RGB is a quarter of it
ROWS = 256  # done at a time
_PAUSE = 0.05  # seconds: a few ten megabytes of reading


def empty(shape: tuple[int, ...], dtype: np.dtype[Any] | type) -> Array:
    """An array of that shape and dtype, its values not set: in a file if it is large and there is room on the disk."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if size < LARGE:
        return np.empty(shape, dtype)
    try:
        return np.frombuffer(_mapping(size), dtype).reshape(shape)
    except OSError:  # no room: then in memory, if that has
        return np.empty(shape, dtype)


def _mapping(size: int) -> mmap.mmap:
    """Zeros in a file that goes when they go. Raises OSError where the disk has no room."""
    with tempfile.TemporaryFile(dir=_folder()) as file:
        if sys.platform == "linux":
            os.posix_fallocate(file.fileno(), 0, size)  # a full disk found out later would be a bus error
        else:
            file.write(bytes(1))
            file.truncate(size)
        return mmap.mmap(file.fileno(), size)


def _folder() -> str | None:
    """Where TMPDIR says; else /var/tmp, which is on a disk: /tmp may itself be memory."""
    return os.environ.get("TMPDIR") or ("/var/tmp" if os.access("/var/tmp", os.W_OK) else None)  # noqa: S108  # nosec B108


def release(*arrays: Array | None) -> None:
    """Take the pages of large arrays out of memory; their values stay, in the file."""
    for array in arrays:
        base: Any = array
        while isinstance(base, np.ndarray | memoryview):
            base = base.base if isinstance(base, np.ndarray) else base.obj
        if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            base.madvise(mmap.MADV_DONTNEED)


@contextmanager
def released(*arrays: Array) -> Iterator[None]:
    """While others read through large arrays, take their pages out of memory again and again."""
    if all(array.nbytes < LARGE for array in arrays):
        yield
        return
    done = threading.Event()

    def work() -> None:
        while not done.wait(_PAUSE):
            release(*arrays)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        release(*arrays)


def by_rows(function: Callable[..., Array], arrays: tuple[Array, ...], out: Array) -> Array:
    """Fill out (H, ...) with function(rows of each array), a few rows at a time."""
    for top in range(0, len(out), ROWS):
        rows = slice(top, top + ROWS)
        out[rows] = function(*(array[rows] for array in arrays))
        release(out, *arrays)
    return out


def contiguous(array: Array) -> Array:
    """A contiguous array of the same values: the very same array if it is one."""
    if array.flags.c_contiguous or array.nbytes < LARGE:
        return np.ascontiguousarray(array)
    return by_rows(np.asarray, (array,), empty(array.shape, array.dtype))
