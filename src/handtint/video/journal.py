"""The journal of one film: the encoded parts, and the memory at the end of the last one.

One SQLite file in a folder beside the result, kept by one run at a time. A part counts from the moment its row is
written; what a run had begun beyond that is done again.
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
_FILM = "CREATE TABLE IF NOT EXISTS film(key TEXT NOT NULL)"  # sha256 of what is asked of which film
_PARTS = """
CREATE TABLE IF NOT EXISTS parts(
  number INTEGER PRIMARY KEY, frames INTEGER NOT NULL,
  last INTEGER NOT NULL,  -- time stamp of its last frame
  stamps BLOB NOT NULL,  -- int64 time stamps of its packets, in the order they are decoded
  notes TEXT NOT NULL,
  memory BLOB NOT NULL  -- what was remembered at its end; kept for the last part alone
)
"""


@dataclass(frozen=True, slots=True)
class Done:
    """A part that is done. number: from 0. order: the time stamps of its packets, in the order they are decoded."""

    number: int
    frames: int
    last: int
    order: tuple[int, ...]
    notes: tuple[str, ...] = ()


class Journal:
    """An open journal. Get one from `opened`."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self._db, self.folder = connection, folder

    def path(self, number: int, ending: str) -> str:
        """The file of a part."""
        return str(self.folder / f"{number:06d}{ending}")

    def parts(self) -> list[Done]:
        """The parts that are done, in order."""
        rows = self._db.execute("SELECT number, frames, last, stamps, notes FROM parts ORDER BY number")
        return [
            Done(number, frames, last, tuple(np.frombuffer(stamps, np.int64).tolist()), tuple(notes.splitlines()))
            for number, frames, last, stamps, notes in rows
        ]

    def memory(self) -> bytes:
        """What was remembered at the end of the last part; nothing at the start."""
        row = self._db.execute("SELECT memory FROM parts ORDER BY number DESC LIMIT 1").fetchone()
        return bytes(row[0]) if row else b""

    def record(self, part: Done, memory: bytes) -> None:
        """Write down, for good, that a part is done. Raises OutputError."""
        stamps, notes = np.array(part.order, np.int64).tobytes(), "\n".join(part.notes)
        with _one_line(self.folder):
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("UPDATE parts SET memory = x''")
            row = part.number, part.frames, part.last, stamps, notes, memory
            self._db.execute("INSERT INTO parts VALUES(?, ?, ?, ?, ?, ?)", row)
            self._db.execute("COMMIT")

    def remove(self) -> None:
        """Take the journal and all parts away: the film is done."""
        self._db.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def opened(folder: str, key: str) -> Iterator[Journal]:
    """The journal in a folder, begun anew where it is of another film or asks something else. Raises OutputError."""
    home = Path(folder)
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{files.one_line(folder)}: {files.reason(error)}") from error
    with _one_line(home):
        connection = sqlite3.connect(home / FILE, timeout=0, isolation_level=None)
    try:
        with _one_line(home):
            _prepare(connection, home, key)
        yield Journal(connection, home)
    finally:
        connection.close()


def _prepare(connection: sqlite3.Connection, home: Path, key: str) -> None:
    """Take the journal for this process alone; the system lets go of it when the process ends, however it ends."""
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
        for old in home.glob("[0-9]*.*"):
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
            raise OutputError(f"{path}: another run is at work on this film, and keeps this journal") from error
        if "not a database" in text or "malformed" in text:
            text = "damaged; move its folder away to begin anew"
        raise OutputError(f"{path}: {text}") from error
    except OSError as error:
        raise OutputError(f"{path}: {files.reason(error)}") from error
