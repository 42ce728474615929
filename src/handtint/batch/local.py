"""The jobs, one after the other, in this process; a photo that fails does not stop the others."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from handtint.batch.plan import STREAM, Job
from handtint.errors import HandtintError, InputError, OutputError
from handtint.figures import panel
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Result, Tinter


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: an error and a note, each one line or empty."""

    job: Job
    error: str = ""
    note: str = ""


def run(
    jobs: Iterable[Job], tinter: Tinter, options: Options, *, mask: Photo | None, save_mask: bool, save_panel: bool
) -> Iterator[Outcome]:
    """Do each job, saying after each what became of it."""
    for job in jobs:
        try:
            result = tinter.run(_read(job), options, mask=mask)
            _write(job, result, options, save_mask=save_mask, save_panel=save_panel)
            yield Outcome(job, note=result.note)
        except HandtintError as error:
            yield Outcome(job, error=_named(job, str(error)))
        except MemoryError:
            yield Outcome(job, error=_named(job, "not enough memory for this photo"))
        except Exception as error:  # a fault of ours: the other photos should be done all the same
            first = (str(error).splitlines() or [""])[0]
            yield Outcome(job, error=_named(job, f"unexpected {type(error).__name__}: {first}"))


def _named(job: Job, text: str) -> str:
    name = "standard input" if job.source == STREAM else job.source
    text = " ".join(text.split())
    return text if text.startswith(name) or job.target in text else f"{name}: {text}"


def _read(job: Job) -> Photo:
    if job.source != STREAM:
        return Photo.read(job.source)
    data = sys.stdin.buffer.read()
    if not data:
        raise InputError("standard input: empty")
    return Photo.read(data)


def _write(job: Job, result: Result, options: Options, *, save_mask: bool, save_panel: bool) -> None:
    if job.target == STREAM:
        data = result.photo.encode(format=options.format or "", quality=options.quality)
        try:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except OSError as error:
            raise OutputError(f"standard output: {error.strerror}") from error
        return
    result.photo.write(job.target, format=options.format or "", quality=options.quality)
    if save_mask:
        Photo(result.alpha).write(job.mask)
    if save_panel:
        Photo(panel(result.tiles())).write(job.panel)
