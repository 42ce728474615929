"""Preview frames: a few frames of a film, spread over it and as different as possible, each tinted alone."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from handtint import keep
from handtint.image.arrays import resize
from handtint.image.color import lab
from handtint.image.photo import Photo
from handtint.keep import Box, Point, Step
from handtint.networks import Networks
from handtint.options import Options
from handtint.result import Result
from handtint.types import Float
from handtint.video.frame_tinting import tint_frame
from handtint.video.source import Film, Frame
from handtint.video.tracker import FrameAnalysis, Tracker

PREVIEW_FRAMES = 6  # of each film
CANDIDATES = 18  # frames from which those are chosen
MAX_DECODED = 400  # frames: a shorter film is decoded to its end for the candidates, of a longer one keyframes alone
SIDE = 960  # pixels: the longer side of a preview
OTHER_FRAME = 999_999_999.0  # seconds: the time of points and boxes that belong to another frame
_BLENDING = {"strength": 1.0, "background": None, "feather": 0.0, "invert": False}  # without effect on networks


@dataclass(slots=True)
class PreviewFrame:
    """A frame for previews. time: in seconds from the film's start. photo: the frame, shrunk to SIDE.

    The analysis by the networks is cached for the latest options.
    """

    time: float
    photo: Photo
    _analysis: tuple[Options, FrameAnalysis] | None = field(default=None)

    def tint(self, networks: Networks, options: Options) -> Result:
        """The frame, tinted as the first of a scene. Raises OptionError, InputError, WeightsError."""
        options = options_at(options, self.time)
        networks = networks.at(options.effort)
        key = replace(options, **_BLENDING)  # type: ignore[arg-type]
        if self._analysis is None or self._analysis[0] != key:
            self._analysis = key, Tracker(networks, options).process(self.photo.pixels, self.time)
        return tint_frame(self.photo, networks, self._analysis[1], options)


def select_frames(film: Film) -> list[PreviewFrame]:
    """PREVIEW_FRAMES of an open film, or all of a shorter one, in order. Raises InputError.

    Those that differ most are chosen, so that each scene has one before any scene has two.
    """
    frames = [PreviewFrame(_milliseconds(film.seconds(frame.pts)), _shrink(frame)) for frame in _candidates(film)]
    return sorted(_most_different(frames, PREVIEW_FRAMES), key=lambda frame: frame.time)


def _candidates(film: Film) -> list[Frame]:
    """Frames spread over the film: keyframes of a long one, if it has enough of them."""
    info, frames = film.info, dict[int, Frame]()
    if info.frames > MAX_DECODED and info.seconds:
        for i in range(CANDIDATES):
            frame = film.sync_frame(info.seconds * i / CANDIDATES)
            frames |= {frame.pts: frame} if frame else {}
    if len(frames) < PREVIEW_FRAMES:
        step = max(1, min(info.frames or MAX_DECODED, MAX_DECODED) // CANDIDATES)
        frames |= {frame.pts: frame for frame in itertools.islice(film.frames(), 0, MAX_DECODED, step)}
    return list(frames.values())


def _milliseconds(time: float) -> float:
    """The time rounded down to milliseconds, so that a hint given at that time is for this frame."""
    return math.floor(1000 * max(0.0, time) + 1e-6) / 1000


def _shrink(frame: Frame) -> Photo:
    height, width = frame.photo.size
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    pixels = frame.photo.pixels
    return Photo(np.ascontiguousarray(pixels if scale == 1 else resize.shrink(pixels, size)).astype(pixels.dtype))


def _most_different(frames: list[PreviewFrame], count: int) -> list[PreviewFrame]:
    """`count` of the frames by farthest-point sampling: each is the one least similar to those chosen before it."""
    thumbnails = [_thumbnail(frame.photo) for frame in frames]
    chosen = [0]
    while len(chosen) < min(count, len(frames)):
        distances = [min(float(np.abs(a - thumbnails[i]).mean()) for i in chosen) for a in thumbnails]
        chosen.append(max((i for i in range(len(frames)) if i not in chosen), key=lambda i: distances[i]))
    return [frames[i] for i in chosen]


def _thumbnail(photo: Photo) -> Float:
    """The lightness as (12, 16) float32, to compare frames by."""
    return cv2.resize(lab.lightness(photo.pixels), (16, 12), interpolation=cv2.INTER_AREA)


def options_at(options: Options, time: float) -> Options:
    """The options for the frame at a time, in seconds: points and boxes of other frames have no effect on it."""
    hints = tuple(str(replace(hint, where=_steps_at(hint.where, time))) for hint in options.hints)
    return replace(options, keep=keep.show(_steps_at(keep.parse(options.keep), time)), hint=hints)


def _steps_at(steps: Sequence[Step], time: float) -> tuple[Step, ...]:
    return tuple(replace(step, term=_term_at(step.term, time)) for step in steps)


def _term_at(term: keep.Term, time: float) -> keep.Term:
    if not isinstance(term, Point | Box):
        return term
    return replace(term, at=time if abs((term.at or 0.0) - time) < 0.01 else OTHER_FRAME)
