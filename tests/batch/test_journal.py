"""The journal: records persist, and one run uses it at a time."""

import os
import sqlite3
from pathlib import Path

import pytest
from photo_runs import job

from handtint.batch.journal import MAX_THUMBNAILS, open_journal
from handtint.errors import OutputError
from handtint.workers.messages import JournalRecord, Outcome


def test_records_persist(tmp_path: Path) -> None:
    with open_journal(tmp_path / "deep", format=None) as journal:
        journal.assign_names({"a.jpg": ("a.jpg", "a.mask.png", "a.panel.png"), "b.jpg": ("b.jpg", "bm", "bp")})
        assert journal.outcome_of("a.jpg", "r") is None
        journal.record(Outcome(job=job("a.jpg"), input="aa", seconds=1.5, note="hm", thumbnail=b"jpeg"), "r")
        journal.record(Outcome(job=job("b.jpg"), state="failed", input="bb", error="b.jpg: no"), "r")
    with open_journal(tmp_path / "deep", format=None) as journal:
        assert journal.names()["a.jpg"] == ("a.jpg", "a.mask.png", "a.panel.png")
        assert sorted(journal.assigned_names()) == ["a.jpg", "a.mask.png", "a.panel.png", "b.jpg", "bm", "bp"]
        assert journal.outcome_of("a.jpg", "r") == JournalRecord("aa")
        assert journal.outcome_of("b.jpg", "r") == JournalRecord("bb", "b.jpg: no")
        assert journal.outcome_of("a.jpg", "another recipe") is None
        (row,) = journal.rows([job("a.jpg")])
        assert (row.state, row.seconds, row.note, row.thumbnail) == ("done", 1.5, "hm", b"jpeg")
        assert row.finished.endswith("+00:00")


def test_names_depend_on_the_format(tmp_path: Path) -> None:
    with open_journal(tmp_path, format=None) as journal:
        journal.assign_names({"a.jpg": ("a.jpg", "m", "p")})
    with open_journal(tmp_path, format="png") as journal:
        assert journal.names() == {}
        assert "a.jpg" in set(journal.assigned_names())
        journal.assign_names({"a.jpg": ("a.png", "m2", "p2")})
        assert journal.names() == {"a.jpg": ("a.png", "m2", "p2")}


def test_names_may_be_any_bytes(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9 \xff.jpg")
    with open_journal(tmp_path, format=None) as journal:
        journal.assign_names({name: (name, "", "")})
        journal.record(Outcome(job=job(name), state="failed", error=f"{name}: no"), "r")
    with open_journal(tmp_path, format=None) as journal:
        assert journal.names() == {name: (name, "", "")}
        assert journal.outcome_of(name, "r") == JournalRecord("", f"{name}: no")


def test_a_second_run_is_an_error_in_one_line(tmp_path: Path) -> None:
    with (
        open_journal(tmp_path, format=None),
        pytest.raises(OutputError, match="another run") as error,
        open_journal(tmp_path, format=None),
    ):
        pass
    assert "\n" not in str(error.value)
    with open_journal(tmp_path, format=None):
        pass


def test_a_file_that_is_no_journal_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"something else entirely" * 100)
    with pytest.raises(OutputError, match="damaged"), open_journal(tmp_path, format=None):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file"), open_journal(tmp_path / "file" / "in", format=None):
        pass


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (sqlite3.SQLITE_BUSY, "another run"),
        (sqlite3.SQLITE_BUSY | 2 << 8, "another run"),  # one of its extended codes
        (sqlite3.SQLITE_CORRUPT, "damaged"),
        (sqlite3.SQLITE_FULL, "all is lost, or locked"),
        (None, "all is lost, or locked"),
    ],
)
def test_sqlite_errors_are_distinguished_by_their_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int | None, text: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        error = sqlite3.OperationalError("all is lost, or locked")
        if code is not None:
            error.sqlite_errorcode = code
        raise error

    monkeypatch.setattr(sqlite3, "connect", fail)
    with pytest.raises(OutputError, match=text), open_journal(tmp_path, format=None):
        pass


def test_a_journal_of_another_version_is_an_error(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(OutputError, match="another version"), open_journal(tmp_path, format=None):
        pass


def test_thumbnails_are_limited_in_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_THUMBNAILS > 100
    monkeypatch.setattr("handtint.batch.journal.MAX_THUMBNAILS", 2)
    with open_journal(tmp_path, format=None) as journal:
        journal.assign_names({f"{n}": (f"{n}", "", "") for n in range(4)})
        for n in range(4):
            journal.record(Outcome(job=job(f"{n}"), thumbnail=b"x"), "r")
        assert not journal.wants_thumbnail
        assert [row.thumbnail for row in journal.rows([job(f"{n}") for n in range(4)])] == [b"x", b"x", b"", b""]
