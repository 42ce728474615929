"""Clips whose truth is known: a photograph in colour under a camera that pans and zooms; its gray copy, with grain."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from handtint.image.color import lab
from handtint.image.photo import Photo
from handtint.types import Array, Float, Pixels

SHIPPED = Path(__file__).parents[1] / "tests" / "photos"  # the only photographs in colour that are shipped
RATE = Fraction(25)
GRAIN = 4.0  # levels of 255: its standard deviation


@dataclass(frozen=True)
class Clip:
    """One shot. photo: (H, W, 3) uint8. size: (h, w) of a frame. seed: of the camera's way and of the grain."""

    name: str
    photo: Pixels
    size: tuple[int, int]
    frames: int
    seed: int = 0

    def camera(self, index: int) -> Float:
        """(3, 3): from a frame's pixels to the photograph's."""
        way, time = random.Random(self.seed), index / 25
        (h, w), (height, width) = self.size, self.photo.shape[:2]
        zoom, turn, shake = way.uniform(-0.12, 0.12), way.uniform(-0.02, 0.02), way.uniform(0, 0.0012)
        speed, x, y = way.uniform(0.4, 1.6), way.choice((-1, 1)), way.choice((-1, 1))
        hand = np.random.default_rng((self.seed, index)).normal(0, shake, 2)
        scale = min(height / h, width / w) * 0.74 * (1 + zoom * np.sin(speed * time))
        x = width * (0.5 + 0.09 * x * np.sin(speed * time) + hand[0])
        y = height * (0.5 + 0.06 * y * np.sin(0.8 * speed * time) + hand[1])
        cos, sin = scale * np.cos(turn * time), scale * np.sin(turn * time)
        return np.array(
            [[cos, -sin, x - cos * w / 2 + sin * h / 2], [sin, cos, y - sin * w / 2 - cos * h / 2], [0, 0, 1]]
        )

    def truth(self, index: int) -> Pixels:
        """The frame (h, w, 3) in its own colours, without grain."""
        return cv2.warpAffine(
            self.photo,
            self.camera(index)[:2],
            self.size[::-1],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT,
        )

    def frame(self, index: int) -> Pixels:
        """The frame (h, w) uint8 as a gray film shows it, with grain."""
        gray = lab.gray(lab.lightness(self.truth(index)))
        noise = np.random.default_rng((self.seed, index, 1)).normal(0, 1, self.size).astype(np.float32)
        noise = cv2.GaussianBlur(noise, (0, 0), 0.6)
        return np.clip(np.round(gray + noise * (GRAIN / noise.std())), 0, 255).astype(np.uint8)

    def before(self, index: int) -> Float:
        """(h, w, 2) float32: what is at x, y of a frame was at these x, y of the frame before it."""
        back = np.linalg.inv(self.camera(index - 1)) @ self.camera(index)
        h, w = self.size
        y, x = np.mgrid[:h, :w].astype(np.float64)
        return np.stack([back[i, 0] * x + back[i, 1] * y + back[i, 2] for i in (0, 1)], axis=2).astype(np.float32)


def moved(values: Array, where: Float) -> tuple[Array, Array]:
    """(values (h, w, k) of the frame before at these places, whether it showed them (h, w))."""
    h, w = values.shape[:2]
    inside = (where[..., 0] >= 0) & (where[..., 0] <= w - 1) & (where[..., 1] >= 0) & (where[..., 1] <= h - 1)
    return cv2.remap(values, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), inside


def clips(folder: Path | None, count: int, size: tuple[int, int], frames: int) -> Iterator[Clip]:
    """A clip of each photograph: so many of a folder, chosen by a fixed seed, or the shipped ones."""
    paths = sorted((folder or SHIPPED).glob("*.jpg"))
    random.Random(0).shuffle(paths)
    made = 0
    for seed, path in enumerate(paths):
        if made == count:
            return
        pixels = Photo.read(path).pixels
        if pixels.ndim == 3 and min(pixels.shape[:2]) >= 300 and lab.split(pixels)[1].std() > 4:
            made += 1
            yield Clip(path.stem, pixels, size, frames, seed)


def write(path: Path, shots: Sequence[Clip], count: int, *, sound: bool = True) -> Path:
    """A film of so many frames, of shots one after the other, over and over, with a tone for its sound."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=RATE)
        video.height, video.width = shots[0].size
        video.pix_fmt, video.codec_context.options = "yuv420p", {"preset": "veryfast", "crf": "16"}
        track = out.add_stream("aac", rate=48000, layout="mono") if sound else None
        out.start_encoding()
        for number in range(count):
            shot, index = divmod(number, shots[0].frames)
            gray = av.VideoFrame.from_ndarray(shots[shot % len(shots)].frame(index), format="gray")
            out.mux(video.encode(gray.reformat(format="yuv420p")))
        out.mux(video.encode(None))
        if track is not None:
            wave = (np.sin(np.arange(int(48000 * count / RATE)) * 0.05) * 9000).astype(np.int16)[None]
            heard = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
            heard.rate = 48000
            for packet in (*track.encode(heard), *track.encode(None)):
                out.mux(packet)
    return path
