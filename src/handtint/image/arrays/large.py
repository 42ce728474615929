"""Arrays and files of very large photographs, memory-mapped from unnamed temporary files, so that memory stays small.

Arrays and files below LARGE bytes are kept in memory as usual, at no cost in time.
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
ROWS = 256  # processed at a time
_BLOCK = 1 << 24  # bytes of a file read at a time
_INTERVAL = 0.05  # seconds, in which some tens of megabytes are read


def empty(shape: tuple[int, ...], dtype: np.dtype[Any] | type) -> Array:
    """An uninitialised array: in a temporary file if it is large and there is room on the disk, else in memory."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if size < LARGE:
        return np.empty(shape, dtype)
    try:
        return np.frombuffer(_mapping(size), dtype).reshape(shape)
    except OSError:  # the disk is full: use memory
        return np.empty(shape, dtype)


def content(file: io.BufferedReader, size: int) -> Content:
    """The bytes of an open file of that size; a large file is copied first, since it may be truncated at any time."""
    if size < LARGE:
        return file.read(size + 1)
    try:
        copy = _mapping(size)
    except OSError:  # the disk is full: use memory
        return file.read(size + 1)
    rest = memoryview(copy)
    while read := file.readinto(rest[:_BLOCK]):
        rest = rest[read:]
        release(copy)
    return copy[: size - len(rest)] if rest else copy


def _mapping(size: int) -> mmap.mmap:
    """An array of zeros in a file that is deleted together with it. Raises OSError if the disk is full."""
    with tempfile.TemporaryFile(dir=_folder()) as file:
        if sys.platform == "linux":
            os.posix_fallocate(file.fileno(), 0, size)  # otherwise a full disk would be a bus error later
        else:
            file.write(bytes(1))
            file.truncate(size)
        return mmap.mmap(file.fileno(), size)


def _folder() -> str | None:
    """The folder in TMPDIR, else /var/tmp, which is on a disk: /tmp may be in memory."""
    return os.environ.get("TMPDIR") or ("/var/tmp" if os.access("/var/tmp", os.W_OK) else None)  # noqa: S108  # nosec B108


def release(*arrays: Array | Content | None) -> None:
    """Drop the pages of large arrays and files from memory; their values stay in their files."""
    for file in filter(None, map(_backing_file, arrays)):
        if hasattr(mmap, "MADV_DONTNEED"):
            file.madvise(mmap.MADV_DONTNEED)


def _backing_file(array: Array | Content | None) -> mmap.mmap | None:
    """The file that backs an array, None if it is in memory."""
    base: Any = array
    while isinstance(base, np.ndarray | memoryview):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return base if isinstance(base, mmap.mmap) else None


@contextmanager
def releasing(*arrays: Array | Content) -> Iterator[None]:
    """A context in which a thread keeps dropping the pages of large arrays and files that are read elsewhere."""
    if not any(map(_backing_file, arrays)):
        yield
        return
    stopped = threading.Event()

    def release_repeatedly() -> None:
        while not stopped.wait(_INTERVAL):
            release(*arrays)

    thread = threading.Thread(target=release_repeatedly, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
        release(*arrays)


def strips(rows: int, *arrays: Array) -> Iterator[slice]:
    """Slices of `rows` rows each, through arrays of one height, whose pages are dropped after each strip."""
    for top in range(0, len(arrays[0]), rows):
        yield slice(top, top + rows)
        release(*arrays)


def by_rows(function: Callable[..., Array], arrays: tuple[Array, ...], out: Array) -> Array:
    """Fill the array out (H, ...) with the results of function(rows of each array), strip by strip."""
    for rows in strips(ROWS, out, *arrays):
        out[rows] = function(*(array[rows] for array in arrays))
    return out


def contiguous(array: Array) -> Array:
    """A contiguous array of the same values: the array itself if it is contiguous already."""
    if array.flags.c_contiguous or array.nbytes < LARGE:
        return np.ascontiguousarray(array)
    return by_rows(np.asarray, (array,), empty(array.shape, array.dtype))
