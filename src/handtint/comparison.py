"""Several models on the same photographs, compared by a contact sheet and a table."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import numpy as np

from handtint.errors import WeightsError
from handtint.figures import rows
from handtint.image.color import blend, lab
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.result import Result
from handtint.types import Array

SIDE = 320  # pixels: the longer side of a tile, at which chroma and error are measured, too
MIN_CHROMA = 3.0  # mean chroma above which a photo's own colours are compared with
HEADER = ("model", "mask model", "licence", "MB", "s per photo", "chroma", "kept", "error")


@dataclass(slots=True)
class Entry:
    """The results of one pair of models for all photographs.

    seconds: for each photo, without loading the networks. chroma: mean sqrt(a*^2 + b*^2) of the predicted colours.
    kept: share of the photo that keeps its colour, 0..1. errors: mean distance in a*b* from the truth, for photos
    in colour.
    """

    model: str
    mask_model: str
    licence: str = ""
    size: int = 0
    seconds: list[float] = field(default_factory=list)
    chroma: list[float] = field(default_factory=list)
    kept: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    tiles: list[Array] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The label of a pair of models on the sheet."""
        return " + ".join(Path(name).name for name in (self.model, self.mask_model) if name)

    def row(self) -> tuple[str, ...]:
        """Its cells in the table, in the order of HEADER."""
        numbers = [f"{np.mean(v):.3g}" if v else "-" for v in (self.seconds, self.chroma, self.kept, self.errors)]
        size = f"{self.size / 1e6:.1f}" if self.size else "-"
        return self.model, self.mask_model, self.licence, size, *numbers


def compare(
    photos: Iterable[Photo], models: Sequence[str], mask_models: Sequence[str], options: Options
) -> tuple[list[Entry], Array]:
    """Tint each photo with each pair of models. Returns (an entry for each pair, the sheet, RGB (H, W, 3) uint8).

    For a photo in colour, a gray copy is tinted, to compare the prediction with the true colours. The sheet has a
    column for each photo; its rows are the gray photo, its true colours, if any, and the result of each pair. Raises
    OptionError, InputError and WeightsError, as Tinter does.
    """
    pairs = [(Tinter(m, mask_model=k), Entry(m, k)) for m, k in product(models, mask_models)]
    for tinter, entry in pairs:
        _describe(tinter, entry)
    grays, truths = [], []
    for photo in photos:
        gray, truth = _gray(photo)
        small = Result(gray, np.zeros(gray.size, np.uint8), None, gray).tiles(SIDE)[0][1]
        grays.append(small)
        truths.append(small if truth is None else _small(photo, small.shape[:2]))
        for tinter, entry in pairs:
            _tint(tinter, entry, gray, truths[-1] if truth is not None else None, options)
    any_colored = any(truth is not gray for truth, gray in zip(truths, grays, strict=True))
    truth_row = [("own colours", truths)] if any_colored else []
    figure_rows = [("gray", grays), *truth_row, *((entry.label, entry.tiles) for _, entry in pairs)]
    return [entry for _, entry in pairs], rows(figure_rows, side=SIDE)


def markdown(entries: Sequence[Entry]) -> str:
    """The table in Markdown."""
    table_rows = [HEADER, ("---",) * len(HEADER), *(entry.row() for entry in entries)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in table_rows) + "\n"


def _describe(tinter: Tinter, entry: Entry) -> None:
    for model in (tinter.networks.color, tinter.networks.mask):
        try:
            weights = model.weights
        except WeightsError:
            continue
        entry.licence = ", ".join(dict.fromkeys(filter(None, (entry.licence, weights.licence))))
        entry.size += weights.size


def _tint(tinter: Tinter, entry: Entry, gray: Photo, truth: Array | None, options: Options) -> None:
    if not entry.seconds:  # the first run loads the networks
        tinter.run(gray, options)
    start = time.perf_counter()
    result = tinter.run(gray, options)
    entry.seconds.append(time.perf_counter() - start)
    tiles = dict(result.tiles(SIDE))
    predicted = lab.split(tiles["Colorized"])[1]
    entry.chroma.append(float(np.hypot(predicted[..., 0], predicted[..., 1]).mean()))
    entry.kept.append(float(result.alpha.mean() / 255))
    entry.tiles.append(tiles["Blended"])
    if truth is not None:
        entry.errors.append(float(np.linalg.norm(predicted - lab.split(truth)[1], axis=2).mean()))


def _gray(photo: Photo) -> tuple[Photo, Array | None]:
    """(the gray photo, its true colours or None)."""
    if photo.pixels.ndim == 2:
        return photo, None
    gray = blend.render_backdrop(photo.pixels, "gray")
    ab = lab.split(photo.pixels[::4, ::4])[1]
    coloured = float(np.hypot(ab[..., 0], ab[..., 1]).mean()) > MIN_CHROMA
    return Photo(gray), photo.pixels if coloured else None


def _small(photo: Photo, size: tuple[int, ...]) -> Array:
    from handtint.image.arrays import resize
    from handtint.image.arrays.samples import eight_bits

    return eight_bits(resize.shrink(photo.pixels, (size[0], size[1])))
