"""The journal of one film: its finished parts, and the tracker's state at the end of the last one.

It is an SQLite file in a folder next to the result, locked by one run at a time. A part is finished when its row is
written; a part that was not is encoded again.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from handtint import files
from handtint.errors import OutputError

FILE = "journal.sqlite"
_FILM = "CREATE TABLE IF NOT EXISTS film(key TEXT NOT NULL)"  # `FilmJob.key`
_PARTS = """
CREATE TABLE IF NOT EXISTS parts(
  number INTEGER PRIMARY KEY, frames INTEGER NOT NULL,
  last INTEGER NOT NULL,  -- time stamp of its last frame
  stamps BLOB NOT NULL,  -- int64 time stamps of its packets, in decoding order
  notes TEXT NOT NULL,
  memory BLOB NOT NULL  -- the tracker's state at its end, for the last part only
)
"""


@dataclass(frozen=True, slots=True)
class FinishedPart:
    """A finished part. number: from 0. last: time stamp of its last frame. packet_pts: as `sinks.Sink.end_part`."""

    number: int
    frames: int
    last: int
    packet_pts: tuple[int, ...]
    notes: tuple[str, ...] = ()


class Journal:
    """An open journal, from `open_journal`."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self._db, self.folder = connection, folder

    def path(self, number: int, ending: str) -> str:
        """The path of a part's file."""
        return str(self.folder / f"{number:06d}{ending}")

    def parts(self) -> list[FinishedPart]:
        """The finished parts, in order."""
        rows = self._db.execute("SELECT number, frames, last, stamps, notes FROM parts ORDER BY number")
        return [
            FinishedPart(
                number, frames, last, tuple(np.frombuffer(stamps, np.int64).tolist()), tuple(notes.splitlines())
            )
            for number, frames, last, stamps, notes in rows
        ]

    def state(self) -> bytes:
        """The tracker's state at the end of the last part; b"" before the first one."""
        row = self._db.execute("SELECT memory FROM parts ORDER BY number DESC LIMIT 1").fetchone()
        return bytes(row[0]) if row else b""

    def record(self, part: FinishedPart, state: bytes) -> None:
        """Record a finished part, and the tracker's state at its end, durably. Raises OutputError."""
        stamps, notes = np.array(part.packet_pts, np.int64).tobytes(), "\n".join(part.notes)
        with _one_line(self.folder):
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("UPDATE parts SET memory = x''")
            row = part.number, part.frames, part.last, stamps, notes, state
            self._db.execute("INSERT INTO parts VALUES(?, ?, ?, ?, ?, ?)", row)
            self._db.execute("COMMIT")

    def remove(self) -> None:
        """Delete the journal and all parts."""
        self._db.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def open_journal(folder: str, key: str) -> Iterator[Journal]:
    """Open the journal in a folder; it is emptied if its key is another one. Raises OutputError."""
    directory = Path(folder)
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{files.one_line(folder)}: {files.reason(error)}") from error
    with _one_line(directory):
        connection = sqlite3.connect(directory / FILE, timeout=0, isolation_level=None)
    try:
        with _one_line(directory):
            _prepare(connection, directory, key)
        yield Journal(connection, directory)
    finally:
        connection.close()


def _prepare(connection: sqlite3.Connection, directory: Path, key: str) -> None:
    """Lock the journal for this process, and empty it if its key differs. The lock ends with the process."""
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute(_FILM)
    connection.execute(_PARTS)
    row = connection.execute("SELECT key FROM film").fetchone()
    if row is None or row[0] != key:
        for table in ("film", "parts"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608  # nosec B608
        connection.execute("INSERT INTO film VALUES(?)", (key,))
        for old in directory.glob("[0-9]*.*"):
            old.unlink()
    connection.execute("COMMIT")


@contextmanager
def _one_line(folder: Path) -> Iterator[None]:
    path = files.one_line(str(folder / FILE))
    try:
        yield
    except sqlite3.Error as error:
        text = str(error)
        if "locked" in text:
            raise OutputError(f"{path}: another run is working on this film, and has locked this journal") from error
        if "not a database" in text or "malformed" in text:
            text = "damaged; move its folder away to start again"
        raise OutputError(f"{path}: {text}") from error
    except OSError as error:
        raise OutputError(f"{path}: {files.reason(error)}") from error
