"""A folder of results with its journal: names never change, each photo is done once, temporary files are removed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace

from handtint.batch import naming, storage
from handtint.batch.journal import Journal, Names
from handtint.batch.naming import SourcePhoto
from handtint.errors import HandtintError
from handtint.image.io import content
from handtint.workers.messages import Job, Outcome, Task

_MAX_BYTES = 1 << 30  # of a photo that is read again to compute its hash


class OutputFolder:
    """The results of an edit in one folder."""

    def __init__(self, journal: Journal, out: str, *, format: str | None, recipe: str, retry: bool = False) -> None:
        """recipe: the hash of everything that determines a result. retry: whether to retry photos that failed."""
        self._journal, self._out, self._format, self._recipe, self._retry = journal, out, format, recipe, retry
        self._base = storage.identity(out)
        self._names = journal.names()
        self._results = {os.path.join(self._base, name) for name in journal.assigned_names()}
        self._used_names = set(self._results)  # with the photos, which must not be overwritten
        self.jobs: dict[str, Job] = {}  # all jobs of this run, by key

    def add_photos(self, photos: Iterable[SourcePhoto]) -> list[Job]:
        """The jobs of new photos, each once, with their assigned names or new ones. Raises OutputError."""
        by_key = {self._key(photo.path): photo for photo in photos if storage.identity(photo.path) not in self._results}
        new_keys = [key for key in by_key if key not in self._names]
        self._used_names |= {storage.identity(photo.path) for photo in by_key.values()}
        jobs = [naming.name(by_key[key], self._out, self._format, self._used_names) for key in new_keys]
        self._results |= {storage.identity(path) for job in jobs for path in (job.target, job.mask, job.panel)}
        names = {key: self._relative_names(job) for key, job in zip(new_keys, jobs, strict=True)}
        self._journal.assign_names(names)
        self._names |= names
        admitted = {key: self._job(key, photo) for key, photo in by_key.items()}
        self.jobs |= admitted
        return list(admitted.values())

    def task(self, job: Job) -> Task:
        """A job with its record in the journal."""
        recorded = self._journal.outcome_of(job.key, self._recipe)
        if recorded and recorded.error and self._retry:
            recorded = None
        return Task(job, recorded, self._journal.wants_thumbnail)

    def record(self, outcome: Outcome) -> None:
        """Record the outcome of a photo. Raises OutputError."""
        if outcome.state == "failed" and not outcome.input:  # a worker that died reported nothing
            outcome = replace(outcome, input=_digest(outcome.job.source))
        if outcome.state in ("done", "failed") and not outcome.from_journal:
            self._journal.record(outcome, self._recipe)

    def sweep(self) -> None:
        """Remove the unfinished files of killed workers."""
        if not storage.is_url(self._out):
            storage.sweep({os.path.dirname(job.target) for job in self.jobs.values()})

    def _key(self, path: str) -> str:
        """The key of a photo in the journal: its path relative to the results, so that both can be moved together."""
        canonical = storage.entry(path)
        if storage.is_url(path) or storage.is_url(self._out):
            return canonical
        try:
            return os.path.relpath(canonical, self._base)
        except ValueError:  # on another drive
            return canonical

    def _relative_names(self, job: Job) -> Names:
        start = os.path.join(self._out, "")
        return job.target.removeprefix(start), job.mask.removeprefix(start), job.panel.removeprefix(start)

    def _job(self, key: str, photo: SourcePhoto) -> Job:
        target, mask, panel = (os.path.join(self._out, name) for name in self._names[key])
        return Job(photo.path, target, mask, panel, key)


def _digest(path: str) -> str:
    """sha256 of a photo's file, "" if it cannot be read."""
    try:
        return content.digest(storage.read(path, _MAX_BYTES))
    except HandtintError:
        return ""
