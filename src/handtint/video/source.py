"""A film's file, decoded: its frames as upright RGB pixels, one after the other."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from handtint import files
from handtint.errors import DecodeError, InputError, OptionError
from handtint.image.photo import Photo
from handtint.types import Pixels
from handtint.video.stream_info import FULL, HDR, LIMITED, MATRICES, ColorTags, StreamInfo

if TYPE_CHECKING:
    import av
    from av.container import InputContainer

SEEK_MARGIN = 1.0  # seconds: a seek goes so much further back than necessary
RGB, RGB_DEEP = "rgb24", "rgb48le"
# FFmpeg's demuxers for films. No others are used, since those for playlists read whatever files a playlist names.
DEMUXERS = "mov,matroska,avi,gif,mpeg,mpegts,mpegvideo,asf,flv,ogg,dv,h264,hevc"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. photo: its pixels, upright. pts: its time stamp, in units of the film's time base."""

    photo: Photo
    pts: int


def library() -> Any:
    """PyAV. Raises OptionError where it is not installed."""
    try:
        import av
    except ImportError as error:
        raise OptionError("films need PyAV: pip install 'handtint[video]'") from error
    return av


class Film:
    """An open film, a context manager. info: its video stream. notes: for the user, complete after the last frame."""

    def __init__(self, path: str) -> None:
        """Open the film. Raises InputError, OptionError."""
        self.path, self.name = path, files.one_line(path)
        self.notes: list[str] = []
        self._closed = False
        self._container = _open_container(path, self.name)
        try:
            with _one_line(self.name):
                self._stream = _video_stream(self._container, self.name)
                self.info = self._stream_info()
        except BaseException:
            self._container.close()
            raise

    def __enter__(self) -> Film:
        """The film itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the film; further frames raise ValueError."""
        self._closed = True
        self._container.close()

    @property
    def metadata(self) -> dict[str, str]:
        """The container's metadata."""
        return dict(self._container.metadata)

    def last_duration(self, last: int) -> int:
        """The duration of the last frame, in units of the time base. last: its time stamp."""
        stream = self._stream
        left = (stream.start_time or 0) + stream.duration - last if stream.duration else 0
        return left if 0 < left < 100 * self._step else self._step

    @property
    def start(self) -> int:
        """The time stamp at which the film starts, in units of the time base."""
        begin = self._container.start_time
        return max(0, round(Fraction(begin or 0, 1_000_000) / self.info.time_base))

    def seconds(self, pts: int) -> float:
        """The time of a time stamp, in seconds from the start of the film."""
        return float((pts - self.start) * self.info.time_base)

    def sync_frame(self, seconds: float) -> Frame | None:
        """The last frame up to a time from which decoding can begin, None if there is none."""
        self._reopen()
        try:
            self._container.seek(self.start + round(seconds / self.info.time_base), stream=self._stream, backward=True)
            found = next(frame for packet in self._packets() for frame in packet.decode())
        except (library().error.FFmpegError, StopIteration):
            return None
        return None if found.pts is None else Frame(Photo(self._pixels(found)), found.pts)

    def frames(self, after: int | None = None) -> Iterator[Frame]:
        """The frames in presentation order; only those after a time stamp, if one is given. Raises InputError."""
        last, damaged, any_frame = after, 0, False
        for frame in self._decoded(after):
            if frame is None:
                damaged += 1
                continue
            any_frame = True
            pts = frame.pts if frame.pts is not None else (-1 if last is None else last) + self._step
            if last is not None and pts <= last:
                if after is not None and pts <= after:
                    continue
                pts = last + 1
            last = pts
            yield Frame(Photo(self._pixels(frame)), pts)
        if damaged:
            self.notes.append(f"{self.name}: {damaged} damaged packets skipped")
        if not any_frame and after is None:
            raise DecodeError(f"{self.name}: no frame of it can be decoded")
        self._note_end(last)

    def _note_end(self, last: int | None) -> None:
        end = 0.0 if last is None else float((last - self.start) * self.info.time_base)
        if self.info.seconds and end < self.info.seconds - max(1.0, 3 / float(self.info.rate)):
            self.notes.append(
                f"{self.name}: ends at {end:.1f} s, although its length is given as {self.info.seconds:.1f} s"
            )

    @property
    def _step(self) -> int:
        return max(1, round(1 / (self.info.rate * self.info.time_base)))

    def _decoded(self, after: int | None) -> Generator[av.VideoFrame | None]:
        """Decoded frames, starting before a time stamp; None for each packet that cannot be decoded."""
        if after is None or not self._seek(after):
            self._reopen()
        for packet in self._packets():
            try:
                yield from packet.decode()
            except library().error.InvalidDataError:
                yield None

    def _packets(self) -> Iterator[Any]:
        container = self._container
        try:
            for packet in container.demux(self._stream):
                yield packet
                if self._closed or container is not self._container:  # PyAV 18 crashes the process there
                    raise ValueError(f"{self.name}: is closed")
        except library().error.FFmpegError as error:
            self.notes.append(f"{self.name}: cannot be read to its end: {_reason(error)}")

    def _seek(self, after: int) -> bool:
        """Seek to a keyframe at or before a time stamp; whether that succeeded."""
        target = max(self._stream.start_time or 0, after - round(SEEK_MARGIN / self.info.time_base))
        try:
            self._reopen()
            self._container.seek(target, stream=self._stream, backward=True)
            first = next(frame for packet in self._packets() for frame in packet.decode())
            if first.pts is None or first.pts > after:
                return False
            self._reopen()
            self._container.seek(target, stream=self._stream, backward=True)
        except (library().error.FFmpegError, StopIteration):
            return False
        return True

    def _reopen(self) -> None:
        self._container.close()
        self._container = _open_container(self.path, self.name)
        self._stream = _video_stream(self._container, self.name)

    def _stream_info(self) -> StreamInfo:
        first = self._first_frame()
        stream, context = self._stream, self._stream.codec_context
        quarter_turns = round((first.rotation or 0) / 90) % 4
        height, width = first.height, first.width
        aspect = Fraction(context.sample_aspect_ratio or stream.sample_aspect_ratio or 1)
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        base = Fraction(stream.time_base or Fraction(1, 1000))
        seconds = float(stream.duration * base) if stream.duration else 0.0
        if not seconds and self._container.duration:
            seconds = self._container.duration / 1e6
        color = _color_tags(first)
        if color.transfer in HDR:
            raise InputError(f"{self.name}: HDR ({HDR[color.transfer]}) is not supported; convert it to SDR first")
        return StreamInfo(
            name=self.name,
            size=(width, height) if quarter_turns % 2 else (height, width),
            rate=Fraction(rate),
            time_base=base,
            depth=max(component.bits for component in first.format.components),
            quarter_turns=quarter_turns,
            aspect=1 / aspect if quarter_turns % 2 and aspect else aspect or Fraction(1),
            color=color,
            frames=stream.frames or round(seconds * float(rate)),
            seconds=seconds,
            interlaced=first.interlaced_frame,
        )

    def _first_frame(self) -> av.VideoFrame:
        with closing(self._decoded(None)) as decoded:
            for frame in decoded:
                if frame is not None:
                    return frame
        raise DecodeError(f"{self.name}: no frame of it can be decoded")

    def _pixels(self, frame: av.VideoFrame) -> Pixels:
        """The upright sRGB pixels (H, W, 3) of a decoded frame."""
        from av.video.reformatter import Colorspace, Interpolation

        if (frame.height, frame.width) != self._stored_size():
            raise InputError(f"{self.name}: its frames change their size at {float(frame.time or 0):.1f} s")
        matrix = int(Colorspace[MATRICES[self.info.color.matrix]])
        pixels = frame.reformat(
            format=RGB_DEEP if self.info.depth > 8 else RGB,
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=self.info.color.range,
            dst_color_range=FULL,
            interpolation=Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT,
        ).to_ndarray()
        return np.ascontiguousarray(np.rot90(pixels, self.info.quarter_turns)) if self.info.quarter_turns else pixels

    def _stored_size(self) -> tuple[int, int]:
        height, width = self.info.size
        return (width, height) if self.info.quarter_turns % 2 else (height, width)


