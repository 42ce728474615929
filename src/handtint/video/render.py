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
from handtint.video import memory, sequence
from handtint.video.journal import Done, Journal, opened
from handtint.video.order import Order
from handtint.video.painter import paint
from handtint.video.sinks import FilmSink, PictureSink, Sink
from handtint.video.source import Film, Frame
from handtint.video.tracker import Seen, Tracker

PART = 240  # frames: so many are lost at most when a run is stopped
AHEAD = 4  # frames that are being painted while the networks look at the next
_PLACES = ("location", "gps", "xyz", "geo")  # in the names of words that say where a film was taken


class Render:
    """A film being tinted. Use it as a context, go through `frames`, then look at `notes`.

    total: how many frames there will be, about; 0 where that is not known. again: how many an earlier run had done.
    """

    def __init__(self, order: Order) -> None:
        """Get ready. Raises OptionError."""
        self.order, self._stack = order, ExitStack()
        self._tinter = Tinter(order.options.model, mask_model=order.options.mask_model, threads=order.threads)
        self._networks = self._tinter.networks.at(order.options.effort)
        self._mask = Photo.read(order.mask) if order.mask else None
        self._said: dict[str, list[float]] = {}
        self.again = self.total = 0

    def __enter__(self) -> Render:
        """Open the film and the journal. Raises OptionError, InputError, OutputError, WeightsError."""
        order = self.order
        with ExitStack() as stack:
            numbered = sequence.is_pattern(order.source)
            self._source = sequence.Pictures(order.source, order.rate) if numbered else Film(order.source)
            stack.enter_context(self._source)
            facts = self._source.facts
            pictures = sequence.is_pattern(order.output)
            self._sink: Sink = PictureSink(order, facts) if pictures else FilmSink(order, facts)
            masked = self._mask is not None
            self._tracker = Tracker(self._networks, order.options, masked=masked, carry=order.carry)
            self._journal: Journal = stack.enter_context(opened(order.folder, order.key()))
            self.total = self._expected()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Close all."""
        self._stack.close()

    @property
    def notes(self) -> list[str]:
        """What the person should know."""
        name = self._source.name
        notes = [
            f"{name}: {text}, first at {first:.1f} s" + (f", {count:.0f} times" if count > 1 else "")
            for text, (first, count) in self._said.items()
        ]
        if self._source.facts.interlaced:
            notes.append(f"{name}: its frames are woven of two fields each; deinterlace it first for the best colours")
        return [*self._source.notes, *self._sink.notes, *notes]

    def frames(self, stop: Event) -> Iterator[int]:
        """Tint the film, telling after each frame how many are done, until all are, or `stop` is set.

        The result is there once the iterator has ended without `stop`. Raises InputError, OutputError, WeightsError.
        """
        done = self._journal.parts()
        for part in done:
            self._say_again(part)
        self._tracker.memory = memory.load(self._journal.memory()) if done else memory.Memory()
        self.again = count = sum(part.frames for part in done)
        frames = self._wanted(done[-1].last if done else None)
        for number in itertools.count(len(done)):
            before, self._said_here = count, dict[str, list[float]]()
            chunk = _Chunk(itertools.islice(frames, PART))
            for frame in self._part(chunk, number, before, stop):
                count = frame
                yield count
            if stop.is_set() and count - before < chunk.count:
                return
            if chunk.count:
                self._record(number, count - before, chunk.last)
            if stop.is_set():
                return
            if chunk.count < PART:
                break
        self._finish()

    def _part(self, chunk: _Chunk, number: int, count: int, stop: Event) -> Iterator[int]:
        """Tint the frames of a part, telling how many are done."""
        started = False
        try:
            for frame in self._tinted(chunk):
                if stop.is_set():
                    return
                if not started:
                    self._sink.begin(self._journal, number, count)
                    started = True
                self._sink.add(frame)
                count += 1
                yield count
            if started:
                self._order = self._sink.close()
                started = False
        finally:
            if started:
                self._sink.abandon()

    def _record(self, number: int, frames: int, last: int) -> None:
        lines = [f"{first}\t{count}\t{text}" for text, (first, count) in self._said_here.items()]
        part = Done(number, frames, last, tuple(self._order), tuple(lines))
        self._journal.record(part, memory.dump(self._tracker.memory))

    def _finish(self) -> None:
        parts, source, start = self._journal.parts(), self._source, self.order.start
        if not parts:
            from handtint.errors import InputError

            raise InputError(f"{source.name}: has no frame from {start:g} s on")
        first = min((stamp for part in parts[:1] for stamp in part.order), default=0)
        self._sink.finish(self._journal, parts, source, first if start else source.start, self._metadata())
        self._journal.remove()

    def _wanted(self, after: int | None) -> Iterator[Frame]:
        """The frames to be tinted, those after a time stamp."""
        begin, base, until = self._source.start, self._source.facts.base, self.order.until
        if after is None and self.order.start:
            after = begin + _up(Fraction(self.order.start).limit_denominator(1_000_000) / base) - 1
        for frame in self._source.frames(after):
            if until is not None and self._seconds(frame.pts) >= until - 1e-6:
                return
            yield frame

    def _seconds(self, pts: int) -> float:
        return float((pts - self._source.start) * self._source.facts.base)

    def _tinted(self, frames: Iterable[Frame]) -> Iterator[Any]:
        """Tinted frames as the sink wants them, in order: the networks see one while others are painted."""
        with ThreadPoolExecutor(2) as pool:
            waiting: deque[tuple[Future[tuple[Any, str]], float]] = deque()
            try:
                for frame in frames:
                    time = self._seconds(frame.pts)
                    pixels = collapse(frame.photo.pixels)
                    seen = self._tracker.see(pixels, time)
                    self._say(seen.note, time)
                    waiting.append((pool.submit(self._painted, frame, seen), time))
                    if len(waiting) >= AHEAD:
                        yield self._result(*waiting.popleft())
                while waiting:
                    yield self._result(*waiting.popleft())
            finally:
                for future, _ in waiting:
                    future.cancel()

    def _result(self, future: Future[tuple[Any, str]], time: float) -> Any:
        frame, note = future.result()
        self._say(note, time)
        return frame

    def _painted(self, frame: Frame, seen: Seen) -> tuple[Any, str]:
        result = paint(frame.photo, self._networks, seen, self.order.options, self._mask)
        return self._sink.ready(result.photo, frame.pts), result.note

    def _say(self, note: str, time: float) -> None:
        if note:
            for notes in (self._said, self._said_here):
                notes.setdefault(note, [time, 0])[1] += 1

    def _say_again(self, part: Done) -> None:
        for line in part.notes:
            first, count, text = line.split("\t", 2)
            self._said.setdefault(text, [float(first), 0])[1] += float(count)

    def _expected(self) -> int:
        facts, order = self._source.facts, self.order
        end = min(facts.seconds or float("inf"), order.until or float("inf"))
        if end == float("inf"):
            return 0
        if not order.start and order.until is None:
            return facts.frames
        return max(0, round((end - order.start) * float(facts.rate)))

    def _metadata(self) -> dict[str, str]:
        """The result's metadata."""
        options, metadata = self.order.options, dict(self._source.metadata)
        if options.metadata == "strip":
            metadata = {}
        elif options.metadata == "safe":
            metadata = {k: value for k, value in metadata.items() if not any(place in k.lower() for place in _PLACES)}
        if options.provenance and options.colors == "predicted" and options.strength > 0:
            model = self._tinter.networks.color
            provenance = f"colours predicted by handtint {__version__}, {model.name} sha256:{model.weights.sha256}"
            metadata["comment"] = "; ".join(filter(None, (metadata.get("comment", ""), provenance)))
        return metadata


class _Chunk:
    """Some frames, and once they are through, how many there were, and the last one's time stamp."""

    def __init__(self, frames: Iterator[Frame]) -> None:
        self._frames, self.count, self.last = frames, 0, 0

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._frames:
            self.count, self.last = self.count + 1, frame.pts
            yield frame


def _up(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)
