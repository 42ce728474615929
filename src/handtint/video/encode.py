"""A part of a film, encoded into a file of its own; the parts are joined at the end."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from handtint import files
from handtint.errors import OutputError
from handtint.types import Pixels
from handtint.video.codecs import THREADS, Codec
from handtint.video.facts import FULL, MATRICES, Facts
from handtint.video.source import RGB, RGB_DEEP, library, stated

ENDING = ".mkv"  # of the files of parts: it holds every codec, and what is said of the colours


class Part:
    """A file that frames are put into. order: the time stamps of its packets, in the order they are decoded."""

    def __init__(self, path: str, facts: Facts, codec: Codec, quality: int | None, *, late: bool) -> None:
        """Open it. late: whether frames may be stored in another order than they are shown. Raises OutputError."""
        self.path, self._facts, self.order = path, facts, list[int]()
        self._format = codec.format(facts)
        av = library()
        try:
            self._container = av.open(path, "w", format="matroska", options={"fflags": "+bitexact"})
            self._stream = self._container.add_stream(codec.encoder, rate=facts.rate)
            self._configure(codec, quality, late)
        except (av.error.FFmpegError, OSError) as error:
            raise OutputError(f"{files.one_line(path)}: {files.reason(error)}") from error

    def _configure(self, codec: Codec, quality: int | None, late: bool) -> None:
        facts, context = self._facts, self._stream.codec_context
        colour = stated(facts.colour)
        context.height, context.width = facts.size
        context.pix_fmt, context.time_base = self._format, facts.base
        context.thread_count, context.sample_aspect_ratio = THREADS, facts.aspect
        context.colorspace, context.color_range = colour.matrix, colour.range
        context.color_primaries, context.color_trc = colour.primaries, colour.transfer
        options = dict(codec.options)
        if quality is not None:
            options["crf"] = str(quality)
        if not late:
            context.max_b_frames = 0
        context.options = options

    def add(self, frame: Any) -> None:
        """Encode a frame that `stored` made. Raises OutputError."""
        self._write(frame)

    def close(self) -> None:
        """Encode what is left, and close the file. Raises OutputError."""
        self._write(None)
        self._container.close()

    def abandon(self) -> None:
        """Close the file without more ado."""
        self._container.close()

    def _write(self, frame: Any) -> None:
        try:
            for packet in self._stream.encode(frame):
                self.order.append(int(Fraction(packet.pts * packet.time_base) / self._facts.base))
                self._container.mux(packet)
        except (library().error.FFmpegError, OSError) as error:
            raise OutputError(f"{files.one_line(self.path)}: {files.reason(error)}") from error


def stored(pixels: Pixels, pts: int, facts: Facts, format: str) -> Any:
    """A frame of FFmpeg's in that format of pixels, from sRGB pixels (H, W, 3), uint8 or uint16."""
    from av.video.reformatter import Colorspace, Interpolation

    kind = RGB if pixels.dtype == np.uint8 else RGB_DEEP
    matrix = int(Colorspace[MATRICES[facts.colour.matrix]])
    frame = library().VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=kind)
    if format != "bgr0":
        frame = frame.reformat(
            format=format,
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=FULL,
            dst_color_range=facts.colour.range,
            interpolation=Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT,
        )
    else:
        frame = frame.reformat(format=format)
    colour = stated(facts.colour)
    frame.colorspace, frame.color_range = colour.matrix, colour.range
    frame.pts, frame.time_base = pts, facts.base
    return frame
