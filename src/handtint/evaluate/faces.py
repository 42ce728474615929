"""How alive faces are: whether their colours are those of skin, with or without a truth to compare with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from handtint import __version__
from handtint.errors import InputError
from handtint.evaluate.metrics import colorfulness
from handtint.evaluate.predictors import Colorer, Finder, painted
from handtint.faces import Face, is_skin_tone, median_tone
from handtint.image.arrays import resize
from handtint.image.color import lab
from handtint.image.photo import Photo
from handtint.types import Array, Pixels

SIDE = 1024  # pixels: the longer side of the tinted photo at which it is measured, where it is larger
GRAY = 10.0  # chroma below which a face is gray to look at
SMALL = 1 / 16  # a small face is narrower than this share of the square root of the photo's area: 16 pixels of 256
SHOWN = 224  # pixels: the longer side of the pictures kept to be looked at
TRUTH, ONE_LOOK = "truth", "one look"


@dataclass(frozen=True, slots=True)
class FaceColor:
    """The colour of a face: median chroma, hue of the median a*b* in degrees of 0..360, and whether it is small."""

    chroma: float
    hue: float
    small: bool

    @property
    def skin(self) -> bool:
        """Whether it is like skin, of whatever complexion: chroma 8 to 40, hue 10 to 85 degrees."""
        return is_skin_tone(self.chroma, self.hue)


def face_color(rgb: Array, face: Face, size: tuple[int, int]) -> FaceColor:
    """The colour of the middle of a face, half its box across and down, in a picture (h, w, 3) uint8 sRGB.

    size: (H, W) of the photo in whose pixels the face is given.
    """
    down, across = rgb.shape[0] / size[0], rgb.shape[1] / size[1]
    x, y = face.middle
    rows, columns = (
        _middle(y * down, face.height * down, rgb.shape[0]),
        _middle(x * across, face.width * across, rgb.shape[1]),
    )
    chroma, hue = median_tone(lab.split(np.ascontiguousarray(rgb[rows, columns]))[1])
    return FaceColor(chroma, hue, is_small(face, size))


def _middle(place: float, length: float, whole: int) -> slice:
    """The pixels of half a length about a place, one at least."""
    start = min(max(0, round(place - length / 4)), whole - 1)
    return slice(start, max(start + 1, round(place + length / 4)))


def is_small(face: Face, size: tuple[int, int]) -> bool:
    """Whether a face is small in a photo (H, W): small for a network that sees the whole, whatever its pixels."""
    return face.width < SMALL * float(size[0] * size[1]) ** 0.5


@dataclass(slots=True)
class FaceScores:
    """The faces and the colourfulness of one predictor's pictures, photograph by photograph."""

    faces: list[FaceColor] = field(default_factory=list)
    vivid: list[float] = field(default_factory=list)

    def add(self, rgb: Array, faces: Sequence[Face], size: tuple[int, int]) -> None:
        """Take in a picture (h, w, 3) uint8 of a photo of that size, and where its faces are."""
        self.vivid.append(colorfulness(rgb))
        self.faces += [face_color(rgb, face, size) for face in faces]

    def scores(self) -> dict[str, float | None]:
        """{"colorfulness", "skin_like", "skin_like_small", "chroma", "gray"}; None of no faces.

        Mean colourfulness of the photographs; shares, 0..1, of skin-like faces, also among small ones, and of gray
        ones; the median of the faces' chroma.
        """
        small = [face for face in self.faces if face.small]
        return {
            "colorfulness": float(np.mean(self.vivid)),
            "skin_like": _share([face.skin for face in self.faces]),
            "skin_like_small": _share([face.skin for face in small]),
            "chroma": float(np.median([face.chroma for face in self.faces])) if self.faces else None,
            "gray": _share([face.chroma < GRAY for face in self.faces]),
        }


def _share(values: Sequence[bool]) -> float | None:
    return float(np.mean(values)) if values else None


class FaceEvaluation:
    """Photographs tinted as a person gets them, with the closer look at faces and without, and measured.

    The photographs keep their size and aspect; each network runs once for each of them.
    """

    def __init__(
        self,
        models: Mapping[str, Colorer],
        finder: Finder,
        *,
        strength: float = 1.0,
        show: Collection[str] = (),
    ) -> None:
        """models: by the name to report. show: names of the photographs whose pictures are kept in `shown`."""
        self._models, self._finder, self._strength, self._show = models, finder, strength, show
        self._accounts: dict[str, FaceScores] = {}
        self._sources: dict[str, dict[str, FaceScores]] = {}
        self._photos = self._with_faces = self._faces = self._small = 0
        self.shown: list[dict[str, Array]] = []

    def add(self, photo: Photo, *, truth: Array | None = None, source: str = "") -> bool:
        """Take in one photograph; truth: its colours (H, W, 3) uint8, where they are known. Whether it has faces."""
        faces, size = self._finder.faces(photo), photo.pixels.shape[:2]
        for label, rgb in self._pictures(photo, truth).items():
            for accounts in (self._accounts, self._sources.setdefault(source, {})):
                accounts.setdefault(label, FaceScores()).add(rgb, faces, size)
        self._photos += 1
        self._with_faces += bool(faces)
        self._faces += len(faces)
        self._small += sum(is_small(face, size) for face in faces)
        return bool(faces)

    def _pictures(self, photo: Photo, truth: Array | None) -> dict[str, Array]:
        """The truth, where there is one, and the photo in each model's colours, at most SIDE large."""
        small = _at_most(photo.pixels, SIDE)
        pictures = {} if truth is None else {TRUTH: _at_most(truth, SIDE)}
        for label, model in self._models.items():
            for look in model.looks:
                name = label if look == model.looks[0] else f"{label}, {ONE_LOOK}"
                pictures[name] = painted(small, model.colors(photo, look), self._strength)
        if photo.name in self._show:
            gray = {"photograph": _at_most(photo.pixels, SHOWN)}
            self.shown.append(gray | {name: _at_most(rgb, SHOWN) for name, rgb in pictures.items()})
        return pictures

    def result(self) -> dict[str, Any]:
        """{"detector", "photographs", "with_faces", "faces", "small_faces", "strength", "predictors", "sources"}.

        predictors: {name: scores}, as `FaceScores.scores` has them; sources: such, by source. Raises InputError
        without photographs.
        """
        if not self._photos:
            raise InputError("no photographs to evaluate")
        return {
            "detector": detector(self._finder),
            "photographs": self._photos,
            "with_faces": self._with_faces,
            "faces": self._faces,
            "small_faces": self._small,
            "strength": self._strength,
            "predictors": _scores(self._accounts),
            "sources": {source: _scores(accounts) for source, accounts in sorted(self._sources.items())},
        }


def _scores(accounts: Mapping[str, FaceScores]) -> dict[str, Any]:
    return {label: account.scores() for label, account in accounts.items()}


def detector(finder: Finder) -> dict[str, str]:
    """What found the faces: {"name", "sha256" of its weights, "version" of the package}."""
    model = finder.networks.faces
    return {"name": model.name, "sha256": model.weights.sha256, "version": __version__}


def _at_most(pixels: Pixels, side: int) -> Pixels:
    """Pixels with a longer side of at most so many."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    return resize.shrink(pixels, (max(1, round(height * scale)), max(1, round(width * scale))))
