"""The parts of a film joined into one file, with the sound, subtitles, chapters and metadata of the source.

Nothing is encoded again: packets are copied. Time stamps of the picture are those of the source, and the order in
which its packets are decoded gives the rest, so that parts fit together as if they had been encoded in one.
"""

from __future__ import annotations

import heapq
import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import PurePath
from typing import Any

from handtint import files
from handtint.errors import OptionError, OutputError
from handtint.video.facts import Facts
from handtint.video.source import is_cover, library

FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm", ".avi": "avi"}
KINDS = {"audio": "sound", "subtitle": "subtitles", "attachment": "attachment", "data": "data", "video": "picture"}
# The words that MP4 has places of its own for; others go into it by a list of keys that fewer programs read.
_PLAIN = {
    "title", "artist", "album_artist", "album", "date", "comment", "genre", "composer", "description", "synopsis",
    "copyright", "encoder", "creation_time", "major_brand", "minor_version", "compatible_brands", "language",
}  # fmt: skip
_OWN = {"encoder", "major_brand", "minor_version", "compatible_brands", "duration"}  # the container's own business


@dataclass(frozen=True, slots=True)
class Window:
    """What of a source is shown. start, end: seconds of the source's own time stamps; end None: to its end."""

    start: float = 0.0
    end: float | None = None

    def holds(self, time: float) -> bool:
        """Whether a packet of that time is shown."""
        return time >= self.start - 1e-6 and (self.end is None or time < self.end - 1e-6)


@dataclass
class SideStreams:
    """What a source has beside its picture. wanted: the numbers of the tracks to copy. notes: what is left out."""

    path: str = ""
    wanted: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def packets(self, stack: ExitStack, out: Any, window: Window, shift: float) -> Iterator[tuple[float, int, Any]]:
        """(time in the result, stream, packet), in order; the streams are added to `out` at once."""
        if not self.wanted:
            return iter(())
        source = stack.enter_context(library().open(self.path))
        streams = [stream for stream in source.streams if stream.index in self.wanted]
        places = {stream.index: _added(out, stream) for stream in streams}
        return self._shifted(source, streams, places, window, shift)

    def chapters(self, window: Window, shift: float) -> list[dict[str, Any]]:
        """The source's chapters as PyAV has them, cut to the window, their times those of the result."""
        if not self.path:
            return []
        with library().open(self.path) as source:
            found = [_cut(chapter, window, shift) for chapter in source.chapters()]
        return [chapter for chapter in found if chapter["start"] < chapter["end"]]

    def _shifted(
        self, source: Any, streams: list[Any], places: Mapping[int, Any], window: Window, shift: float
    ) -> Iterator[tuple[float, int, Any]]:
        try:
            for packet in source.demux(streams):
                time = packet.pts if packet.pts is not None else packet.dts
                if not packet.size or (time is not None and not window.holds(float(time * packet.time_base))):
                    continue
                back = round(Fraction(shift) / packet.time_base)
                packet.pts = None if packet.pts is None else packet.pts - back
                packet.dts = None if packet.dts is None else packet.dts - back
                when = packet.dts if packet.dts is not None else packet.pts
                packet.stream, index = places[packet.stream_index], packet.stream_index
                yield float((when or 0) * packet.time_base), index + 1, packet
        except library().error.FFmpegError as error:
            self.notes.append(f"{files.one_line(self.path)}: sound cannot be read to its end: {error.strerror}")


def _cut(chapter: Mapping[str, Any], window: Window, shift: float) -> dict[str, Any]:
    base = Fraction(chapter["time_base"])
    start, end = (float(chapter[name] * base) for name in ("start", "end"))
    end = end if window.end is None else min(end, window.end)
    times = (round(Fraction(time - shift) / base) for time in (max(start, window.start, shift), end))
    return {**chapter, **dict(zip(("start", "end"), times, strict=True))}


def side_streams(path: str, target: str, drop: Sequence[str]) -> SideStreams:
    """What is to be copied from a source into a target. drop: kinds of tracks that are not wanted.

    Raises OptionError for sound and subtitles that have no place in the target.
    """
    sorted_out, ending = SideStreams(path), PurePath(target).suffix.lower()
    with library().open(path) as source:
        main = source.streams.best("video")
        if source.chapters() and ending == ".avi":
            sorted_out.notes.append(f"{files.one_line(path)}: chapters are left out, which an .avi cannot hold")
        for stream in source.streams:
            kind = KINDS.get(stream.type or "data", "data")
            if (main and stream.index == main.index) or kind in drop:
                continue
            if _fits(stream, ending):
                sorted_out.wanted.append(stream.index)
            elif kind in ("sound", "subtitles"):
                how = f"write an .mkv, or leave it out with --without {kind}"
                raise OptionError(f"output: {_named(stream, kind)} does not go into {ending}; {how}")
            else:
                sorted_out.notes.append(f"{files.one_line(path)}: {_named(stream, kind)} is left out")
    return sorted_out


