"""A whole film, from its first frame to the finished file, in parts, so that it can be stopped and resumed."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from fractions import Fraction
from threading import Event
from typing import Any

from handtint import __version__
from handtint.image.photo import Photo
from handtint.pipeline import Tinter
from handtint.pixels import collapse
from handtint.video import sequence, tracker_state
from handtint.video.allocator import limit_arenas, release_freed_memory
from handtint.video.frame_tinting import tint_frame
from handtint.video.job import FilmJob
from handtint.video.journal import FinishedPart, Journal, open_journal
from handtint.video.sinks import FilmSink, PictureSink, Sink
from handtint.video.source import Film, Frame
from handtint.video.tracker import FrameAnalysis, Tracker

PART_FRAMES = 240  # of one part: at most so many frames are lost when a run is killed
MAX_PENDING = 4  # frames that are tinted in threads while the tracker analyses the next
_LOCATION_KEYS = ("location", "gps", "xyz", "geo")  # in the names of metadata that say where a film was taken


class Render:
    """A film being tinted. Use it as a context manager, iterate over `frames`, then read `notes`.

    total: estimated number of frames, 0 if unknown. resumed: number of frames that an earlier run had finished.
    """

    def __init__(self, job: FilmJob) -> None:
        """Load the networks' records and the mask. Raises OptionError, InputError."""
        limit_arenas()
        self.job, self._stack = job, ExitStack()
        self._tinter = Tinter(job.options.model, mask_model=job.options.mask_model, threads=job.threads)
        self._networks = self._tinter.networks.at(job.options.effort)
        self._mask = Photo.read(job.mask) if job.mask else None
        self._notes: dict[str, list[float]] = {}
        self.resumed = self.total = 0

    def __enter__(self) -> Render:
        """Open the film and the journal. Raises OptionError, InputError, OutputError, WeightsError."""
        job = self.job
        with ExitStack() as stack:
            numbered = sequence.is_pattern(job.source)
            self._source = sequence.ImageSequence(job.source, job.rate) if numbered else Film(job.source)
            stack.enter_context(self._source)
            info = self._source.info
            pictures = sequence.is_pattern(job.output)
            self._sink: Sink = PictureSink(job, info) if pictures else FilmSink(job, info)
            masked = self._mask is not None
            self._tracker = Tracker(self._networks, job.options, masked=masked, carry=job.carry)
            self._journal: Journal = stack.enter_context(open_journal(job.folder, job.key()))
            self.total = self._estimate_total()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the film and the journal."""
        self._stack.close()

    @property
    def notes(self) -> list[str]:
        """Notes for the user, complete at the end of `frames`."""
        name = self._source.name
        notes = [
            f"{name}: {text}, first at {first:.1f} s" + (f", {count:.0f} times" if count > 1 else "")
            for text, (first, count) in self._notes.items()
        ]
        if self._source.info.interlaced:
            notes.append(f"{name}: the film is interlaced; deinterlace it first for the best colours")
        return [*self._source.notes, *self._sink.notes, *notes]

    def frames(self, stop: Event) -> Iterator[int]:
        """Tint the film, and yield the number of finished frames after each one, until the end or until `stop` is set.

        The result is complete when the iterator ends without `stop`. Raises InputError, OutputError, WeightsError.
        """
        done = self._journal.parts()
        for part in done:
            self._restore_notes(part)
        self._tracker.state = tracker_state.load(self._journal.state()) if done else tracker_state.TrackerState()
        self.resumed = count = sum(part.frames for part in done)
        frames = self._selected_frames(done[-1].last if done else None)
        for number in itertools.count(len(done)):
            before, self._part_notes = count, dict[str, list[float]]()
            chunk = _Chunk(itertools.islice(frames, PART_FRAMES))
            for frame in self._part(chunk, number, before, stop):
                count = frame
                yield count
            if stop.is_set() and count - before < chunk.count:
                return
            if chunk.count:
                self._record(number, count - before, chunk.last)
                release_freed_memory()
            if stop.is_set():
                return
            if chunk.count < PART_FRAMES:
                break
        self._finish()

    def _part(self, chunk: _Chunk, number: int, count: int, stop: Event) -> Iterator[int]:
        """Tint the frames of a part, and yield the number of finished frames after each one."""
        started = False
        try:
            for frame in self._tint_frames(chunk):
                if stop.is_set():
                    return
                if not started:
                    self._sink.begin_part(self._journal, number, count)
                    started = True
                self._sink.add(frame)
                count += 1
                yield count
            if started:
                self._packet_pts = self._sink.end_part()
                started = False
        finally:
            if started:
                self._sink.abort()

    def _record(self, number: int, frames: int, last: int) -> None:
        lines = [f"{first}\t{count}\t{text}" for text, (first, count) in self._part_notes.items()]
        part = FinishedPart(number, frames, last, tuple(self._packet_pts), tuple(lines))
        self._journal.record(part, tracker_state.dump(self._tracker.state))

    def _finish(self) -> None:
        parts, source, start = self._journal.parts(), self._source, self.job.start
        if not parts:
            from handtint.errors import InputError

            raise InputError(f"{source.name}: has no frames after {start:g} s")
        first = min((stamp for part in parts[:1] for stamp in part.packet_pts), default=0)
        self._sink.finish(self._journal, parts, source, first if start else source.start, self._metadata())
        self._journal.remove()

    def _selected_frames(self, after: int | None) -> Iterator[Frame]:
        """The frames to tint; only those after a time stamp, if one is given."""
        begin, time_base, until = self._source.start, self._source.info.time_base, self.job.until
        if after is None and self.job.start:
            after = begin + _ceil(Fraction(self.job.start).limit_denominator(1_000_000) / time_base) - 1
        for frame in self._source.frames(after):
            if until is not None and self._seconds(frame.pts) >= until - 1e-6:
                return
            yield frame

    def _seconds(self, pts: int) -> float:
        return float((pts - self._source.start) * self._source.info.time_base)

    def _tint_frames(self, frames: Iterable[Frame]) -> Iterator[Any]:
        """Tinted frames, prepared for the sink, in order; threads tint while the networks run on later ones."""
        with ThreadPoolExecutor(2) as pool:
            pending: deque[tuple[Future[tuple[Any, str]], float]] = deque()
            try:
                for frame in frames:
                    time = self._seconds(frame.pts)
                    pixels = collapse(frame.photo.pixels)
                    analysis = self._tracker.process(pixels, time)
                    self._add_note(analysis.note, time)
                    pending.append((pool.submit(self._tint, frame, analysis), time))
                    if len(pending) >= MAX_PENDING:
                        yield self._result(*pending.popleft())
                while pending:
                    yield self._result(*pending.popleft())
            finally:
                for future, _ in pending:
                    future.cancel()

    def _result(self, future: Future[tuple[Any, str]], time: float) -> Any:
        frame, note = future.result()
        self._add_note(note, time)
        return frame

    def _tint(self, frame: Frame, analysis: FrameAnalysis) -> tuple[Any, str]:
        result = tint_frame(frame.photo, self._networks, analysis, self.job.options, self._mask)
        return self._sink.prepare(result.photo, frame.pts), result.note

    def _add_note(self, note: str, time: float) -> None:
        if note:
            for notes in (self._notes, self._part_notes):
                notes.setdefault(note, [time, 0])[1] += 1

    def _restore_notes(self, part: FinishedPart) -> None:
        for line in part.notes:
            first, count, text = line.split("\t", 2)
            self._notes.setdefault(text, [float(first), 0])[1] += float(count)

    def _estimate_total(self) -> int:
        info, job = self._source.info, self.job
        end = min(info.seconds or float("inf"), job.until or float("inf"))
        if end == float("inf"):
            return 0
        if not job.start and job.until is None:
            return info.frames
        return max(0, round((end - job.start) * float(info.rate)))

    def _metadata(self) -> dict[str, str]:
        """The metadata of the result."""
        options, metadata = self.job.options, dict(self._source.metadata)
        if options.metadata == "strip":
            metadata = {}
        elif options.metadata == "safe":
            metadata = {
                k: value for k, value in metadata.items() if not any(place in k.lower() for place in _LOCATION_KEYS)
            }
        if options.provenance and options.colors == "predicted" and options.strength > 0:
            model = self._tinter.networks.color
            provenance = f"colours predicted by handtint {__version__}, {model.name} sha256:{model.weights.sha256}"
            metadata["comment"] = "; ".join(filter(None, (metadata.get("comment", ""), provenance)))
        return metadata


class _Chunk:
    """An iterator over some frames that records their count and the last time stamp."""

    def __init__(self, frames: Iterator[Frame]) -> None:
        self._frames, self.count, self.last = frames, 0, 0

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._frames:
            self.count, self.last = self.count + 1, frame.pts
            yield frame


def _ceil(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)
