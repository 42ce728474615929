"""Where tinted frames go: parts of a film that are joined at the end, or numbered pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from handtint import files
from handtint.errors import OutputError
from handtint.image.photo import Photo
from handtint.video import codecs, gif, join, sequence
from handtint.video.encode import ENDING, Part, stored
from handtint.video.facts import Facts
from handtint.video.journal import Done, Journal
from handtint.video.order import Order

GIF = ".gif"
UNEVEN = 0.2  # of a frame: AVI can round so much away


class Sink(Protocol):
    """Frames come in parts; each is `begin`, some `add`, `close`."""

    notes: list[str]

    def begin(self, journal: Journal, number: int, frames: int) -> None:
        """Start a part. number: from 0. frames: how many there were before it."""

    def ready(self, photo: Photo, pts: int) -> Any:
        """A tinted frame as `add` wants it; may run in any thread."""

    def add(self, frame: Any) -> None:
        """Take a frame. Raises OutputError."""

    def close(self) -> list[int]:
        """End the part; the time stamps of its packets in the order they are decoded, [] where there are none."""

    def abandon(self) -> None:
        """Leave the part as it is."""

    def finish(
        self, journal: Journal, parts: Sequence[Done], source: Any, shift: int, metadata: Mapping[str, str]
    ) -> None:
        """Make the result of the parts. shift: to take from all time stamps."""


class FilmSink:
    """A film's file."""

    def __init__(self, order: Order, facts: Facts) -> None:
        """Choose how it is written. Raises OptionError."""
        self.notes: list[str] = []
        self._order, self._facts = order, facts
        self._codec, self._quality = codecs.choose(order.output, order.codec, order.crf, facts)
        self._format = self._codec.format(facts)
        self._ending = os.path.splitext(order.output)[1].lower()
        self._part: Part | None = None
        self._side = join.SideStreams()
        if not sequence.is_pattern(order.source) and self._ending != GIF:
            self._side = join.side_streams(order.source, order.output, order.drop)
            self.notes += self._side.notes
        elif self._ending == GIF and order.source.lower()[-4:] != GIF:
            self.notes.append(f"{files.one_line(order.output)}: a GIF holds no sound")
        if "444" in self._format and "prores" not in self._codec.name:
            size = f"{facts.size[1]} x {facts.size[0]}"
            self.notes.append(f"{facts.name}: {size} has an odd side: written as 4:4:4, which not every player shows")

    def begin(self, journal: Journal, number: int, frames: int) -> None:  # noqa: ARG002
        """Start a file for a part. Raises OutputError."""
        late = self._ending != ".avi"
        self._part = Part(journal.path(number, ENDING), self._facts, self._codec, self._quality, late=late)

    def ready(self, photo: Photo, pts: int) -> Any:
        """The frame's pixels and its time stamp."""
        return sequence.rgb(photo).pixels, pts

    def add(self, frame: Any) -> None:
        """Encode a frame. Raises OutputError."""
        assert self._part  # noqa: S101  # nosec B101
        pixels, pts = frame
        self._part.add(stored(pixels, pts, self._facts, self._format))

    def close(self) -> list[int]:
        """End the part's file. Raises OutputError."""
        assert self._part  # noqa: S101  # nosec B101
        self._part.close()
        return self._part.order

    def abandon(self) -> None:
        """Leave the part's file as it is."""
        if self._part:
            self._part.abandon()

    def finish(
        self, journal: Journal, parts: Sequence[Done], source: Any, shift: int, metadata: Mapping[str, str]
    ) -> None:
        """Join the parts, and put the result in its place. Raises OutputError."""
        whole = journal.path(0, f".whole{self._ending}")
        facts = self._facts
        pieces = [(journal.path(p.number, ENDING), [stamp - shift for stamp in p.order]) for p in parts]
        last = max(stamp for part in parts for stamp in part.order)
        cut = self._order.until is not None
        tail = max(1, round(1 / (self._facts.rate * self._facts.base))) if cut else source.tail(last)
        if self._ending == ".avi":
            facts, pieces, tail = self._even(pieces)
        if self._ending == GIF:
            gif.join(whole, pieces, facts, tail=tail)
        else:
            base, begin = self._facts.base, float(source.start * self._facts.base)
            until = self._order.until
            window = join.Window(
                begin + self._order.start if self._order.start else float("-inf"),
                None if until is None else begin + until,
            )
            join.join(
                whole,
                pieces,
                facts,
                self._side,
                window=window,
                shift=float(shift * base),
                tail=tail,
                metadata=metadata,
            )
        _move(whole, self._order.output)

    def _even(self, pieces: list[tuple[str, list[int]]]) -> tuple[Facts, list[tuple[str, list[int]]], int]:
        """The same in units of one frame, for AVI, which knows no others. Raises OutputError."""
        facts = replace(self._facts, base=1 / self._facts.rate)
        even = [(path, [round(stamp * self._facts.base / facts.base) for stamp in order]) for path, order in pieces]
        exact = [stamp * self._facts.base / facts.base for _, order in pieces for stamp in order]
        if any(abs(stamp - round(stamp)) > UNEVEN for stamp in exact):
            name = files.one_line(self._order.output)
            raise OutputError(f"{name}: its frames come at uneven times, which AVI cannot hold: write an .mkv")
        return facts, even, 1


class PictureSink:
    """Numbered pictures."""

    def __init__(self, order: Order, facts: Facts) -> None:  # noqa: ARG002
        """Get ready. Raises OptionError."""
        self.notes: list[str] = []
        if not sequence.is_pattern(order.source):
            self.notes.append(f"{files.one_line(order.output)}: pictures hold no sound")
        self._order = order
        self._first = next(iter(sequence.find(order.source))) if sequence.is_pattern(order.source) else 1
        self._writer = self._from(0)

    def _from(self, frames: int) -> sequence.Writer:
        options = self._order.options
        return sequence.Writer(self._order.output, self._first + frames, options.format, options.quality)

    def begin(self, journal: Journal, number: int, frames: int) -> None:  # noqa: ARG002
        """Go on at the right number."""
        self._writer = self._from(frames)

    def ready(self, photo: Photo, pts: int) -> Photo:  # noqa: ARG002
        """The frame itself."""
        return photo

    def add(self, frame: Photo) -> None:
        """Write a picture. Raises OutputError."""
        self._writer.add(frame)

    def close(self) -> list[int]:
        """Nothing is left to do."""
        return []

    def abandon(self) -> None:
        """Nothing is open."""

    def finish(
        self, journal: Journal, parts: Sequence[Done], source: Any, shift: int, metadata: Mapping[str, str]
    ) -> None:
        """Each picture is in its place already."""


def _move(whole: str, target: str) -> None:
    """Put a finished file in its place, on the disk for good. Raises OutputError."""
    try:
        with open(whole, "rb") as file:
            os.fsync(file.fileno())
        os.replace(whole, os.path.realpath(target))
    except OSError as error:
        raise OutputError(f"{files.one_line(target)}: {files.reason(error)}") from error
