"""The codecs of films: their encoders in FFmpeg, their quality, and the pixel formats that they support."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from handtint.errors import OptionError
from handtint.video.stream_info import StreamInfo

THREADS = 4  # of an encoder, the same on every machine: the encoded bytes depend on it
# With lookahead, small frames were encoded differently from run to run; without it, 14 of 14 runs gave the same bytes.
X264 = "rc-lookahead=0"


@dataclass(frozen=True, slots=True)
class Codec:
    """One codec. encoder: its name in FFmpeg. quality: the default of --crf, None if it has none; max_crf: the largest.

    formats: pixel formats by bits per channel. even: whether `formats` need even sides; `odd` are the formats for odd
    ones. options: of the encoder.
    """

    name: str
    encoder: str
    quality: int | None
    max_crf: int
    formats: Mapping[int, str]
    even: bool = True
    odd: Mapping[int, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    def format(self, info: StreamInfo) -> str:
        """The pixel format for a film: the smallest that keeps its bit depth, or the deepest there is."""
        formats = self.odd if self.even and (info.size[0] % 2 or info.size[1] % 2) else self.formats
        deepest = max((bits for bits in formats if bits <= info.depth), default=min(formats))
        return formats[min((bits for bits in formats if bits >= info.depth), default=deepest)]


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
# container -> (its default codec, all codecs that it supports)
CONTAINERS = {
    ".mp4": ("h264", ("h264", "h265", "vp9", "av1")),
    ".m4v": ("h264", ("h264", "h265")),
    ".mov": ("h264", ("h264", "h265", "prores")),
    ".mkv": ("h264", tuple(CODECS)),
    ".webm": ("vp9", ("vp9", "av1")),
    ".avi": ("mpeg4", ("mpeg4", "ffv1")),
    ".gif": ("gif", ("gif",)),
}
GIF = Codec("gif", "ffv1", None, 0, {8: "bgr0"}, even=False)  # for the parts, before they are joined


def choose(path: str, name: str | None, crf: int | None, info: StreamInfo) -> tuple[Codec, int | None]:
    """(the codec of the film to write to that path, its quality or None). Raises OptionError."""
    ending = PurePath(path).suffix.lower()
    if ending not in CONTAINERS:
        raise OptionError(
            f"output: {path}: the name has to end in {', '.join(CONTAINERS)}, "
            "or be that of numbered pictures, as out/%05d.png"
        )
    default, supported = CONTAINERS[ending]
    if (name or default) not in supported:
        raise OptionError(f"codec: {ending} does not support {name}; use one of {', '.join(supported)}")
    codec = GIF if default == "gif" else CODECS[name or default]
    if crf is not None and (codec.quality is None or not 0 <= crf <= codec.max_crf):
        rule = "has no quality setting" if codec.quality is None else f"takes 0 to {codec.max_crf}"
        raise OptionError(f"crf: {crf}: {codec.name} {rule}")
    if not codec.odd and codec.even and (info.size[0] % 2 or info.size[1] % 2):
        raise OptionError(f"codec: {codec.name} needs even sides, and {info.name} has {info.size[1]} x {info.size[0]}")
    return codec, codec.quality if crf is None else crf
