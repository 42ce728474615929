"""Where tinted frames are written: into parts of a film that are joined at the end, or into numbered pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from handtint import files
from handtint.errors import OutputError
from handtint.image.photo import Photo
from handtint.video import codecs, gif, join, sequence
from handtint.video.encode import ENDING, Part, to_video_frame
from handtint.video.job import FilmJob
from handtint.video.journal import FinishedPart, Journal
from handtint.video.stream_info import StreamInfo

GIF = ".gif"
MAX_ROUNDING = 0.2  # of a frame's duration: time stamps may be rounded by so much for AVI


class Sink(Protocol):
    """Takes frames in parts: for each part `begin_part`, `add` for each frame, and `end_part` or `abort`."""

    notes: list[str]

    def begin_part(self, journal: Journal, number: int, frames: int) -> None:
        """Start a part. number: of the part, from 0. frames: number of frames in all parts before it."""

    def prepare(self, photo: Photo, pts: int) -> Any:
        """A tinted frame in the form that `add` takes; may run in any thread."""

    def add(self, frame: Any) -> None:
        """Write a prepared frame. Raises OutputError."""

    def end_part(self) -> list[int]:
        """End the part, and return the time stamps of its packets in decoding order; [] for pictures."""

    def abort(self) -> None:
        """Give up the part."""

    def finish(
        self, journal: Journal, parts: Sequence[FinishedPart], source: Any, shift: int, metadata: Mapping[str, str]
    ) -> None:
        """Make the result from the parts. shift: subtracted from all time stamps."""


class FilmSink:
    """Writes the frames to a film."""

    def __init__(self, job: FilmJob, info: StreamInfo) -> None:
        """Choose codec, pixel format and the streams to copy. Raises OptionError."""
        self.notes: list[str] = []
        self._job, self._info = job, info
        self._codec, self._quality = codecs.choose(job.output, job.codec, job.crf, info)
        self._format = self._codec.format(info)
        self._ending = os.path.splitext(job.output)[1].lower()
        self._part: Part | None = None
        self._side_streams = join.SideStreams()
        if not sequence.is_pattern(job.source) and self._ending != GIF:
            self._side_streams = join.select_side_streams(job.source, job.output, job.drop)
            self.notes += self._side_streams.notes
        elif self._ending == GIF and job.source.lower()[-4:] != GIF:
            self.notes.append(f"{files.one_line(job.output)}: a GIF has no sound")
        if "444" in self._format and "prores" not in self._codec.name:
            size = f"{info.size[1]} x {info.size[0]}"
            self.notes.append(f"{info.name}: {size} has an odd side: written as 4:4:4, which not every player shows")

    def begin_part(self, journal: Journal, number: int, frames: int) -> None:  # noqa: ARG002
        """Open the file of a part. Raises OutputError."""
        b_frames = self._ending != ".avi"
        self._part = Part(journal.path(number, ENDING), self._info, self._codec, self._quality, b_frames=b_frames)

    def prepare(self, photo: Photo, pts: int) -> Any:
        """The frame's RGB pixels and its time stamp."""
        return sequence.rgb(photo).pixels, pts

    def add(self, frame: Any) -> None:
        """Encode a frame. Raises OutputError."""
        assert self._part  # noqa: S101  # nosec B101
        pixels, pts = frame
        self._part.add(to_video_frame(pixels, pts, self._info, self._format))

    def end_part(self) -> list[int]:
        """Close the file of the part. Raises OutputError."""
        assert self._part  # noqa: S101  # nosec B101
        self._part.close()
        return self._part.packet_pts

    def abort(self) -> None:
        """Close the file of the part without flushing the encoder."""
        if self._part:
            self._part.abort()

    def finish(
        self, journal: Journal, parts: Sequence[FinishedPart], source: Any, shift: int, metadata: Mapping[str, str]
    ) -> None:
        """Join the parts, and move the result to its path. Raises OutputError."""
        temporary = journal.path(0, f".whole{self._ending}")
        info = self._info
        segments = [(journal.path(p.number, ENDING), [stamp - shift for stamp in p.packet_pts]) for p in parts]
        last = max(stamp for part in parts for stamp in part.packet_pts)
        cut = self._job.until is not None
        last_duration = (
            max(1, round(1 / (self._info.rate * self._info.time_base))) if cut else source.last_duration(last)
        )
        if self._ending == ".avi":
            info, segments, last_duration = self._constant_rate(segments)
        if self._ending == GIF:
            gif.join(temporary, segments, info, last_duration=last_duration)
        else:
            base, begin = self._info.time_base, float(source.start * self._info.time_base)
            until = self._job.until
            window = join.Window(
                begin + self._job.start if self._job.start else float("-inf"),
                None if until is None else begin + until,
            )
            join.join(
                temporary,
                segments,
                info,
                self._side_streams,
                window=window,
                shift=float(shift * base),
                last_duration=last_duration,
                metadata=metadata,
            )
        _move(temporary, self._job.output)

    def _constant_rate(
        self, segments: list[tuple[str, list[int]]]
    ) -> tuple[StreamInfo, list[tuple[str, list[int]]], int]:
        """(info, parts, duration of the last frame) in units of one frame, as AVI requires. Raises OutputError."""
        info = replace(self._info, time_base=1 / self._info.rate)
        rounded = [
            (path, [round(stamp * self._info.time_base / info.time_base) for stamp in pts]) for path, pts in segments
        ]
        exact = [stamp * self._info.time_base / info.time_base for _, pts in segments for stamp in pts]
        if any(abs(stamp - round(stamp)) > MAX_ROUNDING for stamp in exact):
            name = files.one_line(self._job.output)
            raise OutputError(f"{name}: its frame rate varies, which AVI cannot store: write an .mkv")
        return info, rounded, 1


class PictureSink:
    """Writes the frames as numbered pictures."""

    def __init__(self, job: FilmJob, info: StreamInfo) -> None:  # noqa: ARG002
        """Get ready. Raises OptionError."""
        self.notes: list[str] = []
        if not sequence.is_pattern(job.source):
            self.notes.append(f"{files.one_line(job.output)}: numbered pictures have no sound")
        self._job = job
        self._first_frame = next(iter(sequence.find(job.source))) if sequence.is_pattern(job.source) else 1
        self._writer = self._writer_at(0)

    def _writer_at(self, frames: int) -> sequence.ImageWriter:
        options = self._job.options
        return sequence.ImageWriter(self._job.output, self._first_frame + frames, options.format, options.quality)

    def begin_part(self, journal: Journal, number: int, frames: int) -> None:  # noqa: ARG002
        """Continue at the number of the part's first frame."""
        self._writer = self._writer_at(frames)

    def prepare(self, photo: Photo, pts: int) -> Photo:  # noqa: ARG002
        """The frame itself."""
        return photo

    def add(self, frame: Photo) -> None:
        """Write a picture. Raises OutputError."""
        self._writer.add(frame)

    def end_part(self) -> list[int]:
        """Nothing to close."""
        return []

    def abort(self) -> None:
        """Nothing to close."""

    def finish(
        self, journal: Journal, parts: Sequence[FinishedPart], source: Any, shift: int, metadata: Mapping[str, str]
    ) -> None:
        """Nothing to do: each picture is already written."""


def _move(temporary: str, target: str) -> None:
    """Sync a finished file to the disk, and move it to its path. Raises OutputError."""
    try:
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, os.path.realpath(target))
    except OSError as error:
        raise OutputError(f"{files.one_line(target)}: {files.reason(error)}") from error
