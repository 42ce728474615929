"""The work on one photograph: read it, compare it with the journal, tint it, write it; errors become outcomes."""

from __future__ import annotations

import errno
import os
import sys
import time

import cv2
import numpy as np

from handtint import files
from handtint.batch import storage
from handtint.batch.naming import EXTENSIONS, STREAM
from handtint.errors import DecodeError, HandtintError, OptionError, OutputError, WeightsError
from handtint.figures import panel
from handtint.image.io import codec, content
from handtint.image.photo import Photo
from handtint.pipeline import Result, Tinter
from handtint.types import Content
from handtint.workers.messages import Job, Outcome, RunSetup, State, Task

THUMBNAIL = 160  # pixels: the longer side of each half
_HALTING = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}  # errors after which no other photo can be written either


class PhotoWorker:
    """Tints photos with one pair of networks and one edit."""

    def __init__(self, setup: RunSetup) -> None:
        """Choose the networks and read the mask. Raises OptionError, InputError."""
        if setup.threads:
            cv2.setNumThreads(setup.threads)
        self._setup = setup
        options = setup.options
        self._tinter = Tinter(options.model, mask_model=options.mask_model, threads=setup.threads)
        self._mask = Photo.read(setup.mask) if setup.mask else None

    def tint(self, task: Task) -> Outcome:
        """Tint a photo, unless an earlier run has. Every error becomes an outcome."""
        start, job, digest = time.perf_counter(), task.job, ""
        try:
            data = _read(job)
            digest = content.digest(data)
            if task.known and task.known.input == digest and (previous := self._previous_outcome(task)):
                return previous
            self._tinter.prepare(self._setup.options, masked=self._mask is not None)
            photo = Photo.read(data, name="" if job.source == STREAM else job.source)
            data = b""  # free it: the file of a large scan takes as much memory as its pixels
            result = self._tinter.run(photo, self._setup.options, mask=self._mask)
            self._write(job, result)
            thumbnail = _thumbnail(result) if task.thumbnail else b""
        except Exception as error:  # any error: the other photos should be tinted nevertheless
            return _failure(job, error, digest, time.perf_counter() - start)
        seconds = time.perf_counter() - start
        return Outcome(job=job, note=result.note, input=digest, seconds=seconds, thumbnail=thumbnail)

    def _previous_outcome(self, task: Task) -> Outcome | None:
        """The outcome of an earlier run for the same photo, if it is still valid, or None."""
        job, record = task.job, task.known
        if record and record.error:
            return Outcome(job=job, state="failed", error=record.error, input=record.input, from_journal=True)
        outputs = [job.target, *[job.mask] * self._setup.save_mask, *[job.panel] * self._setup.save_panel]
        return Outcome(job=job, state="same") if all(map(storage.exists, outputs)) else None

    def _write(self, job: Job, result: Result) -> None:
        options = self._setup.options
        if job.target == STREAM:
            _stream(result.photo.encode(format=options.format or "", quality=options.quality))
            return
        _save(result.photo, job.target, format=options.format or "", quality=options.quality)
        if self._setup.save_mask:
            _save(Photo(result.alpha), job.mask)
        if self._setup.save_panel:
            _save(Photo(panel(result.tiles())), job.panel)


def _read(job: Job) -> Content:
    if job.source != STREAM:
        return storage.read(job.source, codec.Limits().bytes)
    return content.stream(sys.stdin, codec.Limits().bytes)


def _save(photo: Photo, path: str, *, format: str = "", quality: int = 95) -> None:
    if storage.is_url(path):
        formats = {extension: name for name, extension in EXTENSIONS.items()} | {".jpeg": "jpeg", ".tiff": "tiff"}
        kind = format or formats.get(os.path.splitext(path)[1].lower(), "")
        storage.write(path, photo.encode(format=kind, quality=quality))
    else:
        photo.write(path, format=format, quality=quality)
        storage.sync_folder(path)


def _stream(data: bytes) -> None:
    if sys.stdout is None:
        raise OutputError("standard output: closed")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        raise OutputError(f"standard output: {error.strerror}") from error


def _thumbnail(result: Result) -> bytes:
    """Before and after, side by side, as a small JPEG."""
    before, *_, after = (tile for _, tile in result.tiles(THUMBNAIL))
    return Photo(np.hstack([before, after])).encode(format="jpeg", quality=75)


def _failure(job: Job, error: Exception, digest: str, seconds: float) -> Outcome:
    state: State = "failed"
    if isinstance(error, WeightsError):  # not the photo's fault: all others would fail, too
        return Outcome(job=job, state="halt", error=str(error), input=digest)
    if isinstance(error, HandtintError):
        text = str(error)
        cause = error.__cause__
        if isinstance(error, OutputError) and isinstance(cause, OSError) and cause.errno in _HALTING:
            state = "halt"
    elif isinstance(error, MemoryError):
        text = "not enough memory for this photo"
    else:  # a fault of ours
        text = f"unexpected {type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
    undecodable = isinstance(error, DecodeError)
    text = _named(job, text)
    usage_error = isinstance(error, OptionError)
    return Outcome(
        job=job,
        state=state,
        error=text,
        input=digest,
        seconds=seconds,
        usage_error=usage_error,
        undecodable=undecodable,
    )


def _named(job: Job, text: str) -> str:
    name = "standard input" if job.source == STREAM else files.one_line(job.source)
    text = " ".join(text.split())
    return text if text.startswith(name) or files.one_line(job.target) in text else f"{name}: {text}"
