"""Reading a film's file: its frames as pixels, one after the other, and the packets of all other streams."""

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
from handtint.video.facts import FULL, HDR, LIMITED, MATRICES, Colour, Facts

if TYPE_CHECKING:
    import av
    from av.container import InputContainer

BACK = 1.0  # seconds: so much farther back than wanted is looked for a frame to begin to decode from
RGB, RGB_DEEP = "rgb24", "rgb48le"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. photo: its picture, upright. pts: when it is shown, in units of the film's base."""

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
    """An open film. Use it as a context. notes: what the person should know of it, known at its end."""

    def __init__(self, path: str) -> None:
        """Open it. Raises InputError, OptionError."""
        self.path, self.name = path, files.one_line(path)
        self.notes: list[str] = []
        self._closed = False
        self._container = _opened(path, self.name)
        try:
            with _one_line(self.name):
                self._stream = _picture(self._container, self.name)
                self.facts = self._facts()
        except BaseException:
            self._container.close()
            raise

    def __enter__(self) -> Film:
        """The film itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it; frames that are asked for later are an error."""
        self._closed = True
        self._container.close()

    @property
    def metadata(self) -> dict[str, str]:
        """The container's metadata."""
        return dict(self._container.metadata)

    def tail(self, last: int) -> int:
        """How long the last frame is shown, in units of base; last: its time stamp."""
        stream = self._stream
        left = (stream.start_time or 0) + stream.duration - last if stream.duration else 0
        return left if 0 < left < 100 * self._step else self._step

    @property
    def start(self) -> int:
        """When the container begins, in units of base: time stamps are counted from there."""
        begin = self._container.start_time
        return max(0, round(Fraction(begin or 0, 1_000_000) / self.facts.base))

    def frames(self, after: int | None = None) -> Iterator[Frame]:
        """The frames in the order they are shown, those after a time stamp. Raises InputError."""
        last, damaged, any_frame = after, 0, False
        for stored in self._decoded(after):
            if stored is None:
                damaged += 1
                continue
            any_frame = True
            pts = stored.pts if stored.pts is not None else (-1 if last is None else last) + self._step
            if last is not None and pts <= last:
                if after is not None and pts <= after:
                    continue
                pts = last + 1
            last = pts
            yield Frame(Photo(self._pixels(stored)), pts)
        if damaged:
            self.notes.append(f"{self.name}: {damaged} damaged packets passed over")
        if not any_frame and after is None:
            raise DecodeError(f"{self.name}: no frame of it can be decoded")
        self._note_end(last)

    def _note_end(self, last: int | None) -> None:
        end = 0.0 if last is None else float((last - self.start) * self.facts.base)
        if self.facts.seconds and end < self.facts.seconds - max(1.0, 3 / float(self.facts.rate)):
            self.notes.append(f"{self.name}: ends at {end:.1f} s, although it says it has {self.facts.seconds:.1f} s")

    @property
    def _step(self) -> int:
        return max(1, round(1 / (self.facts.rate * self.facts.base)))

    def _decoded(self, after: int | None) -> Generator[av.VideoFrame | None]:
        """Decoded frames from some way before a time stamp on; None for each packet that cannot be decoded."""
        if after is None or not self._sought(after):
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

    def _sought(self, after: int) -> bool:
        """Whether the film now stands at a frame that can be decoded and is not after a time stamp."""
        target = max(self._stream.start_time or 0, after - round(BACK / self.facts.base))
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
        self._container = _opened(self.path, self.name)
        self._stream = _picture(self._container, self.name)

    def _facts(self) -> Facts:
        first = self._first()
        stream, context = self._stream, self._stream.codec_context
        quarter_turns = round((first.rotation or 0) / 90) % 4
        height, width = first.height, first.width
        aspect = Fraction(context.sample_aspect_ratio or stream.sample_aspect_ratio or 1)
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        base = Fraction(stream.time_base or Fraction(1, 1000))
        seconds = float(stream.duration * base) if stream.duration else 0.0
        if not seconds and self._container.duration:
            seconds = self._container.duration / 1e6
        colour = _colour(first)
        if colour.transfer in HDR:
            raise InputError(f"{self.name}: HDR ({HDR[colour.transfer]}) is not handled; convert it to SDR first")
        return Facts(
            name=self.name,
            size=(width, height) if quarter_turns % 2 else (height, width),
            rate=Fraction(rate),
            base=base,
            depth=max(component.bits for component in first.format.components),
            turn=quarter_turns,
            aspect=1 / aspect if quarter_turns % 2 and aspect else aspect or Fraction(1),
            colour=colour,
            frames=stream.frames or round(seconds * float(rate)),
            seconds=seconds,
            interlaced=first.interlaced_frame,
        )

    def _first(self) -> av.VideoFrame:
        with closing(self._decoded(None)) as decoded:
            for frame in decoded:
                if frame is not None:
                    return frame
        raise DecodeError(f"{self.name}: no frame of it can be decoded")

    def _pixels(self, stored: av.VideoFrame) -> Pixels:
        """Upright sRGB pixels (H, W, 3) of a stored frame."""
        from av.video.reformatter import Colorspace, Interpolation

        if (stored.height, stored.width) != self._stored_size():
            raise InputError(f"{self.name}: its frames change their size at {float(stored.time or 0):.1f} s")
        matrix = int(Colorspace[MATRICES[self.facts.colour.matrix]])
        pixels = stored.reformat(
            format=RGB_DEEP if self.facts.depth > 8 else RGB,
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=self.facts.colour.range,
            dst_color_range=FULL,
            interpolation=Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT,
        ).to_ndarray()
        return np.ascontiguousarray(np.rot90(pixels, self.facts.turn)) if self.facts.turn else pixels

    def _stored_size(self) -> tuple[int, int]:
        height, width = self.facts.size
        return (width, height) if self.facts.turn % 2 else (height, width)


