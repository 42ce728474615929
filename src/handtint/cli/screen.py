"""The output of a run on standard error: a progress bar with photos per second, and a line for each failure."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from handtint.workers.messages import Outcome


class _Speed(ProgressColumn):
    """Photos a second."""

    def render(self, task: Task) -> Text:
        """The recent speed, or that since the start."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f} photos/s")


class Screen:
    """A run's progress. total: how many photos there are, None where that is not known."""

    def __init__(self, total: int | None) -> None:
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        self.failed = self.usage_error = self.count = 0
        self._watching, self._total = total is None, total
        text = TextColumn("[progress.description]{task.description}")
        columns = (text, BarColumn(), MofNCompleteColumn(), _Speed(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=self.console, disable=self._watching or total < 2)  # type: ignore[operator]
        self._task = self._progress.add_task("tinting", total=total)

    def __enter__(self) -> Screen:
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop updating the bar."""
        self._progress.stop()

    def show(self, outcome: Outcome) -> None:
        """Count the outcome of a photo, and print its error or note, if any."""
        if outcome.error:
            self.failed += 1
            self.usage_error += outcome.usage_error
            self.say(outcome.error, bad=True)
        elif outcome.note:
            self.say(f"{outcome.job.source}: {outcome.note}")
        elif self._watching and outcome.state == "done":
            self.say(f"{outcome.job.source} -> {outcome.job.target}")
        if outcome.state != "halt":
            self.count += 1
            self._progress.advance(self._task)

    def say(self, text: str, *, bad: bool = False) -> None:
        """Print a line above the bar."""
        self.console.print(f"handtint: {text}", style="red" if bad else None, markup=False)
