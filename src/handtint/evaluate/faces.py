"""Colours of faces: whether they are like those of skin, with or without a true picture to compare with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from handtint import __version__
from handtint.errors import InputError
from handtint.evaluate.metrics import colorfulness
from handtint.evaluate.predictors import ColorModel, Detector, colorized
from handtint.faces import Face, is_skin_tone, median_tone
from handtint.image.arrays import resize
from handtint.image.color import lab
from handtint.image.photo import Photo
from handtint.types import Array, Pixels

SIDE = 1024  # pixels: larger photos are measured at this longer side
GRAY = 10.0  # chroma below which a face looks gray
SMALL = 1 / 16  # a small face is narrower than this share of the square root of the photo's area: 16 pixels of 256
SAMPLE_SIDE = 224  # pixels: the longer side of the pictures in `samples`
TRUTH, WITHOUT_CLOSER_LOOK = "truth", "no closer look"


@dataclass(frozen=True, slots=True)
class FaceColor:
    """The colour of a face: median chroma, hue of the median a*b* in degrees of 0..360, and whether it is small."""

    chroma: float
    hue: float
    small: bool

    @property
    def skin(self) -> bool:
        """Whether it is like skin of any complexion: chroma 8 to 40, hue 10 to 85 degrees."""
        return is_skin_tone(self.chroma, self.hue)


def face_color(rgb: Array, face: Face, size: tuple[int, int]) -> FaceColor:
    """The colour of the central half of a face's width and height, in a picture (h, w, 3) uint8 sRGB.

    size: (H, W) of the photo in whose pixels the face's box is.
    """
    y_scale, x_scale = rgb.shape[0] / size[0], rgb.shape[1] / size[1]
    x, y = face.center
    rows, columns = (
        _central_half(y * y_scale, face.height * y_scale, rgb.shape[0]),
        _central_half(x * x_scale, face.width * x_scale, rgb.shape[1]),
    )
    chroma, hue = median_tone(lab.split(np.ascontiguousarray(rgb[rows, columns]))[1])
    return FaceColor(chroma, hue, is_small(face, size))


def _central_half(center: float, length: float, total: int) -> slice:
    """The pixels of half a length around its centre, at least one."""
    start = min(max(0, round(center - length / 4)), total - 1)
    return slice(start, max(start + 1, round(center + length / 4)))


def is_small(face: Face, size: tuple[int, int]) -> bool:
    """Whether a face is small in a photo (H, W): relative to the photo, which is shrunk for networks."""
    return face.width < SMALL * float(size[0] * size[1]) ** 0.5


@dataclass(slots=True)
class FaceScores:
    """The faces and the colourfulness of one predictor's pictures, photograph by photograph."""

    faces: list[FaceColor] = field(default_factory=list)
    colorfulness: list[float] = field(default_factory=list)

    def add(self, rgb: Array, faces: Sequence[Face], size: tuple[int, int]) -> None:
        """Add a picture (h, w, 3) uint8 of a photo of size (H, W), with the photo's faces."""
        self.colorfulness.append(colorfulness(rgb))
        self.faces += [face_color(rgb, face, size) for face in faces]

    def scores(self) -> dict[str, float | None]:
        """{"colorfulness", "skin_like", "skin_like_small", "chroma", "gray"}; None without such faces.

        Mean colourfulness of the photographs; shares, 0..1, of skin-like faces among all and among small ones, and of
        gray ones among all; the median of the faces' chroma.
        """
        small = [face for face in self.faces if face.small]
        return {
            "colorfulness": float(np.mean(self.colorfulness)),
            "skin_like": _share([face.skin for face in self.faces]),
            "skin_like_small": _share([face.skin for face in small]),
            "chroma": float(np.median([face.chroma for face in self.faces])) if self.faces else None,
            "gray": _share([face.chroma < GRAY for face in self.faces]),
        }


def _share(values: Sequence[bool]) -> float | None:
    return float(np.mean(values)) if values else None


class FaceEvaluation:
    """Photographs tinted as `handtint tint` does, with the closer look at faces and without, and measured.

    The photographs keep their size and aspect ratio; each network runs once for each of them.
    """

    def __init__(
        self,
        models: Mapping[str, ColorModel],
        detector: Detector,
        *,
        strength: float = 1.0,
        sample_names: Collection[str] = (),
    ) -> None:
        """models: by the name to report. sample_names: of the photographs whose pictures are kept in `samples`."""
        self._models, self._detector, self._strength, self._sample_names = models, detector, strength, sample_names
        self._scores: dict[str, FaceScores] = {}
        self._sources: dict[str, dict[str, FaceScores]] = {}
        self._photos = self._with_faces = self._faces = self._small = 0
        self.samples: list[dict[str, Array]] = []

    def add(self, photo: Photo, *, truth: Array | None = None, source: str = "") -> bool:
        """Add one photograph; returns whether it has faces. truth: its true colours (H, W, 3) uint8, if known."""
        faces, size = self._detector.faces(photo), photo.pixels.shape[:2]
        for label, rgb in self._pictures(photo, truth).items():
            for scores in (self._scores, self._sources.setdefault(source, {})):
                scores.setdefault(label, FaceScores()).add(rgb, faces, size)
        self._photos += 1
        self._with_faces += bool(faces)
        self._faces += len(faces)
        self._small += sum(is_small(face, size) for face in faces)
        return bool(faces)

    def _pictures(self, photo: Photo, truth: Array | None) -> dict[str, Array]:
        """The truth, if there is one, and the photo in each model's colours; the longer side is at most SIDE."""
        small = _shrunk_to(photo.pixels, SIDE)
        pictures = {} if truth is None else {TRUTH: _shrunk_to(truth, SIDE)}
        for label, model in self._models.items():
            for closer_look in model.closer_look_settings:
                name = label if closer_look == model.closer_look_settings[0] else f"{label}, {WITHOUT_CLOSER_LOOK}"
                pictures[name] = colorized(small, model.colors(photo, closer_look), self._strength)
        if photo.name in self._sample_names:
            gray = {"photograph": _shrunk_to(photo.pixels, SAMPLE_SIDE)}
            self.samples.append(gray | {name: _shrunk_to(rgb, SAMPLE_SIDE) for name, rgb in pictures.items()})
        return pictures

    def result(self) -> dict[str, Any]:
        """{"detector", "photographs", "with_faces", "faces", "small_faces", "strength", "predictors", "sources"}.

        predictors: {name: scores} with those of `FaceScores.scores`; sources: {source: {name: scores}}. Raises
        InputError without photographs.
        """
        if not self._photos:
            raise InputError("no photographs to evaluate")
        return {
            "detector": detector_record(self._detector),
            "photographs": self._photos,
            "with_faces": self._with_faces,
            "faces": self._faces,
            "small_faces": self._small,
            "strength": self._strength,
            "predictors": _scores(self._scores),
            "sources": {source: _scores(accounts) for source, accounts in sorted(self._sources.items())},
        }


def _scores(accounts: Mapping[str, FaceScores]) -> dict[str, Any]:
    return {label: account.scores() for label, account in accounts.items()}


def detector_record(detector: Detector) -> dict[str, str]:
    """The face detector: {"name", "sha256" of its weights, "version" of the package}."""
    model = detector.networks.faces
    return {"name": model.name, "sha256": model.weights.sha256, "version": __version__}


def _shrunk_to(pixels: Pixels, side: int) -> Pixels:
    """The pixels, shrunk if their longer side is larger than `side`."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    return resize.shrink(pixels, (max(1, round(height * scale)), max(1, round(width * scale))))
