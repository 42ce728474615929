"""The parts of a film joined into one file, with the sound, subtitles, chapters and metadata of the source.

Nothing is encoded again: packets are copied (remuxed). The presentation time stamps (pts) of the pictures are those of
the source, and the decoding time stamps (dts) follow from their order, so that the parts join seamlessly.
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
from handtint.video.source import is_cover, library
from handtint.video.stream_info import StreamInfo

FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm", ".avi": "avi"}
KINDS = {"audio": "sound", "subtitle": "subtitles", "attachment": "attachment", "data": "data", "video": "picture"}
# The metadata keys for which MP4 has fields; others are written as custom keys, which fewer programs read.
_STANDARD_KEYS = {
    "title", "artist", "album_artist", "album", "date", "comment", "genre", "composer", "description", "synopsis",
    "copyright", "encoder", "creation_time", "major_brand", "minor_version", "compatible_brands", "language",
}  # fmt: skip
_CONTAINER_KEYS = {
    "encoder",
    "major_brand",
    "minor_version",
    "compatible_brands",
    "duration",
}  # written by the container itself


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a source that is tinted. start, end: in seconds, by its time stamps; end None: to its end."""

    start: float = 0.0
    end: float | None = None

    def contains(self, time: float) -> bool:
        """Whether a packet at that time, in seconds, lies in the window."""
        return time >= self.start - 1e-6 and (self.end is None or time < self.end - 1e-6)


@dataclass
class SideStreams:
    """The streams of a source besides its video. track_numbers: those to copy. notes: on those that are left out."""

    path: str = ""
    track_numbers: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def packets(self, stack: ExitStack, out: Any, window: Window, shift: float) -> Iterator[tuple[float, int, Any]]:
        """(dts in seconds, stream number, packet), in order. The streams are added to `out` before this returns."""
        if not self.track_numbers:
            return iter(())
        source = stack.enter_context(library().open(self.path))
        streams = [stream for stream in source.streams if stream.index in self.track_numbers]
        outputs = {stream.index: _add_stream(out, stream) for stream in streams}
        return self._shifted_packets(source, streams, outputs, window, shift)

    def chapters(self, window: Window, shift: float) -> list[dict[str, Any]]:
        """The source's chapters in PyAV's form, clipped to the window and shifted by so many seconds."""
        if not self.path:
            return []
        with library().open(self.path) as source:
            clipped = [_clip_chapter(chapter, window, shift) for chapter in source.chapters()]
        return [chapter for chapter in clipped if chapter["start"] < chapter["end"]]

    def _shifted_packets(
        self, source: Any, streams: list[Any], outputs: Mapping[int, Any], window: Window, shift: float
    ) -> Iterator[tuple[float, int, Any]]:
        try:
            for packet in source.demux(streams):
                time = packet.pts if packet.pts is not None else packet.dts
                if not packet.size or (time is not None and not window.contains(float(time * packet.time_base))):
                    continue
                offset = round(Fraction(shift) / packet.time_base)
                packet.pts = None if packet.pts is None else packet.pts - offset
                packet.dts = None if packet.dts is None else packet.dts - offset
                key_time = packet.dts if packet.dts is not None else packet.pts
                packet.stream, index = outputs[packet.stream_index], packet.stream_index
                yield float((key_time or 0) * packet.time_base), index + 1, packet
        except library().error.FFmpegError as error:
            self.notes.append(f"{files.one_line(self.path)}: sound cannot be read to its end: {error.strerror}")


def _clip_chapter(chapter: Mapping[str, Any], window: Window, shift: float) -> dict[str, Any]:
    base = Fraction(chapter["time_base"])
    start, end = (float(chapter[name] * base) for name in ("start", "end"))
    end = end if window.end is None else min(end, window.end)
    times = (round(Fraction(time - shift) / base) for time in (max(start, window.start, shift), end))
    return {**chapter, **dict(zip(("start", "end"), times, strict=True))}


def select_side_streams(path: str, target: str, drop: Sequence[str]) -> SideStreams:
    """The streams to copy from a source into a target. drop: kinds of tracks to leave out.

    Raises OptionError for sound and subtitles that the target's container does not support.
    """
    streams, ending = SideStreams(path), PurePath(target).suffix.lower()
    with library().open(path) as source:
        video = source.streams.best("video")
        if source.chapters() and ending == ".avi":
            streams.notes.append(f"{files.one_line(path)}: chapters are left out, because an .avi cannot store them")
        for stream in source.streams:
            kind = KINDS.get(stream.type or "data", "data")
            if (video and stream.index == video.index) or kind in drop:
                continue
            if _is_supported(stream, ending):
                streams.track_numbers.append(stream.index)
            elif kind in ("sound", "subtitles"):
                how = f"write an .mkv, or leave it out with --without {kind}"
                raise OptionError(f"output: {ending} does not support {_describe(stream, kind)}; {how}")
            else:
                streams.notes.append(f"{files.one_line(path)}: {_describe(stream, kind)} is left out")
    return streams


