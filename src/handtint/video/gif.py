"""An animated GIF from the parts of a film: one palette for all of it, then every frame in its colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from typing import Any

from handtint import files
from handtint.errors import OutputError
from handtint.video.facts import Facts
from handtint.video.source import library

BASE = Fraction(1, 100)  # seconds: a GIF's time stamps


def join(target: str, parts: Sequence[tuple[str, Sequence[int]]], facts: Facts, *, tail: int) -> None:
    """Write the GIF. parts and tail: as `join.join` has them. Raises OutputError."""
    av = library()
    try:
        with ExitStack() as stack:
            palette = _palette(parts)
            out = stack.enter_context(av.open(target, "w", format="gif", options={"fflags": "+bitexact", "loop": "0"}))
            stream = out.add_stream("gif", rate=facts.rate)
            stream.height, stream.width = facts.size
            stream.pix_fmt, stream.codec_context.time_base = "pal8", BASE
            for frame, length in _painted(parts, palette, facts, tail):
                frame.duration = length
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    except (av.error.FFmpegError, OSError) as error:
        raise OutputError(f"{files.one_line(target)}: {files.one_line(error.strerror or str(error))}") from error


def _frames(parts: Sequence[tuple[str, Sequence[int]]]) -> Iterator[tuple[Any, int]]:
    for path, order in parts:
        with library().open(path) as part:
            yield from zip(part.decode(video=0), order, strict=True)


def _palette(parts: Sequence[tuple[str, Sequence[int]]]) -> Any:
    """The picture of 256 colours that serves all frames."""
    graph = library().filter.Graph()
    source = None
    for number, (frame, _) in enumerate(_frames(parts)):
        if source is None:
            source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format.name, time_base=BASE)
            finder, sink = graph.add("palettegen", "reserve_transparent=0"), graph.add("buffersink")
            source.link_to(finder)
            finder.link_to(sink)
            graph.configure()
        frame.pts, frame.time_base = number, BASE
        graph.push(frame)
    graph.push(None)
    return graph.pull()


def _painted(
    parts: Sequence[tuple[str, Sequence[int]]], palette: Any, facts: Facts, tail: int
) -> Iterator[tuple[Any, int]]:
    """(frame in the palette's colours, how many hundredths of a second it is shown)."""
    stamps = sorted(stamp for _, order in parts for stamp in order)
    hundredths = [round(stamp * facts.base / BASE) for stamp in (*stamps, stamps[-1] + tail)]
    graph = library().filter.Graph()
    height, width = facts.size
    source = graph.add_buffer(width=width, height=height, format="bgr0", time_base=BASE, name="in")
    colours = graph.add_buffer(width=palette.width, height=palette.height, format=palette.format.name, time_base=BASE)
    user, sink = graph.add("paletteuse", "dither=bayer:bayer_scale=3"), graph.add("buffersink")
    source.link_to(user, 0, 0)
    colours.link_to(user, 0, 1)
    user.link_to(sink)
    graph.configure()
    palette.pts, palette.time_base = 0, BASE
    colours.push(palette)
    colours.push(None)
    for number, (frame, _) in enumerate(_frames(parts)):
        frame.pts, frame.time_base = hundredths[number], BASE
        source.push(frame)
        yield graph.pull(), max(1, hundredths[number + 1] - hundredths[number])
