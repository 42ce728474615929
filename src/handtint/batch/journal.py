"""The journal of a folder of results: each photo's name, state, input hash, recipe hash, duration and error.

It is one SQLite file, used by one run at a time. A name that was assigned to a photo never changes.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from handtint import files
from handtint.errors import OutputError
from handtint.workers.messages import Job, JournalRecord, Outcome

FOLDER, FILE = ".handtint", "journal.sqlite"
MAX_THUMBNAILS = 400  # photos of which the journal stores a thumbnail for the report
_VERSION = 1
_TABLE = """
CREATE TABLE IF NOT EXISTS photos(
  source TEXT NOT NULL,  -- the photo, from the folder of results where that can be said
  format TEXT NOT NULL,  -- the format asked for: another one has other names
  target TEXT NOT NULL, mask TEXT NOT NULL, panel TEXT NOT NULL,  -- below the folder of results
  state TEXT NOT NULL DEFAULT 'waiting',  -- waiting, done, failed
  input TEXT NOT NULL DEFAULT '',  -- sha256 of the photo's file
  recipe TEXT NOT NULL DEFAULT '',  -- sha256 of the edit
  seconds REAL NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
  finished TEXT NOT NULL DEFAULT '', thumbnail BLOB NOT NULL DEFAULT x'',
  PRIMARY KEY(source, format))
"""
# Names are bytes that need not be UTF-8; as text they stay readable in any SQLite tool.
_TEXT = "CAST(? AS TEXT)"
_NEW = f"INSERT INTO photos(source, format, target, mask, panel) VALUES({', '.join([_TEXT] * 5)})"  # nosec B608
_DONE = f"""
UPDATE photos SET state = ?, input = ?, recipe = ?, seconds = ?, error = {_TEXT}, note = {_TEXT}, finished = ?,
thumbnail = ? WHERE source = {_TEXT} AND format = ?
"""  # noqa: S608  # nosec B608
_LOCKED = "another run is at work here, and keeps this journal"  # its process has locked the file
_DAMAGED = "damaged; move it away to begin anew"
_REASONS = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
}

Names = tuple[str, str, str]  # target, mask, panel


@dataclass(frozen=True, slots=True)
class Row:
    """The journal's row of a photo."""

    source: str
    target: str
    state: str
    input: str
    seconds: float
    error: str
    note: str
    finished: str
    thumbnail: bytes


class Journal:
    """An open journal, for results of one format ("" for each photo's own). It is opened by `open_journal`."""

    def __init__(self, connection: sqlite3.Connection, path: Path, format: str) -> None:
        self._db, self._path, self._format = connection, path, format
        self._thumbnails = int(self._query("SELECT count(*) FROM photos WHERE thumbnail != x''")[0][0])

    @property
    def wants_thumbnail(self) -> bool:
        """Whether there is room for another thumbnail."""
        return self._thumbnails < MAX_THUMBNAILS

    def assigned_names(self) -> Iterator[str]:
        """All names below the folder of results that are assigned to photos, for any format."""
        for row in self._query("SELECT target, mask, panel FROM photos"):
            yield from row

    def names(self) -> dict[str, Names]:
        """The photos with assigned names: {source: (target, mask, panel)}."""
        rows = self._query("SELECT source, target, mask, panel FROM photos WHERE format = ?", self._format)
        return {source: (target, mask, panel) for source, target, mask, panel in rows}

    def assign_names(self, names: Mapping[str, Names]) -> None:
        """Assign names to photos, {source: (target, mask, panel)}, in one transaction."""
        rows = [tuple(map(os.fsencode, (source, self._format, *photo_names))) for source, photo_names in names.items()]
        with self._guarded():
            self._db.execute("BEGIN")
            self._db.executemany(_NEW, rows)
            self._db.execute("COMMIT")

    def outcome_of(self, key: str, recipe: str) -> JournalRecord | None:
        """The outcome of a photo with that recipe; None if there is none yet."""
        query = f"SELECT input, error FROM photos WHERE source = {_TEXT} AND format = ? AND recipe = ? AND state IN "  # noqa: S608  # nosec B608
        rows = self._query(query + "('done', 'failed')", os.fsencode(key), self._format, recipe)
        return JournalRecord(*rows[0]) if rows else None

    def record(self, outcome: Outcome, recipe: str) -> None:
        """Record the outcome of a photo durably. Raises OutputError."""
        thumbnail = outcome.thumbnail if self.wants_thumbnail else b""
        self._thumbnails += bool(thumbnail)
        values = [outcome.state, outcome.input, recipe, outcome.seconds, os.fsencode(outcome.error)]
        values += [os.fsencode(outcome.note), datetime.now(UTC).isoformat(timespec="seconds"), thumbnail]
        with self._guarded():
            self._db.execute(_DONE, (*values, os.fsencode(outcome.job.key), self._format))

    def rows(self, jobs: Iterable[Job]) -> Iterator[Row]:
        """The rows of the given jobs."""
        columns = "state, input, seconds, error, note, finished, thumbnail"
        query = f"SELECT {columns} FROM photos WHERE source = {_TEXT} AND format = ?"  # noqa: S608  # nosec B608
        for job in jobs:
            for values in self._query(query, os.fsencode(job.key), self._format):
                yield Row(job.source, job.target, *values)

    def _query(self, query: str, *values: Any) -> list[Any]:
        with self._guarded():
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        with _one_line(self._path):
            yield


@contextmanager
def open_journal(folder: str | Path, *, format: str | None) -> Iterator[Journal]:
    """Open or create the journal in a folder. Raises OutputError, also if another run has locked it."""
    path = Path(folder) / FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path.parent}: {files.reason(error)}") from error
    with _one_line(path):
        connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        with _one_line(path):
            connection.text_factory = os.fsdecode
            _prepare(connection, path)
        yield Journal(connection, path, format or "")
    finally:
        connection.close()


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Lock the journal for this process; the lock ends with the process."""
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")  # without shared memory, as locking is exclusive
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, _VERSION):
        raise OutputError(f"{path}: written by another version of handtint ({version}, this one writes {_VERSION})")
    connection.execute(_TABLE)
    connection.execute(f"PRAGMA user_version = {_VERSION}")
    connection.execute("COMMIT")


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the details in the higher bits
        text = _REASONS.get(code, str(error))
        raise OutputError(f"{path}: {text}") from error
