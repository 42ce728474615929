"""Some frames of a film, spread over it with one of each scene first, and their previews."""

from __future__ import annotations

import itertools
import math
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

SHOWN = 6  # frames
CANDIDATES = 18  # frames from which those are chosen
SHORT = 400  # frames: a film of no more is decoded to its end for them
SIDE = 960  # pixels: the longer side of a preview
NEVER = 999_999_999.0  # seconds: the time of what was named at another frame
_BLENDED = {"strength": 1.0, "background": None, "feather": 0.0, "invert": False}  # settings without a say in networks


@dataclass(slots=True)
class Shown:
    """A frame that is shown. time: in seconds from the film's start. photo: shrunk to a preview."""

    time: float
    photo: Photo
    _analysis: tuple[Options, FrameAnalysis] | None = field(default=None)

    def tint(self, networks: Networks, options: Options) -> Result:
        """The frame tinted alone, as the first of its scene. Raises OptionError, InputError, WeightsError."""
        here = at_time(options, self.time)
        networks = networks.at(here.effort)
        key = replace(here, **_BLENDED)  # type: ignore[arg-type]
        if self._analysis is None or self._analysis[0] != key:
            self._analysis = key, Tracker(networks, here).process(self.photo.pixels, self.time)
        return tint_frame(self.photo, networks, self._analysis[1], here)


class Frames:
    """The frames that are shown, in order."""

    def __init__(self, shown: list[Shown]) -> None:
        self.shown = shown

    @classmethod
    def sample(cls, film: Film) -> Frames:
        """Frames of an open film: those that differ most, which is one of each scene first. Raises InputError."""
        found = [Shown(_milliseconds(film.seconds(frame.pts)), _shrunk(frame)) for frame in _candidates(film)]
        return cls(sorted(_different(found, SHOWN), key=lambda one: one.time))


def _candidates(film: Film) -> list[Frame]:
    """Frames that are spread over the film."""
    info, found = film.info, dict[int, Frame]()
    if info.frames > SHORT and info.seconds:
        for i in range(CANDIDATES):
            frame = film.sync_frame(info.seconds * i / CANDIDATES)
            found |= {frame.pts: frame} if frame else {}
    if len(found) < SHOWN:
        step = max(1, min(info.frames or SHORT, SHORT) // CANDIDATES)
        found |= {frame.pts: frame for frame in itertools.islice(film.frames(), 0, SHORT, step)}
    return list(found.values())


def _milliseconds(time: float) -> float:
    """The time rounded down, so that what is named at it is named in this frame."""
    return math.floor(1000 * max(0.0, time) + 1e-6) / 1000


def _shrunk(frame: Frame) -> Photo:
    height, width = frame.photo.size
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    pixels = frame.photo.pixels
    return Photo(np.ascontiguousarray(pixels if scale == 1 else resize.shrink(pixels, size)).astype(pixels.dtype))


def _different(found: list[Shown], count: int) -> list[Shown]:
    """So many of the frames, each as unlike those chosen before it as there is one."""
    views = [_view(one.photo) for one in found]
    chosen = [0]
    while len(chosen) < min(count, len(found)):
        gaps = [min(float(np.abs(view - views[i]).mean()) for i in chosen) for view in views]
        chosen.append(max((i for i in range(len(found)) if i not in chosen), key=lambda i: gaps[i]))
    return [found[i] for i in chosen]


def _view(photo: Photo) -> Float:
    return cv2.resize(lab.lightness(photo.pixels), (16, 12), interpolation=cv2.INTER_AREA)


def at_time(options: Options, time: float) -> Options:
    """The options as far as they concern a frame alone: what was named in another frame is not known here."""
    hints = tuple(str(replace(hint, where=_at(hint.where, time))) for hint in options.hints)
    return replace(options, keep=keep.show(_at(keep.parse(options.keep), time)), hint=hints)


def _at(steps: tuple[Step, ...] | list[Step], time: float) -> tuple[Step, ...]:
    return tuple(replace(step, term=_term(step.term, time)) for step in steps)


def _term(term: keep.Term, time: float) -> keep.Term:
    if not isinstance(term, Point | Box):
        return term
    return replace(term, at=time if abs((term.at or 0.0) - time) < 0.01 else NEVER)
