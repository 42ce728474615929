"""Files written completely or not at all, and system errors in one line."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from handtint.errors import OutputError

if sys.platform == "win32":
    fcntl = None
else:
    import fcntl

_TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.part")
_ABANDONED = 3600.0  # seconds
_REASONS: dict[type[OSError], str] = {
    FileNotFoundError: "no such file",
    IsADirectoryError: "is a folder, not a file",
    NotADirectoryError: "a part of the path is a file, not a folder",
    PermissionError: "no permission",
    FileExistsError: "a part of the path is a file, not a folder",
}


def one_line(text: str) -> str:
    """The text as one printable line: file names may contain line breaks, escape codes or undecodable bytes."""
    line = " ".join(text.splitlines())
    return line if line.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in line)


def _escape(letter: str) -> str:
    """An unprintable character, escaped; a surrogate as the byte that it stands for."""
    code = ord(letter) - 0xDC00
    return f"\\x{code:02x}" if 0x80 <= code < 0x100 else letter.encode("unicode_escape").decode()


def reason(error: OSError) -> str:
    """The reason of a system error, in plain words."""
    return _REASONS.get(type(error)) or one_line(error.strerror or "cannot be used").lower()


def write(path: str | Path, data: bytes) -> None:
    """Write data to a path, and create its folders; an existing file is replaced atomically. Raises OutputError."""
    write_with(path, lambda file: file.write(data))


def write_with(path: str | Path, writer: Callable[[BinaryIO], object]) -> None:
    """Write a file as `write` does; `writer` is called with the open file, and may also read it."""
    name = one_line(str(path))
    try:
        target = Path(os.path.realpath(path))  # a link is followed, not replaced
        if target.is_symlink():  # links in a circle
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, writer)
    except OSError as error:
        raise OutputError(f"{name}: {reason(error)}") from error
    except ValueError as error:
        raise OutputError(f"{name}: not a path") from error


def _replace(target: Path, writer: Callable[[BinaryIO], object]) -> None:
    if target.is_dir():
        raise IsADirectoryError
    temporary, file = _temporary(target.parent)
    try:
        with file:
            writer(file)
            file.flush()
            os.fsync(file.fileno())
            if target.exists():
                temporary.chmod(stat.S_IMODE(target.stat().st_mode))
            if fcntl:  # while it is still locked
                os.replace(temporary, target)
        if not fcntl:  # Windows cannot rename an open file
            os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _temporary(folder: Path) -> tuple[Path, BinaryIO]:
    """A new temporary file, with a name that `sweep` recognises, locked while it is open."""
    while True:
        path = folder / f".{secrets.token_hex(8)}.part"
        file = open(path, "x+b")  # noqa: SIM115
        try:
            if not fcntl:
                return path, file
            with suppress(BlockingIOError):  # another process is removing it
                _lock(file.fileno())
                if os.fstat(file.fileno()).st_nlink:
                    return path, file
        except OSError:  # a file system without locks
            return path, file
        file.close()


def _lock(descriptor: int) -> None:
    """Lock an open file. Raises BlockingIOError if another process has, OSError if locks are not supported."""
    if fcntl:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def sweep(folder: str) -> None:
    """Remove the unfinished files of killed processes from a folder, but no file that is being written.

    A process locks the file that it writes; the lock ends with the process. Where locks are not supported, a file is
    removed if it has not grown for an hour.
    """
    with suppress(OSError):
        for entry in os.scandir(folder):
            if _TEMPORARY.fullmatch(entry.name):
                with suppress(OSError):
                    _sweep_file(entry.path)


def _sweep_file(path: str) -> None:
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        if not _is_abandoned(descriptor):
            return
        if fcntl:
            Path(path).unlink()  # while it is locked, so that no process can write it
    finally:
        os.close(descriptor)
    if not fcntl:
        Path(path).unlink()


def _is_abandoned(descriptor: int) -> bool:
    old = time.time() - os.fstat(descriptor).st_mtime > _ABANDONED
    if not fcntl:
        return old
    try:
        _lock(descriptor)
    except BlockingIOError:
        return False
    except OSError:
        return old
    return True