def _opened(path: str, name: str) -> InputContainer:
    """The open container. Raises InputError, OptionError."""
    av = library()
    try:
        if Path(path).stat().st_size == 0:
            raise DecodeError(f"{name}: the file is empty")
        with _one_line(name):
            return av.open(path)
    except av.error.FFmpegError:
        raise
    except OSError as error:
        raise InputError(f"{name}: {files.reason(error)}") from error


def _picture(container: InputContainer, name: str) -> av.VideoStream:
    """The stream of pictures. Raises DecodeError where there is none."""
    moving = [stream for stream in container.streams.video if not is_cover(stream)]
    if not moving:
        kind = "only sound" if container.streams.audio else "no picture"
        raise DecodeError(f"{name}: is no film: there is {kind} in it")
    best = container.streams.best("video")
    stream = best if best in moving else moving[0]
    if stream.codec_context is None:
        raise DecodeError(f"{name}: its codec is not known here")
    stream.thread_type = "AUTO"
    return stream


def is_cover(stream: Any) -> bool:
    """Whether a stream is a picture on the cover, not a film."""
    return bool(stream.disposition & library().stream.Disposition.attached_pic)


def _colour(frame: av.VideoFrame) -> Colour:
    """How a frame's levels stand for colours; where it does not say, as players take it."""
    plain = frame.format.is_rgb or frame.format.name == "pal8" or len(frame.format.components) == 1
    full = frame.color_range == FULL or frame.format.name.startswith("yuvj")
    gray = frame.format.name.startswith("gray")
    guess = 1 if frame.height >= 720 else 6
    matrix = int(frame.colorspace) if not plain and int(frame.colorspace) in MATRICES else guess
    levels = FULL if full or (gray and frame.color_range != LIMITED) else LIMITED
    return Colour(matrix, int(frame.color_primaries), int(frame.color_trc), levels)


def stated(colour: Colour) -> Colour:
    """The colour to say in a result: primaries and curve that are not said are those of the matrix."""
    usual = {1: (1, 1), 5: (5, 6), 6: (6, 6), 7: (7, 7), 9: (9, 14), 10: (9, 14)}.get(colour.matrix, (2, 2))
    primaries = usual[0] if colour.primaries == 2 else colour.primaries
    return replace(colour, primaries=primaries, transfer=usual[1] if colour.transfer == 2 else colour.transfer)


@contextmanager
def _one_line(name: str) -> Iterator[None]:
    """What FFmpeg says, as an error of ours."""
    try:
        yield
    except library().error.FFmpegError as error:
        if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
            raise InputError(f"{name}: {files.reason(error)}") from error
        raise DecodeError(f"{name}: cannot be read as a film: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return files.one_line(text).lower().removesuffix(".")