def _is_supported(stream: Any, ending: str) -> bool:
    """Whether a container supports a track, found out by writing its header in memory."""
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


def _describe(stream: Any, kind: str) -> str:
    codec = stream.codec_context.name if stream.codec_context else "of an unknown codec"
    return f"{kind} track {stream.index} ({codec})"


def _add_stream(out: Any, stream: Any) -> Any:
    added = out.add_stream_from_template(stream)
    added.metadata.update(stream.metadata)
    if stream.type != "attachment":
        added.time_base = stream.time_base
        added.disposition = stream.disposition
    return added


def join(
    target: str,
    parts: Sequence[tuple[str, Sequence[int]]],
    info: StreamInfo,
    side_streams: SideStreams,
    *,
    window: Window,
    shift: float,
    last_duration: int,
    metadata: Mapping[str, str],
) -> None:
    """Join the parts into the target file.

    parts: (path, pts of its packets in decoding order) for each. shift: seconds to subtract from the time stamps of
    the side streams. last_duration: how long the last frame is shown, in units of the film's time base. metadata: of
    the container. Raises OutputError.
    """
    ending = PurePath(target).suffix.lower()
    options = {"fflags": "+bitexact"}
    if ending in (".mp4", ".m4v", ".mov"):
        custom = any(key.lower() not in _STANDARD_KEYS for key in metadata)
        options["movflags"] = "+faststart" + "+use_metadata_tags" * custom
    av = library()
    try:
        with ExitStack() as stack:
            out = stack.enter_context(av.open(target, "w", format=FORMATS[ending], options=options))
            out.set_chapters(side_streams.chapters(window, shift))
            out.metadata.update({key: value for key, value in metadata.items() if key not in _CONTAINER_KEYS})
            video = _add_video(out, parts[0][0], info)
            others = side_streams.packets(stack, out, window, shift)
            out.start_encoding()  # this sets the time bases of the streams
            for _, _, packet in heapq.merge(
                _video_packets(parts, info, video, last_duration), others, key=lambda item: item[:2]
            ):
                out.mux(packet)
    except (av.error.FFmpegError, OSError) as error:
        raise OutputError(f"{files.one_line(target)}: {files.one_line(error.strerror or str(error))}") from error


def _add_video(out: Any, first: str, info: StreamInfo) -> Any:
    with library().open(first) as part:
        video = out.add_stream_from_template(part.streams.video[0])
    video.time_base = info.time_base
    if video.codec_context.name in ("hevc", "libx265") and out.format.name in ("mp4", "mov"):
        video.codec_context.codec_tag = "hvc1"  # the only one that Apple's players know
    return video


def _video_packets(
    parts: Sequence[tuple[str, Sequence[int]]], info: StreamInfo, video: Any, last_duration: int
) -> Iterator[tuple[float, int, Any]]:
    """(dts in seconds, 0, packet) of all parts, with the time stamps of the whole film."""
    times = decoding_times([stamp for _, pts in parts for stamp in pts])
    displayed = sorted(stamp for _, pts in parts for stamp in pts)
    durations = {stamp: after - stamp for stamp, after in itertools.pairwise(displayed)} | {
        displayed[-1]: last_duration
    }
    if video.container.format.name in ("mp4", "mov"):  # they compute the film's length from dts
        durations[times[-1][0]] = displayed[-1] + last_duration - displayed[0] + times[0][1] - times[-1][1]
    timestamps = iter(times)
    for path, _ in parts:
        with library().open(path) as part:
            for packet in part.demux(part.streams.video[0]):
                if not packet.size:
                    continue
                packet.pts, packet.dts = next(timestamps)
                packet.duration, packet.time_base, packet.stream = durations[packet.pts], info.time_base, video
                yield float(packet.dts * info.time_base), 0, packet


def decoding_times(pts: Sequence[int]) -> list[tuple[int, int]]:
    """(pts, dts) of each packet, from the pts in decoding order.

    The dts are the sorted pts, delayed by the largest number of places by which a packet comes too late in that order.
    """
    displayed = sorted(pts)
    rank = {stamp: i for i, stamp in enumerate(displayed)}
    delay = max((i - rank[stamp] for i, stamp in enumerate(pts)), default=0)
    step = displayed[1] - displayed[0] if len(displayed) > 1 else 1
    leading = [displayed[0] - step * (delay - i) for i in range(delay)]
    return list(zip(pts, [*leading, *displayed], strict=False))
