"""Persons who walk: cut-outs before a photograph, alone or crossing, and how well one of them is followed.

The cut-outs are pictures with an alpha channel; the true mask of each frame is the alpha that shows there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from handtint.image.color import lab
from handtint.image.photo import Photo
from handtint.networks import Networks
from handtint.options import Options
from handtint.types import Array, Float, Pixels
from handtint.video.frame_tinting import tint_frame
from handtint.video.tracker import Tracker

SIZE, FRAMES = (240, 360), 60
GRAIN = 3.0  # levels of 255
TALL = 0.85  # of the frame's height is the first person; the second is a little smaller
SMALLER = 0.8


@dataclass(frozen=True)
class Walk:
    """A scene. people: (H, W, 4) uint8 each, the first in front and the largest. followed: the index of one of them."""

    name: str
    background: Pixels
    people: Sequence[Pixels]
    size: tuple[int, int]
    frames: int
    followed: int = 0

    @property
    def keep(self) -> str:
        """What names the followed person."""
        return f"person:{self.followed + 1}"

    def _place(self, number: int, index: int) -> tuple[float, float]:
        """(scale, middle as a share of the width) of a person in a frame."""
        time = index / max(1, self.frames - 1)
        way = 0.22 + 0.56 * time if len(self.people) == 1 or number == 0 else 0.8 - 0.6 * time
        bob = 0.01 * np.sin(index * 0.9 + number)
        return TALL * self.size[0] / self.people[number].shape[0] * (SMALLER if number else 1.0) * (1 + bob), way

    def _standing(self, number: int, index: int) -> Array:
        """A person (h, w, 4) float32 where it is in a frame."""
        (h, w), person = self.size, self.people[number]
        scale, way = self._place(number, index)
        left, top = way * w - scale * person.shape[1] / 2, h - scale * person.shape[0]
        to = np.array([[scale, 0, left], [0, scale, top]], np.float32)
        return cv2.warpAffine(person, to, (w, h), flags=cv2.INTER_LINEAR).astype(np.float32)

    def frame(self, index: int) -> tuple[Pixels, Float]:
        """(the gray frame (h, w) uint8 with grain, the true alpha (h, w) 0..1 of the followed person)."""
        h, w = self.size
        shift = np.array([[1, 0, -0.02 * w * np.sin(index / 15)], [0, 1, 0]], np.float32)
        behind = cv2.resize(self.background, (w, h), interpolation=cv2.INTER_AREA)
        picture = cv2.warpAffine(behind, shift, (w, h), borderMode=cv2.BORDER_REFLECT).astype(np.float32)
        truth = np.zeros(self.size, np.float32)
        for number in reversed(range(len(self.people))):
            person = self._standing(number, index)
            alpha = person[..., 3] / 255
            picture += (person[..., :3] - picture) * alpha[..., None]
            truth = alpha if number == self.followed else truth * (1 - alpha)
        gray = lab.gray(lab.lightness(np.round(picture).astype(np.uint8))).astype(np.float32)
        noise = np.random.default_rng(index).normal(0, GRAIN, self.size)
        return np.clip(np.round(gray + noise), 0, 255).astype(np.uint8), truth


def walks(cutouts: Path, backgrounds: Path, count: int, size: tuple[int, int], frames: int) -> Iterator[Walk]:
    """So many persons alone, and as many pairs that cross, in which the one in front is followed, then the other."""
    people = [_cut(path) for path in sorted(cutouts.glob("*.png"))]
    behind = [photo.pixels for photo in map(Photo.read, sorted(backgrounds.glob("*.jpg"))) if photo.pixels.ndim == 3]
    for n in range(count):
        first, second = people[2 * n % len(people)], people[(2 * n + 1) % len(people)]
        yield Walk(f"alone {n}", behind[n % len(behind)], [first], size, frames)
        yield Walk(f"in front {n}", behind[n % len(behind)], [first, second], size, frames)
        yield Walk(f"behind {n}", behind[n % len(behind)], [first, second], size, frames, followed=1)


def _cut(path: Path) -> Pixels:
    """A cut-out (H, W, 4), no larger than the person."""
    picture = cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)
    left, top, width, height = cv2.boundingRect((picture[..., 3] > 127).astype(np.uint8))
    return np.ascontiguousarray(picture[top : top + height, left : left + width])


def overlaps(walk: Walk, networks: Networks, *, sheet: Path | None = None) -> list[float]:
    """Intersection over union of the mask that follows and the true one, frame by frame. sheet: where to show some."""
    options, found, shown = Options(keep=walk.keep, provenance=False), [], []
    tracker = Tracker(networks, options)
    for index in range(walk.frames):
        pixels, truth = walk.frame(index)
        result = tint_frame(Photo(pixels), networks, tracker.process(pixels, index / 25), options)
        mask, true = result.alpha > 127, truth > 0.5
        found.append(float((mask & true).sum() / max(1, (mask | true).sum())))
        if index % 6 == 0:
            shown.append(result.photo.pixels)
    if sheet:
        rows = [np.hstack(shown[i : i + 5]) for i in range(0, len(shown) // 5 * 5, 5)]
        Photo(np.vstack(rows)).write(sheet)
    return found
