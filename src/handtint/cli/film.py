"""`handtint tint` for films: the options that only films have, and their progress."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from handtint.cli.signals import Signals

if TYPE_CHECKING:
    from rich.progress import Progress

    from handtint.options import Options
    from handtint.video.job import FilmJob

CODECS = ("h264", "h265", "vp9", "av1", "mpeg4", "prores", "ffv1")
KINDS = ("sound", "subtitles")


class _Time(click.ParamType[float]):
    """A time in a film: 12.5, 12.5s, 2:05 or 1:02:03."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The seconds."""
        from handtint import keep

        if not isinstance(value, str):
            return value
        try:
            return keep.seconds(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Rate(click.ParamType[Fraction]):
    """Frames a second: 25, 23.976 or 24000/1001."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The exact rate."""
        try:
            return Fraction(value).limit_denominator(100_000)
        except (ValueError, ZeroDivisionError):
            self.fail(f"{value!r} is not a number of frames per second, as 25 or 24000/1001", param, ctx)


_FILM: dict[str, dict[str, Any]] = {
    "--from": {"type": _Time(), "metavar": "TIME", "help": "Films: start at this time, as 12.5s or 1:02:03."},
    "--to": {"type": _Time(), "metavar": "TIME", "help": "Films: end at this time."},
    "--preview": {"type": _Time(), "metavar": "TIME", "help": "Films: tint only this much, from --from or the start."},
    "--codec": {
        "type": click.Choice(CODECS),
        "help": "Films: the codec. Default: h264, which plays everywhere; vp9 in .webm, mpeg4 in .avi.",
    },
    "--crf": {
        "type": click.IntRange(0),
        "metavar": "N",
        "help": "Films: the quality; lower is better. Default: 18 (h264), 20 (h265), 30 (vp9, av1).",
    },
    "--fps": {"type": _Rate(), "metavar": "RATE", "help": "Numbered pictures: the frames per second. Default: 25."},
    "--without": {
        "type": click.Choice(KINDS),
        "multiple": True,
        "help": "Films: leave out these tracks. May be repeated.",
    },
}
_NAMES = {"--from": "start", "--to": "end", "--fps": "rate", "--without": "drop"}
_OF_PHOTOS = ("save_mask", "save_panel", "watch", "retry_failed", "journal", "address")


def film_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags of films."""
    for flag, rule in reversed(_FILM.items()):
        function = click.option(flag, f"film_{_NAMES.get(flag, flag[2:])}", **rule)(function)
    return function


def film_settings(arguments: dict[str, Any]) -> dict[str, Any]:
    """Remove the flags that only films have from `arguments`, and return those that were given."""
    settings = {key: arguments.pop(key) for key in list(arguments) if key.startswith("film_")}
    return {key.removeprefix("film_"): value for key, value in settings.items() if value not in (None, ())}


def are_films(sources: Sequence[str], settings: dict[str, Any]) -> bool:
    """Whether the sources are films. Raises UsageError for a mixture, and for flags of films on photographs."""
    from handtint.video import job

    films = [source for source in sources if job.is_film(source)]
    if films and len(films) < len(sources):
        raise click.UsageError("films and photographs cannot be mixed: use one command for each")
    if not films and settings:
        flag = next(flag for flag in _FILM if _NAMES.get(flag, flag[2:]) in settings)
        raise click.UsageError(f"{flag} is for films only")
    return bool(films)


def tint(arguments: dict[str, Any], settings: dict[str, Any], options: Options, mask: bytes, signals: Signals) -> int:
    """Tint films, one after the other, with a progress bar for each; returns the exit status."""
    from handtint.errors import HandtintError, OptionError

    for name in _OF_PHOTOS:
        if arguments.get(name):
            raise click.UsageError(f"--{name.removeprefix('save_').replace('_', '-')} cannot be used for films")
    jobs = _jobs(arguments, settings, options, mask)
    failed = 0
    for job in jobs:
        try:
            if _render(job, signals):
                return signals.status
        except OptionError:
            raise
        except HandtintError as error:
            click.echo(f"handtint: {error}", err=True)
            failed += 1
    return 1 if failed else 0


def _jobs(arguments: dict[str, Any], settings: dict[str, Any], options: Options, mask: bytes) -> list[FilmJob]:
    from handtint.video.job import FilmJob

    sources, output = arguments["sources"], arguments["output"]
    folder = output is not None and (output.endswith("/") or os.path.isdir(output))
    if output is not None and len(sources) > 1 and not folder:
        raise click.UsageError("several films need a folder: -o FOLDER/")
    if output == "-":
        raise click.UsageError("a film cannot be written to standard output: give -o FILE")
    threads = arguments.get("threads") or 0
    return [
        FilmJob(source=s, output=_target(s, output, folder), options=options, mask=mask, threads=threads, **settings)
        for s in sources
    ]


def _target(source: str, output: str | None, folder: bool) -> str:
    """The path of the result; a format that cannot be written becomes .mkv."""
    from handtint.video.codecs import CONTAINERS

    if output is not None and not folder:
        return output
    stem, ending = os.path.splitext(os.path.basename(source))
    if "%" in stem or ending.lower() not in CONTAINERS:
        ending = ".mp4" if "%" in stem else ".mkv"
        stem = stem.split("%")[0].strip("-_. ") or "film"
    if folder:
        return os.path.join(output or "", stem + ending)
    return os.path.join(os.path.dirname(source), f"{stem}.handtint{ending}")


def _render(job: FilmJob, signals: Signals) -> bool:
    """Tint one film with a progress bar; returns whether it was stopped."""
    from handtint.video.render import Render

    with Render(job) as render, _bar() as bar:
        task = bar.add_task(os.path.basename(job.source), total=render.total or None)
        signals.graceful = True
        done = 0
        for done in render.frames(signals.event):
            bar.update(task, completed=done, total=max(render.total, done) if render.total else None)
        signals.graceful = False
        for note in render.notes:
            bar.console.print(f"handtint: {note}", markup=False)
        if signals.number:
            hint = "run the same command again to continue"
            bar.console.print(f"handtint: stopped at {done} of {render.total or '?'} frames; {hint}", markup=False)
        elif render.resumed:
            bar.console.print(f"handtint: {render.resumed} of {done} frames were done by an earlier run", markup=False)
        return bool(signals.number)


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Speed(ProgressColumn):
        """Frames a second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:.1f} frames/s")

    text = TextColumn("[progress.description]{task.description}")
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    return Progress(text, BarColumn(), MofNCompleteColumn(), Speed(), TimeRemainingColumn(), console=console)
