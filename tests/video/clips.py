"""Clips for tests: a photograph under a camera that pans and zooms, with grain, and a tone as sound."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import Image

from handtint.types import Array, Float

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"


def photo(name: str) -> Array:
    """A gray sample photograph, (H, W) uint8."""
    return np.asarray(Image.open(PHOTOS / f"{name}.jpg").convert("L"))


def camera(size: tuple[int, int], photo_size: tuple[int, int], time: float) -> Float:
    """(2, 3): from a photograph's pixels to a frame's, of a camera that moves slowly."""
    (h, w), (height, width) = size, photo_size
    scale = max(h / height, w / width) * (1.25 + 0.1 * time)
    x = width / 2 + 0.05 * width * np.cos(1.5 * time)
    y = height / 2 + 0.04 * height * np.sin(1.2 * time)
    return np.array([[scale, 0, w / 2 - x * scale], [0, scale, h / 2 - y * scale]], np.float32)


def pan(name: str, size: tuple[int, int], time: float, grain: float = 3.0) -> Array:
    """One frame (h, w) uint8 of a photograph."""
    image = photo(name)
    moved = cv2.warpAffine(image, camera(size, image.shape, time), size[::-1], borderMode=cv2.BORDER_REFLECT)
    noise = np.random.default_rng(round(1000 * time)).normal(0, grain, size)
    return np.clip(moved + noise, 0, 255).astype(np.uint8)


@dataclass
class Clip:
    """The settings of a clip. steps: between frames, in units of base, repeated. rotation: in quarter turns."""

    frames: int = 20
    size: tuple[int, int] = (64, 96)
    codec: str = "libx264"
    format: str = "yuv420p"
    rate: Fraction = Fraction(25)
    base: Fraction = Fraction(1, 12800)
    steps: tuple[int, ...] = (512,)
    sound: str = ""
    subtitles: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    photos: tuple[str, ...] = ("astronaut",)
    colour: tuple[int, int, int, int] = (0, 0, 0, 0)  # matrix, primaries, transfer, range
    aspect: Fraction = Fraction(1)
    rotation: int = 0
    options: dict[str, str] = field(default_factory=lambda: {"preset": "ultrafast", "crf": "10"})
    first: int = 0
    chapters: tuple[tuple[int, int, str], ...] = ()  # (start, end, title) in milliseconds

    def time_stamps(self) -> list[int]:
        """The time stamps of its frames."""
        steps = [self.steps[i % len(self.steps)] for i in range(self.frames - 1)]
        return [int(stamp) for stamp in np.cumsum([self.first, *steps])]

    def frame(self, index: int) -> Array:
        """The picture of a frame."""
        shot = index * len(self.photos) // self.frames
        return pan(self.photos[shot], self.size, index / 25)

    def write(self, path: Path) -> Path:
        """Write the file."""
        with av.open(str(path), "w") as out:
            video = out.add_stream(self.codec, rate=self.rate)
            context = video.codec_context
            context.height, context.width = self.size
            context.pix_fmt, context.time_base, context.options = self.format, self.base, self.options
            context.sample_aspect_ratio = self.aspect
            if any(self.colour):
                context.colorspace, context.color_primaries, context.color_trc, context.color_range = self.colour
            if self.rotation:
                video.set_display_rotation(90.0 * self.rotation)
            out.metadata.update(self.metadata)
            if self.chapters:
                out.set_chapters([_chapter(n, *chapter) for n, chapter in enumerate(self.chapters)])
            sound = out.add_stream(self.sound, rate=48000, layout="mono") if self.sound else None
            out.start_encoding()
            for index, pts in enumerate(self.time_stamps()):
                out.mux(video.encode(self._stored(index, pts)))
            out.mux(video.encode(None))
            if sound is not None:
                self._encode_sound(out, sound)
        return path

    def _stored(self, index: int, pts: int) -> av.VideoFrame:
        rgb = np.repeat(self.frame(index)[..., None], 3, axis=2)
        source = av.VideoFrame.from_ndarray(rgb, format="rgb24")
        matrix, full = self.colour[0] or 5, self.colour[3] == 2
        ranges = {"src_color_range": 2, "dst_color_range": 2 if full else 1}
        frame = source.reformat(format=self.format, src_colorspace=matrix, dst_colorspace=matrix, **ranges)
        frame.pts, frame.time_base = pts, self.base
        return frame

    def _encode_sound(self, out: av.container.OutputContainer, sound: av.AudioStream) -> None:
        seconds = float(self.time_stamps()[-1] * self.base) + 0.04
        wave = (np.sin(np.arange(int(48000 * seconds)) * 0.05) * 9000).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
        frame.rate, frame.pts = 48000, 0
        for packet in (*sound.encode(frame), *sound.encode(None)):
            out.mux(packet)


def _chapter(number: int, start: int, end: int, title: str) -> "av.container.core.Chapter":
    return {"id": number, "start": start, "end": end, "time_base": Fraction(1, 1000), "metadata": {"title": title}}


def chapters(path: Path) -> list[tuple[float, float, str]]:
    """(start, end) in seconds and title of each chapter."""
    with av.open(str(path)) as film:
        return [
            (float(c["start"] * c["time_base"]), float(c["end"] * c["time_base"]), c["metadata"]["title"])
            for c in film.chapters()
        ]


def frames(path: Path) -> list[av.VideoFrame]:
    """All frames of a film."""
    with av.open(str(path)) as film:
        return list(film.decode(video=0))


def packets(path: Path, kind: str) -> list[tuple[int, bytes]]:
    """(pts, bytes) of the packets of the first track of a kind."""
    with av.open(str(path)) as film:
        track = next(stream for stream in film.streams if stream.type == kind)
        return [(packet.pts, bytes(packet)) for packet in film.demux(track) if packet.size]