def _fits(stream: Any, ending: str) -> bool:
    """Whether a container takes a track: tried, in memory."""
    if stream.type not in ("audio", "subtitle", "attachment") and not is_cover(stream):
        return False
    if ending == ".webm" and stream.type == "subtitle":
        return bool(stream.codec_context and stream.codec_context.name == "webvtt")
    av = library()
    try:
        with av.open(io.BytesIO(), "w", format=FORMATS[ending]) as trial:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
    except (av.error.FFmpegError, ValueError, OSError):
        return False
    return True


def _named(stream: Any, kind: str) -> str:
    codec = stream.codec_context.name if stream.codec_context else "of an unknown codec"
    return f"{kind} track {stream.index} ({codec})"


def _added(out: Any, stream: Any) -> Any:
    added = out.add_stream_from_template(stream)
    added.metadata.update(stream.metadata)
    if stream.type != "attachment":
        added.time_base = stream.time_base
        added.disposition = stream.disposition
    return added


def join(
    target: str,
    parts: Sequence[tuple[str, Sequence[int]]],
    facts: Facts,
    side: SideStreams,
    *,
    window: Window,
    shift: float,
    tail: int,
    metadata: Mapping[str, str],
) -> None:
    """Write the file that parts are joined to.

    parts: the file of each, and the time stamps of its packets as they are decoded. shift: seconds to take from the
    time stamps of the side streams. tail: how long the last frame is shown, in units of the film's base. metadata: the
    container's. Raises OutputError.
    """
    ending = PurePath(target).suffix.lower()
    options = {"fflags": "+bitexact"}
    if ending in (".mp4", ".m4v", ".mov"):
        custom = any(key.lower() not in _PLAIN for key in metadata)
        options["movflags"] = "+faststart" + "+use_metadata_tags" * custom
    av = library()
    try:
        with ExitStack() as stack:
            out = stack.enter_context(av.open(target, "w", format=FORMATS[ending], options=options))
            out.set_chapters(side.chapters(window, shift))
            out.metadata.update({key: value for key, value in metadata.items() if key not in _OWN})
            video = _video(out, parts[0][0], facts)
            others = side.packets(stack, out, window, shift)
            out.start_encoding()  # only now are the tracks' own units of time known
            for _, _, packet in heapq.merge(_pictures(parts, facts, video, tail), others, key=lambda item: item[:2]):
                out.mux(packet)
    except (av.error.FFmpegError, OSError) as error:
        raise OutputError(f"{files.one_line(target)}: {files.one_line(error.strerror or str(error))}") from error


def _video(out: Any, first: str, facts: Facts) -> Any:
    with library().open(first) as part:
        video = out.add_stream_from_template(part.streams.video[0])
    video.time_base = facts.base
    if video.codec_context.name in ("hevc", "libx265") and out.format.name in ("mp4", "mov"):
        video.codec_context.codec_tag = "hvc1"  # the only one that Apple's players know
    return video


def _pictures(
    parts: Sequence[tuple[str, Sequence[int]]], facts: Facts, video: Any, tail: int
) -> Iterator[tuple[float, int, Any]]:
    """(time, 0, packet) of the parts, each with the time stamps that it has in the whole."""
    times = decoding_times([stamp for _, order in parts for stamp in order])
    shown = sorted(stamp for _, order in parts for stamp in order)
    lengths = {stamp: after - stamp for stamp, after in itertools.pairwise(shown)} | {shown[-1]: tail}
    if video.container.format.name in ("mp4", "mov"):  # whose length is that of the times of decoding
        lengths[times[-1][0]] = shown[-1] + tail - shown[0] + times[0][1] - times[-1][1]
    stamps = iter(times)
    for path, _ in parts:
        with library().open(path) as part:
            for packet in part.demux(part.streams.video[0]):
                if not packet.size:
                    continue
                packet.pts, packet.dts = next(stamps)
                packet.duration, packet.time_base, packet.stream = lengths[packet.pts], facts.base, video
                yield float(packet.dts * facts.base), 0, packet


def decoding_times(order: Sequence[int]) -> list[tuple[int, int]]:
    """(pts, dts) of each packet, from their pts in the order they are decoded.

    A packet is decoded when the one is shown that comes as many places before it as the order ever differs.
    """
    shown = sorted(order)
    place = {stamp: i for i, stamp in enumerate(shown)}
    late = max((i - place[stamp] for i, stamp in enumerate(order)), default=0)
    step = shown[1] - shown[0] if len(shown) > 1 else 1
    before = [shown[0] - step * (late - i) for i in range(late)]
    return list(zip(order, [*before, *shown], strict=False))
