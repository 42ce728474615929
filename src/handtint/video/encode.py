"""The encoder of one part of a film: each part is a file of its own, and all are joined at the end."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from handtint import files
from handtint.errors import OutputError
from handtint.types import Pixels
from handtint.video.codecs import THREADS, Codec
from handtint.video.source import RGB, RGB_DEEP, library, with_defaults
from handtint.video.stream_info import FULL, MATRICES, StreamInfo

ENDING = ".mkv"  # of the files of parts: Matroska supports every codec, and all colour tags


class Part:
    """A file that frames are encoded into. packet_pts: the time stamps of its packets, in decoding order."""

    def __init__(self, path: str, info: StreamInfo, codec: Codec, quality: int | None, *, b_frames: bool) -> None:
        """Open the file. quality: of the codec, or None. b_frames: whether they are allowed. Raises OutputError."""
        self.path, self._info, self.packet_pts = path, info, list[int]()
        self._format = codec.format(info)
        av = library()
        try:
            self._container = av.open(path, "w", format="matroska", options={"fflags": "+bitexact"})
            self._stream = self._container.add_stream(codec.encoder, rate=info.rate)
            self._configure(codec, quality, b_frames)
        except (av.error.FFmpegError, OSError) as error:
            raise OutputError(f"{files.one_line(path)}: {files.reason(error)}") from error

    def _configure(self, codec: Codec, quality: int | None, b_frames: bool) -> None:
        info, context = self._info, self._stream.codec_context
        color = with_defaults(info.color)
        context.height, context.width = info.size
        context.pix_fmt, context.time_base = self._format, info.time_base
        context.thread_count, context.sample_aspect_ratio = THREADS, info.aspect
        context.colorspace, context.color_range = color.matrix, color.range
        context.color_primaries, context.color_trc = color.primaries, color.transfer
        options = dict(codec.options)
        if quality is not None:
            options["crf"] = str(quality)
        if not b_frames:
            context.max_b_frames = 0
        context.options = options

    def add(self, frame: Any) -> None:
        """Encode a frame made by `to_video_frame`. Raises OutputError."""
        self._encode(frame)

    def close(self) -> None:
        """Flush the encoder, and close the file. Raises OutputError."""
        self._encode(None)
        self._container.close()

    def abort(self) -> None:
        """Close the file without flushing the encoder."""
        self._container.close()

    def _encode(self, frame: Any) -> None:
        try:
            for packet in self._stream.encode(frame):
                self.packet_pts.append(int(Fraction(packet.pts * packet.time_base) / self._info.time_base))
                self._container.mux(packet)
        except (library().error.FFmpegError, OSError) as error:
            raise OutputError(f"{files.one_line(self.path)}: {files.reason(error)}") from error


def to_video_frame(pixels: Pixels, pts: int, info: StreamInfo, format: str) -> Any:
    """A frame of FFmpeg in that pixel format, from sRGB pixels (H, W, 3), uint8 or uint16."""
    from av.video.reformatter import Colorspace, Interpolation

    rgb_format = RGB if pixels.dtype == np.uint8 else RGB_DEEP
    matrix = int(Colorspace[MATRICES[info.color.matrix]])
    frame = library().VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=rgb_format)
    if format != "bgr0":
        frame = frame.reformat(
            format=format,
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=FULL,
            dst_color_range=info.color.range,
            interpolation=Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT,
        )
    else:
        frame = frame.reformat(format=format)
    color = with_defaults(info.color)
    frame.colorspace, frame.color_range = color.matrix, color.range
    frame.pts, frame.time_base = pts, info.time_base
    return frame
