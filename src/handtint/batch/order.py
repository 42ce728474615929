"""A whole run, as ordered: what to do, where to, by whom; told photo by photo."""

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
from handtint.batch import absolute, local, places, plan, report
from handtint.batch.archive import Archive
from handtint.batch.crew import Crew, Hand
from handtint.batch.journal import FOLDER, Journal, opened
from handtint.batch.plan import STREAM, Job
from handtint.batch.task import Outcome, Setup, Task
from handtint.batch.watch import Watch
from handtint.errors import OptionError
from handtint.options import Options

if TYPE_CHECKING:
    from handtint.batch.ray import Cluster

Engine = Literal["local", "ray"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person asked for; for Ray, every path in it becomes a whole one.

    Raises OptionError for wishes that do not go together, and WeightsError.

    jobs: workers; 0 for one here, and for all cores of a Ray cluster. threads: of each worker; 0 for an even share of
    this machine's cores, and for one on Ray. journal: its folder, "" for one in the folder of results.
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
            raise OptionError("standard input and output cannot be watched, nor go to Ray")
        if self.output == STREAM and (self.save_mask or self.save_panel):
            raise OptionError("--save-mask and --panel need an output file or folder")
        if self.address and self.engine != "ray":
            raise OptionError("--address is for --engine ray")
        if self.engine == "ray":
            self._make_absolute()

    def _make_absolute(self) -> None:
        """Name everything so that actors, whose working folders are others, find it."""
        object.__setattr__(self, "sources", tuple(map(absolute.path, self.sources)))
        object.__setattr__(self, "output", self.output and absolute.path(self.output))
        object.__setattr__(self, "options", absolute.options(self.options))

    @property
    def out(self) -> str | None:
        """The folder of results, where the run fills one from a folder or several photos; such a run has a journal."""
        if STREAM in self.sources or self.output == STREAM:
            return None
        several = len(self.sources) > 1 or places.is_folder(self.sources[0])
        if self.output is None:
            alone = len(self.sources) == 1 and several
            return f"{os.path.abspath(self.sources[0])}.handtint" if alone else None
        return self.output if several and plan.is_folder(self.sources, self.output) else None


class Run:
    """An order being carried out. Use it as a context; then go through `outcomes`."""

    def __init__(self, order: Order) -> None:
        """Get ready. Raises OptionError, InputError, OutputError, WeightsError."""
        self._order, self._recipe = order, recipes.of(order.options, mask=order.mask)
        self._stack, self._start = ExitStack(), time.monotonic()
        self._archive: Archive | None = None
        self._journal: Journal | None = None
        self._watch: Watch | None = None
        self._cluster: Cluster | None = None
        self.out = order.out
        self.jobs: list[Job] = []
        self.again = 0  # photos that an earlier run had done
        self.skipped: Counter[str] = Counter()  # files of the folders that are no photographs, by ending

    def __enter__(self) -> Run:
        """Open the journal, and find the photos. Raises as __init__."""
        with ExitStack() as stack:
            if self.out is not None:
                self._open(self.out, stack)
            elif self._order.watch or self._order.retry_failed or self._order.journal:
                raise OptionError("--watch, --retry-failed and --journal need a folder of photos, and -o FOLDER")
            else:
                wanted = self._order.options.format
                self.jobs = plan.plan(self._order.sources, self._order.output, format=wanted, skipped=self.skipped)
            if self._order.engine == "ray":
                self._connect(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the journal, and leave nothing half-written behind."""
        self._stack.close()

    def _open(self, out: str, stack: ExitStack) -> None:
        order = self._order
        if places.is_url(out) and not order.journal:
            raise OptionError(f"output: a journal cannot live in {out}: give its folder with --journal FOLDER")
        home = order.journal or os.path.join(out, FOLDER)
        photos = [] if order.watch else list(plan.find(order.sources, out, skipped=self.skipped))
        journal = self._journal = stack.enter_context(opened(home, format=order.options.format))
        beside = f"{'+mask' * order.save_mask}{'+panel' * order.save_panel}"  # with other files to write, do all again
        wanted = f"{self._recipe.hash}{beside}"
        archive = Archive(journal, out, format=order.options.format, recipe=wanted, retry=order.retry_failed)
        self._archive = archive
        self.jobs = archive.admit(photos)
        archive.sweep()
        stack.callback(archive.sweep)  # after the workers' end, before the journal is another's
        if order.watch:
            self._watch = Watch(lambda: plan.find(order.sources, out, patient=True))

    @property
    def alone(self) -> bool:
        """Whether this very process does the photos, and so cannot be asked to stop between two of them."""
        one = self._order.jobs <= 1 or any(STREAM in (job.source, job.target) for job in self.jobs)
        return one and self._archive is None and self._order.engine == "local"

    def outcomes(self, stop: Event) -> Generator[Outcome, None, None]:
        """Do the photos, telling of each as it ends, until all are done, `stop` is set or none can be done any more.

        The last outcome may be a "halt". Raises OutputError, HandtintError.
        """
        with closing(self._work(stop)) as work:
            for outcome in work:
                if outcome.undecodable and self._watch and self._watch.again(outcome.job.source):
                    continue  # still on its way, it seems
                if self._archive:
                    self._archive.settle(outcome)
                self.again += outcome.state == "same"
                yield outcome
                if outcome.state == "halt":
                    return

    def report(self) -> str | None:
        """Write the report, where there is a folder for it; its page's path. Raises OutputError."""
        if not (self._archive and self._journal and self.out is not None and len(self._archive.jobs) > 1):
            return None
        rows = list(self._journal.rows(self._archive.jobs.values()))
        seconds = time.monotonic() - self._start
        return report.write(self.out, rows, self._recipe, seconds=seconds, again=self.again, skipped=self.skipped)

    def _work(self, stop: Event) -> Generator[Outcome, None, None]:
        order = self._order
        setup = Setup(
            options=order.options,
            mask=order.mask,
            save_mask=order.save_mask,
            save_panel=order.save_panel,
            threads=order.threads,
        )
        if self._cluster:
            from handtint.batch.ray import TRIES

            setup = replace(setup, threads=setup.threads or 1)
            size = order.jobs or max(1, self._cluster.cores() // setup.threads)
            return Crew(partial(self._cluster.hire, setup), size, tries=TRIES).run(self._tasks(), stop)
        if self.alone:
            return local.run((Task(job) for job in self.jobs), setup)
        size = max(1, order.jobs)
        if not setup.threads and size > 1:
            setup = replace(setup, threads=max(1, local.cores() // size))
        hire: Callable[[], Hand] = partial(local.Process, setup)
        return Crew(hire, size).run(self._tasks(), stop)

    def _connect(self, stack: ExitStack) -> None:
        from handtint.batch.ray import Cluster

        cores = (self._order.jobs or local.cores()) * (self._order.threads or 1)
        self._cluster = Cluster(self._order.address, cores=cores)
        stack.callback(self._cluster.close)

    def _tasks(self) -> Generator[Task | None, None, None]:
        if self._watch and self._archive:
            for photo in self._watch:
                yield from [self._archive.task(job) for job in self._archive.admit([photo])] if photo else [None]
        else:
            yield from (self._archive.task(job) if self._archive else Task(job) for job in self.jobs)
