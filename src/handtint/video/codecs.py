"""The codecs of films: their names in FFmpeg, their quality, and the pixel formats they allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from handtint.errors import OptionError
from handtint.video.facts import Facts

THREADS = 4  # of an encoder, on every machine: another number would give other bytes
# With looking ahead, the same small frames gave other bytes from run to run; without it, 14 of 14 runs gave the same.
X264 = "rc-lookahead=0"


@dataclass(frozen=True, slots=True)
class Codec:
    """One codec. encoder: FFmpeg's. quality: its --crf where none is given, None if it has none; most: the largest.

    formats: of pixels, by bits a channel. even: whether pictures whose chroma is halved must have even sides; odd is
    the format for others. options: for the encoder.
    """

    name: str
    encoder: str
    quality: int | None
    most: int
    formats: Mapping[int, str]
    even: bool = True
    odd: Mapping[int, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    def format(self, facts: Facts) -> str:
        """The format of pixels that keeps most of a film's depth, and all of its size."""
        formats = self.odd if self.even and (facts.size[0] % 2 or facts.size[1] % 2) else self.formats
        deepest = max((bits for bits in formats if bits <= facts.depth), default=min(formats))
        return formats[min((bits for bits in formats if bits >= facts.depth), default=deepest)]


_420 = {8: "yuv420p", 10: "yuv420p10le"}
_444 = {8: "yuv444p", 10: "yuv444p10le"}
CODECS = {
    codec.name: codec
    for codec in (
        Codec("h264", "libx264", 18, 51, _420, odd=_444, options={"preset": "veryfast", "x264-params": X264}),
        Codec(
            "h265",
            "libx265",
            20,
            51,
            {**_420, 12: "yuv420p12le"},
            odd={**_444, 12: "yuv444p12le"},
            options={"preset": "fast", "x265-params": "log-level=none:pools=4:frame-threads=2"},
        ),
        Codec(
            "vp9", "libvpx-vp9", 30, 63, {8: "yuv420p"}, even=False, options={"b": "0", "cpu-used": "4", "row-mt": "1"}
        ),
        Codec("av1", "libsvtav1", 30, 63, _420, odd={}, options={"preset": "8", "svtav1-params": "lp=2"}),
        Codec("mpeg4", "mpeg4", None, 0, {8: "yuv420p"}, even=False, options={"b": "40M", "qmin": "2", "qmax": "4"}),
        Codec("prores", "prores_ks", None, 0, {10: "yuv422p10le"}, odd={10: "yuv444p10le"}, options={"profile": "3"}),
        Codec("ffv1", "ffv1", None, 0, {8: "yuv420p", 10: "yuv420p10le", 16: "yuv420p16le"}, even=False),
    )
}
# The codec of a container's films, and those that it can hold.
CONTAINERS = {
    ".mp4": ("h264", ("h264", "h265", "vp9", "av1")),
    ".m4v": ("h264", ("h264", "h265")),
    ".mov": ("h264", ("h264", "h265", "prores")),
    ".mkv": ("h264", tuple(CODECS)),
    ".webm": ("vp9", ("vp9", "av1")),
    ".avi": ("mpeg4", ("mpeg4", "ffv1")),
    ".gif": ("gif", ("gif",)),
}
GIF = Codec("gif", "ffv1", None, 0, {8: "bgr0"}, even=False)  # until its segments are joined


def choose(path: str, name: str | None, crf: int | None, facts: Facts) -> tuple[Codec, int | None]:
    """(the codec of a film to be written to that path, its quality). Raises OptionError."""
    ending = PurePath(path).suffix.lower()
    if ending not in CONTAINERS:
        raise OptionError(f"output: {path}: a film ends in {', '.join(CONTAINERS)}, or is pictures as in out/%05d.png")
    usual, able = CONTAINERS[ending]
    if (name or usual) not in able:
        raise OptionError(f"codec: {name} does not go into {ending}; there are: {', '.join(able)}")
    codec = GIF if usual == "gif" else CODECS[name or usual]
    if crf is not None and (codec.quality is None or not 0 <= crf <= codec.most):
        rule = "has no such quality" if codec.quality is None else f"takes 0 to {codec.most}"
        raise OptionError(f"crf: {crf}: {codec.name} {rule}")
    if not codec.odd and codec.even and (facts.size[0] % 2 or facts.size[1] % 2):
        raise OptionError(
            f"codec: {codec.name} needs even sides, and {facts.name} has {facts.size[1]} x {facts.size[0]}"
        )
    return codec, codec.quality if crf is None else crf
