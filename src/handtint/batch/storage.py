"""Read, write and list files by path on this machine, or by any URL that fsspec knows (the `ray` extra)."""

from __future__ import annotations

import os
import posixpath
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from handtint import files
from handtint.errors import HandtintError, InputError, OptionError, OutputError
from handtint.image.io import content
from handtint.types import Content

# Stores that write objects atomically: no temporary name is needed, and renaming would copy.
_ATOMIC_STORES = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oci", "memory"}
Stamp = tuple[int, str]


def is_url(path: str) -> bool:
    """Whether a path is a URL for fsspec, not a path on this machine."""
    return "://" in path


def identity(path: str) -> str:
    """The canonical path of a file, with all links resolved."""
    canonical = entry(path)
    return os.path.realpath(canonical) if os.path.islink(canonical) else canonical  # noqa: PTH114 - for speed


def entry(path: str) -> str:
    """The canonical path of an entry of a folder: links to folders are resolved, but not the entry itself."""
    if is_url(path):
        return path
    folder, name = os.path.split(os.path.join(os.getcwd(), path))  # noqa: PTH109 - for speed
    return os.path.realpath(path) if name in ("", ".", "..") else os.path.join(_realpath(folder), name)


@lru_cache(4096)
def _realpath(folder: str) -> str:
    """The canonical path of a folder, cached, since it is needed for each of its files and slow to compute."""
    return os.path.realpath(folder)


def is_folder(path: str) -> bool:
    """Whether a folder exists at that path. Raises OptionError, InputError for a URL that cannot be accessed."""
    if not is_url(path):
        return os.path.isdir(path)
    fs, inner = _remote(path)
    return bool(_call(path, lambda: fs.isdir(inner)))


def exists(path: str) -> bool:
    """Whether a file exists at that path."""
    if not is_url(path):
        return os.path.isfile(path)
    fs, inner = _remote(path)
    return bool(_call(path, lambda: fs.isfile(inner)))


def stamp(path: str) -> Stamp | None:
    """(size, modification time or version) of a file, which change while it is written; None if it does not exist."""
    try:
        if not is_url(path):
            status = Path(path).stat()
            return status.st_size, str(status.st_mtime_ns)
        fs, inner = _remote(path)
        info = fs.info(inner)
    except OSError:
        return None
    versions = (
        info.get(key) for key in ("ETag", "etag", "mtime", "LastModified", "last_modified", "updated", "created")
    )
    return int(info.get("size") or 0), str(next((stamp for stamp in versions if stamp), ""))


def walk(folder: str, *, skip: str | None = None) -> Iterator[tuple[str, str]]:
    """(path, name below the folder) of every file, in order, without hidden ones and the folder `skip`."""
    if is_url(folder):
        yield from _walk_url(folder, skip)
        return
    skip = os.path.realpath(skip) if skip and not is_url(skip) else None
    for directory, folders, names in os.walk(folder):
        folders[:] = sorted(
            f for f in folders if not f.startswith(".") and os.path.realpath(os.path.join(directory, f)) != skip
        )
        for name in sorted(names):
            if not name.startswith("."):
                path = os.path.join(directory, name)
                yield path, os.path.relpath(path, folder)


def _walk_url(folder: str, skip: str | None) -> Iterator[tuple[str, str]]:
    fs, root = _remote(folder)
    out = _remote(skip)[1].rstrip("/") + "/" if skip and is_url(skip) else None
    for inner in sorted(_call(folder, lambda: fs.find(root))):
        name = posixpath.relpath(inner, root)
        hidden = any(part.startswith(".") for part in name.split("/"))
        if not hidden and not (out and inner.startswith(out)):
            yield f"{folder.rstrip('/')}/{name}", name


def read(path: str, max_bytes: int) -> Content:
    """The bytes of a file. Raises InputError, also for more than `max_bytes`."""
    if not is_url(path):
        return content.read(path, max_bytes)
    fs, inner = _remote(path)
    if _call(path, lambda: fs.size(inner) or 0) > max_bytes:
        raise InputError(f"{path}: larger than the limit of {max_bytes} bytes")
    data = bytes(_call(path, lambda: fs.cat_file(inner)))
    if not data:
        raise InputError(f"{path}: the file is empty")
    return data


def write(path: str, data: bytes) -> None:
    """Write a file completely or not at all, and durably, so that it survives a power cut. Raises OutputError."""
    if is_url(path):
        _write_url(path, data)
        return
    files.write(path, data)
    sync_folder(path)


def sync_folder(path: str) -> None:
    """Flush the folder to disk, so that a file just renamed into it survives a power cut."""
    with suppress(OSError):  # some network shares do not support this
        folder = os.open(os.path.dirname(os.path.realpath(path)), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _write_url(path: str, data: bytes) -> None:
    fs, inner = _remote(path)
    if path.startswith("file://"):
        write(inner, data)
        return
    folder = posixpath.dirname(inner)
    try:
        fs.makedirs(folder, exist_ok=True)
        if path.split("://")[0] in _ATOMIC_STORES:
            fs.pipe_file(inner, data)
            return
        temporary = f"{folder}/.{secrets.token_hex(8)}.part"
        fs.pipe_file(temporary, data)
        fs.mv(temporary, inner)
    except Exception as error:  # each store's library has its own exceptions
        raise OutputError(f"{path}: {_line(error)}") from error


def _remote(path: str) -> tuple[Any, str]:
    """(the fsspec file system of a URL, the path in it). Raises OptionError."""
    try:
        import fsspec
    except ImportError as error:
        raise OptionError(f"{path}: a URL needs the extra package: pip install 'handtint[ray]'") from error
    try:
        fs, inner = fsspec.core.url_to_fs(path)
    except (ImportError, ValueError, OSError) as error:
        raise OptionError(f"{path}: {_line(error)}") from error
    return fs, str(inner)


def _call(path: str, function: Callable[[], Any]) -> Any:
    try:
        return function()
    except HandtintError:
        raise
    except Exception as error:  # each store's library has its own exceptions
        raise InputError(f"{path}: {_line(error)}") from error


def _line(error: Exception) -> str:
    return files.reason(error) if isinstance(error, OSError) else files.one_line(str(error)) or type(error).__name__


def sweep(folders: set[str]) -> None:
    """Remove the unfinished files of killed workers from local folders, except those that are being written."""
    for folder in folders:
        files.sweep(folder)
