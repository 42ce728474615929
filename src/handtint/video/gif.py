"""An animated GIF from the parts of a film: one palette for all frames, then each frame quantized to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from typing import Any

from handtint import files
from handtint.errors import OutputError
from handtint.video.source import library
from handtint.video.stream_info import StreamInfo

BASE = Fraction(1, 100)  # seconds: the time base of a GIF


def join(target: str, parts: Sequence[tuple[str, Sequence[int]]], info: StreamInfo, *, last_duration: int) -> None:
    """Write the GIF. parts, last_duration: as in `join.join`. Raises OutputError."""
    av = library()
    try:
        with ExitStack() as stack:
            palette = _palette(parts)
            out = stack.enter_context(av.open(target, "w", format="gif", options={"fflags": "+bitexact", "loop": "0"}))
            stream = out.add_stream("gif", rate=info.rate)
            stream.height, stream.width = info.size
            stream.pix_fmt, stream.codec_context.time_base = "pal8", BASE
            for frame, length in _quantized(parts, palette, info, last_duration):
                frame.duration = length
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    except (av.error.FFmpegError, OSError) as error:
        raise OutputError(f"{files.one_line(target)}: {files.one_line(error.strerror or str(error))}") from error


def _frames(parts: Sequence[tuple[str, Sequence[int]]]) -> Iterator[tuple[Any, int]]:
    for path, pts in parts:
        with library().open(path) as part:
            yield from zip(part.decode(video=0), pts, strict=True)


def _palette(parts: Sequence[tuple[str, Sequence[int]]]) -> Any:
    """The palette of 256 colours for all frames, as a frame of FFmpeg."""
    graph = library().filter.Graph()
    source = None
    for number, (frame, _) in enumerate(_frames(parts)):
        if source is None:
            source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format.name, time_base=BASE)
            generator, sink = graph.add("palettegen", "reserve_transparent=0"), graph.add("buffersink")
            source.link_to(generator)
            generator.link_to(sink)
            graph.configure()
        frame.pts, frame.time_base = number, BASE
        graph.push(frame)
    graph.push(None)
    return graph.pull()


def _quantized(
    parts: Sequence[tuple[str, Sequence[int]]], palette: Any, info: StreamInfo, last_duration: int
) -> Iterator[tuple[Any, int]]:
    """(frame quantized to the palette, its duration in hundredths of a second)."""
    timestamps = sorted(stamp for _, pts in parts for stamp in pts)
    centiseconds = [round(stamp * info.time_base / BASE) for stamp in (*timestamps, timestamps[-1] + last_duration)]
    graph = library().filter.Graph()
    height, width = info.size
    source = graph.add_buffer(width=width, height=height, format="bgr0", time_base=BASE, name="in")
    palette_source = graph.add_buffer(
        width=palette.width, height=palette.height, format=palette.format.name, time_base=BASE
    )
    quantizer, sink = graph.add("paletteuse", "dither=bayer:bayer_scale=3"), graph.add("buffersink")
    source.link_to(quantizer, 0, 0)
    palette_source.link_to(quantizer, 0, 1)
    quantizer.link_to(sink)
    graph.configure()
    palette.pts, palette.time_base = 0, BASE
    palette_source.push(palette)
    palette_source.push(None)
    for number, (frame, _) in enumerate(_frames(parts)):
        frame.pts, frame.time_base = centiseconds[number], BASE
        source.push(frame)
        yield graph.pull(), max(1, centiseconds[number + 1] - centiseconds[number])
