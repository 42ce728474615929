"""The content of files, read up to a limit; errors give the reason in one line."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO, TextIO

from handtint.errors import DecodeError, InputError, LimitError
from handtint.files import one_line, reason
from handtint.image.arrays import large
from handtint.types import Content


def read(path: str | Path, max_bytes: int) -> Content:
    """The bytes of a file. Raises InputError; LimitError over `max_bytes`, DecodeError if there are none."""
    name = one_line(str(path))
    try:
        with open(path, "rb", opener=_open_nonblocking) as file:
            status = os.fstat(file.fileno())
            if status.st_size > max_bytes:
                raise LimitError(f"{name}: larger than the limit of {max_bytes} bytes")
            if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
                raise InputError(f"{name}: is a device, not a file")
            data = large.content(file, status.st_size) if status.st_size else file.read(max_bytes + 1)
    except OSError as error:
        raise InputError(f"{name}: {reason(error)}") from error
    except ValueError as error:
        raise InputError(f"{name}: not a path") from error
    if len(data) > max_bytes:
        raise LimitError(f"{name}: larger than the limit of {max_bytes} bytes")
    if not data:
        raise DecodeError(f"{name}: the file is empty")
    return data


def read_open(file: BinaryIO, max_bytes: int) -> bytes:
    """The bytes of an open file from its current position. Raises InputError; LimitError over `max_bytes`."""
    name = one_line(str(getattr(file, "name", "") or "file"))
    try:
        data = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: {reason(error) if isinstance(error, OSError) else error}") from error
    if not isinstance(data, bytes):
        raise InputError(f"{name}: is open as text; open it with mode 'rb'")
    if len(data) > max_bytes:
        raise LimitError(f"{name}: larger than the limit of {max_bytes} bytes")
    return data


def digest(data: Content) -> str:
    """sha256 of a file's bytes, in hexadecimal."""
    with large.releasing(data):
        return hashlib.sha256(data).hexdigest()


def stream(file: TextIO | None, max_bytes: int) -> bytes:
    """All bytes of standard input, which may be closed (None). Raises InputError; LimitError over `max_bytes`."""
    if file is None:
        raise InputError("standard input: closed")
    try:
        data = file.buffer.read(max_bytes + 1)
    except OSError as error:
        raise InputError(f"standard input: {reason(error)}") from error
    if len(data) > max_bytes:
        raise LimitError(f"standard input: larger than the limit of {max_bytes} bytes")
    if not data:
        raise InputError("standard input: empty")
    return data


def _open_nonblocking(path: str, flags: int) -> int:
    """Open a file without blocking, even a pipe without a writer."""
    number = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if hasattr(os, "O_NONBLOCK"):
        os.set_blocking(number, True)
    return number
