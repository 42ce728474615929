"""Arrays and files of very large photographs, kept in a file without a name: in memory is only what is worked on.

An array or file below LARGE bytes is an ordinary one, and nothing here costs it anything.
"""

from __future__ import annotations

import io
import mmap
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from handtint.types import Array, Content

LARGE = 1 << 28  # bytes: a 12-megapixel photo of 16-bit RGB is a quarter of it
ROWS = 256  # done at a time
_BLOCK = 1 << 24  # bytes of a file read at a time
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


def content(file: io.BufferedReader, size: int) -> Content:
    """The bytes of an open file of that size; of a large one a copy, for the file may be cut short at any time."""
    if size < LARGE:
        return file.read(size + 1)
    try:
        copy = _mapping(size)
    except OSError:  # no room: then in memory, if that has
        return file.read(size + 1)
    place = memoryview(copy)
    while read := file.readinto(place[:_BLOCK]):
        place = place[read:]
        release(copy)
    return copy[: size - len(place)] if place else copy


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


def release(*arrays: Array | Content | None) -> None:
    """Take the pages of large arrays and files out of memory; their values stay, in the file."""
    for file in filter(None, map(_file, arrays)):
        if hasattr(mmap, "MADV_DONTNEED"):
            file.madvise(mmap.MADV_DONTNEED)


def _file(array: Array | Content | None) -> mmap.mmap | None:
    """The file that an array lies in, None if it is in memory."""
    base: Any = array
    while isinstance(base, np.ndarray | memoryview):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return base if isinstance(base, mmap.mmap) else None


@contextmanager
def released(*arrays: Array | Content) -> Iterator[None]:
    """While others read through large arrays and files, take their pages out of memory again and again."""
    if not any(map(_file, arrays)):
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


def strips(rows: int, *arrays: Array) -> Iterator[slice]:
    """The strips, of so many rows each, of arrays of one height, which leave memory when a strip is done."""
    for top in range(0, len(arrays[0]), rows):
        yield slice(top, top + rows)
        release(*arrays)


def by_rows(function: Callable[..., Array], arrays: tuple[Array, ...], out: Array) -> Array:
    """Fill out (H, ...) with function(rows of each array), a few rows at a time."""
    for rows in strips(ROWS, out, *arrays):
        out[rows] = function(*(array[rows] for array in arrays))
    return out


def contiguous(array: Array) -> Array:
    """A contiguous array of the same values: the very same array if it is one."""
    if array.flags.c_contiguous or array.nbytes < LARGE:
        return np.ascontiguousarray(array)
    return by_rows(np.asarray, (array,), empty(array.shape, array.dtype))