def _open_container(path: str, name: str) -> InputContainer:
    """The opened container. Raises InputError, OptionError."""
    av = library()
    try:
        if Path(path).stat().st_size == 0:
            raise DecodeError(f"{name}: the file is empty")
        with _one_line(name):
            return av.open(path, options={"format_whitelist": DEMUXERS})
    except av.error.FFmpegError:
        raise
    except OSError as error:
        raise InputError(f"{name}: {files.reason(error)}") from error


def _video_stream(container: InputContainer, name: str) -> av.VideoStream:
    """The video stream. Raises DecodeError if there is none."""
    films = [stream for stream in container.streams.video if not is_cover(stream)]
    if not films:
        kind = "only sound" if container.streams.audio else "no pictures"
        raise DecodeError(f"{name}: is not a film: it contains {kind}")
    best = container.streams.best("video")
    stream = best if best in films else films[0]
    if stream.codec_context is None:
        raise DecodeError(f"{name}: its codec is not supported")
    stream.thread_type = "AUTO"
    return stream


def is_cover(stream: Any) -> bool:
    """Whether a stream is cover art, not a film."""
    return bool(stream.disposition & library().stream.Disposition.attached_pic)


def _color_tags(frame: av.VideoFrame) -> ColorTags:
    """The colour tags of a frame; where they are unspecified, the values that players assume."""
    plain = frame.format.is_rgb or frame.format.name == "pal8" or len(frame.format.components) == 1
    full = frame.color_range == FULL or frame.format.name.startswith("yuvj")
    gray = frame.format.name.startswith("gray")
    guess = 1 if frame.height >= 720 else 6
    matrix = int(frame.colorspace) if not plain and int(frame.colorspace) in MATRICES else guess
    color_range = FULL if full or (gray and frame.color_range != LIMITED) else LIMITED
    return ColorTags(matrix, int(frame.color_primaries), int(frame.color_trc), color_range)


def with_defaults(color: ColorTags) -> ColorTags:
    """The colour tags for a result: unspecified primaries and transfer are the usual ones for the matrix."""
    usual = {1: (1, 1), 5: (5, 6), 6: (6, 6), 7: (7, 7), 9: (9, 14), 10: (9, 14)}.get(color.matrix, (2, 2))
    primaries = usual[0] if color.primaries == 2 else color.primaries
    return replace(color, primaries=primaries, transfer=usual[1] if color.transfer == 2 else color.transfer)


@contextmanager
def _one_line(name: str) -> Iterator[None]:
    """Convert FFmpeg's exceptions to InputError and DecodeError."""
    try:
        yield
    except library().error.FFmpegError as error:
        if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
            raise InputError(f"{name}: {files.reason(error)}") from error
        reason = "not in a supported format" if isinstance(error, library().error.ArgumentError) else _reason(error)
        raise DecodeError(f"{name}: cannot be read as a film: {reason}") from error


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return files.one_line(text).lower().removesuffix(".")
