"""Files read and written whole, or not at all, with the reason in one line."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from handtint.errors import DecodeError, InputError, LimitError, OutputError

_REASONS: dict[type[OSError], str] = {
    FileNotFoundError: "no such file",
    IsADirectoryError: "is a folder, not a file",
    NotADirectoryError: "a part of the path is a file, not a folder",
    PermissionError: "no permission",
    FileExistsError: "a part of the path is a file, not a folder",
}


def one_line(text: str) -> str:
    """The text without the line breaks that a file's name may hold."""
    return " ".join(text.splitlines())


def reason(error: OSError) -> str:
    """Why the system refused, in plain words."""
    return _REASONS.get(type(error)) or one_line(error.strerror or "cannot be used").lower()


def read(path: str | Path, most: int) -> bytes:
    """The bytes of a file. Raises InputError; LimitError over `most` bytes, DecodeError if there are none."""
    name = one_line(str(path))
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size > most:
                raise LimitError(f"{name}: larger than the limit of {most} bytes")
            data = file.read(most + 1)
    except OSError as error:
        raise InputError(f"{name}: {reason(error)}") from error
    except ValueError as error:
        raise InputError(f"{name}: not a path") from error
    if not data:
        raise DecodeError(f"{name}: the file is empty")
    return data


def write(path: str | Path, data: bytes) -> None:
    """Write data to path, making its folders; a file already there stays whole until then. Raises OutputError."""
    name = one_line(str(path))
    try:
        target = Path(os.path.realpath(path))  # a link is written through, not replaced
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, data)
    except OSError as error:
        raise OutputError(f"{name}: {reason(error)}") from error
    except ValueError as error:
        raise OutputError(f"{name}: not a path") from error


def _replace(target: Path, data: bytes) -> None:
    if target.is_dir():
        raise IsADirectoryError
    temporary = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
