"""A run over photographs, from its configuration to an outcome for each photo and a report."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Literal

from handtint import recipe as recipes
from handtint.batch import absolute, local, naming, report, storage
from handtint.batch.journal import FOLDER, Journal, open_journal
from handtint.batch.naming import STREAM
from handtint.batch.output_folder import OutputFolder
from handtint.batch.watch import Watch
from handtint.errors import OptionError
from handtint.options import Options
from handtint.workers.messages import Job, Outcome, RunSetup, Task, worker_died
from handtint.workers.pool import WorkerPool
from handtint.workers.worker import Worker, cores

if TYPE_CHECKING:
    from handtint.batch.ray import Cluster

Engine = Literal["local", "ray"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """The configuration of a run. Raises OptionError for settings that exclude each other, and WeightsError.

    jobs: number of workers; 0 for one on this machine, or one per core of a Ray cluster. threads: of each worker; 0 for
    an equal share of this machine's cores, or one on Ray. journal: its folder, "" for one in the folder of results. For
    Ray, all paths are made absolute.
    """

    sources: Sequence[str]
    output: str | None
    options: Options
    mask: bytes = b""
    save_mask: bool = False
    save_panel: bool = False
    jobs: int = 0
    threads: int = 0
    watch: bool = False
    retry_failed: bool = False
    journal: str = ""
    engine: Engine = "local"
    address: str | None = None

    def __post_init__(self) -> None:
        stream = STREAM in self.sources or self.output == STREAM
        if stream and (self.engine == "ray" or self.watch):
            raise OptionError("standard input and output cannot be used with --watch or --engine ray")
        if self.output == STREAM and (self.save_mask or self.save_panel):
            raise OptionError("--save-mask and --panel need an output file or folder")
        if self.address and self.engine != "ray":
            raise OptionError("--address needs --engine ray")
        if self.engine == "ray":
            self._make_absolute()

    def _make_absolute(self) -> None:
        """Make all paths absolute for actors, which have other working folders."""
        object.__setattr__(self, "sources", tuple(map(absolute.path, self.sources)))
        object.__setattr__(self, "output", self.output and absolute.path(self.output))
        object.__setattr__(self, "options", absolute.options(self.options))

    @property
    def out(self) -> str | None:
        """The folder of results of a folder or of several photos, which gets a journal; None for any other run."""
        if STREAM in self.sources or self.output == STREAM:
            return None
        several = len(self.sources) > 1 or storage.is_folder(self.sources[0])
        if self.output is None:
            is_one_folder = len(self.sources) == 1 and several
            return f"{os.path.abspath(self.sources[0])}.handtint" if is_one_folder else None
        return self.output if several and naming.is_folder(self.sources, self.output) else None


class Run:
    """A run over photographs. Use it as a context manager, and iterate over `outcomes`."""

    def __init__(self, config: RunConfig) -> None:
        """Check the configuration. Raises OptionError, InputError, OutputError, WeightsError."""
        self._config, self._recipe = config, recipes.of(config.options, mask=config.mask)
        self._stack, self._start = ExitStack(), time.monotonic()
        self._folder: OutputFolder | None = None
        self._journal: Journal | None = None
        self._watch: Watch | None = None
        self._cluster: Cluster | None = None
        self.out = config.out
        self.jobs: list[Job] = []
        self.done_before = 0  # photos that an earlier run had done
        self.skipped: Counter[str] = Counter()  # numbers of files in folders that are not photographs, by extension

    def __enter__(self) -> Run:
        """Open the journal, and find the photos. Raises what __init__ raises."""
        with ExitStack() as stack:
            if self.out is not None:
                self._open(self.out, stack)
            elif self._config.watch or self._config.retry_failed or self._config.journal:
                raise OptionError("--watch, --retry-failed and --journal need a folder of photos, and -o FOLDER")
            else:
                config = self._config
                format_ = config.options.format
                self.jobs = naming.plan(config.sources, config.output, format=format_, skipped=self.skipped)
            if self._config.engine == "ray":
                self._connect(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the journal, and remove unfinished files."""
        self._stack.close()

    def _open(self, out: str, stack: ExitStack) -> None:
        config = self._config
        if storage.is_url(out) and not config.journal:
            raise OptionError(f"output: a journal cannot be stored in {out}: give its folder with --journal FOLDER")
        journal_folder = config.journal or os.path.join(out, FOLDER)
        photos = [] if config.watch else list(naming.find(config.sources, out, skipped=self.skipped))
        journal = self._journal = stack.enter_context(open_journal(journal_folder, format=config.options.format))
        # photos are tinted again if other files are to be written
        files = f"{'+mask' * config.save_mask}{'+panel' * config.save_panel}"
        recipe_hash = f"{self._recipe.hash}{files}"
        folder = OutputFolder(journal, out, format=config.options.format, recipe=recipe_hash, retry=config.retry_failed)
        self._folder = folder
        self.jobs = folder.add_photos(photos)
        folder.sweep()
        stack.callback(folder.sweep)  # after the workers' end, while the journal is still locked
        if config.watch:
            self._watch = Watch(lambda: naming.find(config.sources, out, allow_empty=True))

    @property
    def in_this_process(self) -> bool:
        """Whether the photos are tinted in this process, without a worker."""
        is_single = self._config.jobs <= 1 or any(STREAM in (job.source, job.target) for job in self.jobs)
        return is_single and self._folder is None and self._config.engine == "local"

    def outcomes(self, stop: Event) -> Generator[Outcome, None, None]:
        """Tint the photos, and yield the outcome of each, until all are done, `stop` is set, or none can be tinted.

        The last outcome may be a "halt". Raises OutputError, HandtintError.
        """
        with closing(self._tint_all(stop)) as all_outcomes:
            for outcome in all_outcomes:
                if outcome.undecodable and self._watch and self._watch.retry(outcome.job.source):
                    continue  # its file may still be incomplete
                if self._folder:
                    self._folder.record(outcome)
                self.done_before += outcome.state == "same"
                yield outcome
                if outcome.state == "halt":
                    return

    def report(self) -> str | None:
        """Write the report, if there is a folder of results; returns the path of its page. Raises OutputError."""
        if not (self._folder and self._journal and self.out is not None and len(self._folder.jobs) > 1):
            return None
        rows = list(self._journal.rows(self._folder.jobs.values()))
        seconds = time.monotonic() - self._start
        done, skipped = self.done_before, self.skipped
        return report.write(self.out, rows, self._recipe, seconds=seconds, done_before=done, skipped=skipped)

    def _tint_all(self, stop: Event) -> Generator[Outcome, None, None]:
        config = self._config
        setup = RunSetup(
            options=config.options,
            mask=config.mask,
            save_mask=config.save_mask,
            save_panel=config.save_panel,
            threads=config.threads,
        )
        if self._cluster:
            from handtint.batch.ray import MAX_ATTEMPTS

            setup = replace(setup, threads=setup.threads or 1)
            size = config.jobs or max(1, self._cluster.cores() // setup.threads)
            pool = WorkerPool(partial(self._cluster.spawn, setup), size, fatal=Exception, tries=MAX_ATTEMPTS)
            return pool.run(self._tasks(), stop, died=worker_died)
        if self.in_this_process:
            return local.run((Task(job) for job in self.jobs), setup)
        size = max(1, config.jobs)
        if not setup.threads and size > 1:
            setup = replace(setup, threads=max(1, cores() // size))
        spawn: Callable[[], Worker[Task, Outcome]] = partial(local.spawn, setup)
        return WorkerPool(spawn, size, fatal=Exception).run(self._tasks(), stop, died=worker_died)

    def _connect(self, stack: ExitStack) -> None:
        from handtint.batch.ray import Cluster

        count = (self._config.jobs or cores()) * (self._config.threads or 1)
        self._cluster = Cluster(self._config.address, cores=count)
        stack.callback(self._cluster.close)

    def _tasks(self) -> Generator[Task | None, None, None]:
        if self._watch and self._folder:
            for photo in self._watch:
                yield from ([self._folder.task(job) for job in self._folder.add_photos([photo])] if photo else [None])
        else:
            yield from (self._folder.task(job) if self._folder else Task(job) for job in self.jobs)
