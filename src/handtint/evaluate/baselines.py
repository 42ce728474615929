"""Baselines for colour models: no colour at all, and one mean colour everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from handtint.errors import InputError
from handtint.image.color import lab
from handtint.image.photo import Photo
from handtint.types import Array

Predictor = Callable[[Photo], Photo]  # gray (H, W) uint8 in, the same picture in colour out

GRAY, MEAN_COLOR = "gray", "mean-colour"


def to_gray(rgb: Array, *, name: str = "") -> Photo:
    """The lightness of RGB (H, W, 3) uint8 as a gray photo (H, W) uint8: the input of a predictor."""
    L = lab.lightness(rgb)
    return Photo.of(np.ascontiguousarray(lab.join(L, np.zeros((*L.shape, 2), np.float32))[..., 0]), name=name)


def gray(photo: Photo) -> Photo:
    """The gray photograph unchanged: a predictor without any colour, which every other one has to surpass."""
    return photo


def mean_color(sample: Iterable[Array]) -> Predictor:
    """A predictor that gives every pixel one colour, the mean a*b* of a sample of RGB pictures (H, W, 3) uint8.

    All photographs of the sample have the same weight. Raises InputError for an empty sample.
    """
    means = [lab.split(rgb)[1].mean(axis=(0, 1), dtype=np.float64) for rgb in sample]
    if not means:
        raise InputError("no photographs to compute the mean colour from")
    ab = np.mean(means, axis=0).astype(np.float32)

    def predict(photo: Photo) -> Photo:
        L = lab.lightness(photo.pixels)
        return Photo.of(lab.join(L, np.broadcast_to(ab, (*L.shape, 2)).copy()), name=photo.name)

    return predict


def baselines(sample: Iterable[Array]) -> dict[str, Predictor]:
    """The two predictors that every model is compared with, by name: `gray`, and `mean_color` of the sample."""
    return {GRAY: gray, MEAN_COLOR: mean_color(sample)}
