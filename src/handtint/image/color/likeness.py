"""The colours of one photo in the manner of another: thing by thing, as far as both show the same.

The cells of both photos are sorted into kinds by what the mask network sees in them and by their lightness (k-means).
Of each kind that both have, the mean colour of the one is brought to that of the other (Reinhard et al. 2001, Color
Transfer between Images, by regions instead of the whole).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from handtint.image.arrays import resize
from handtint.types import Float, Segmentation

KINDS = 14
ENOUGH = 0.01  # of a photo: a kind of less is not one that it has
LIGHT = 2.0  # how much lightness counts in what is of one kind
SHARP = 4.0  # how sharply a cell belongs to the nearest kind


@dataclass(frozen=True, slots=True)
class View:
    """A photo at network size. L: L* (h, w) 0..100. ab: its a*b* (h, w, 2). segmentation: what is where in it."""

    L: Float
    ab: Float
    segmentation: Segmentation


@dataclass(frozen=True, slots=True)
class Shifts:
    """How the colours of kinds of things differ from those of a reference.

    mean, deviation: of the features (k,) by which cells are told apart. middles: of the kinds, (kinds, k). ab: what to
    add to the a*b* of each kind, (kinds, 2).
    """

    mean: Float
    deviation: Float
    middles: Float
    ab: Float


def difference(photo: View, reference: View) -> Float:
    """What to add to a photo's a*b* for the reference's colours on things of the same kind: (h', w', 2) float32.

    h', w': of the photo's feature map. 0 where the photo has what the reference does not.
    """
    return applied(learned(photo, reference), photo)


def learned(photo: View, reference: View) -> Shifts:
    """The kinds of things in two photos, and how the colours of each differ; 0 for kinds that only one has."""
    cells, reference_cells = _cells(photo), _cells(reference)
    both = np.concatenate([cells, reference_cells])
    deviation = both.std(axis=0) + np.float32(1e-3)
    deviation[-1] /= np.float32(LIGHT * max(1.0, both.shape[1] / 12) ** 0.5)
    mean = both.mean(axis=0)
    both = np.ascontiguousarray((both - mean) / deviation)
    cv2.setRNGSeed(0)
    ends = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 20, 0.1)
    _, _, middles = cv2.kmeans(both, min(KINDS, len(both)), None, ends, 1, cv2.KMEANS_PP_CENTERS)
    shares = _belonging(both, middles)
    own_shares, reference_shares = shares[: len(cells)], shares[len(cells) :]
    shifts = _means(reference_shares, _colors(reference)) - _means(own_shares, _colors(photo))
    certainty = np.minimum(np.minimum(own_shares.mean(axis=0), reference_shares.mean(axis=0)) / np.float32(ENOUGH), 1)
    return Shifts(mean, deviation, middles, shifts * certainty[:, None])


def applied(shifts: Shifts, photo: View) -> Float:
    """What to add to the a*b* of a photo, (h', w', 2) float32 of its feature map's size, by what is where in it."""
    shares = _belonging(np.ascontiguousarray((_cells(photo) - shifts.mean) / shifts.deviation), shifts.middles)
    size = photo.segmentation.features.shape[1:]
    return np.asarray((shares @ shifts.ab).reshape(*size, 2), np.float32)


def _cells(view: View) -> Float:
    """(n, k) features, and lightness in the last column."""
    features = np.asarray(view.segmentation.features, np.float32)
    L = resize.shrink(view.L, features.shape[1:])
    return np.concatenate([features.reshape(len(features), -1).T, L.reshape(-1, 1) / np.float32(100)], axis=1)


def _colors(view: View) -> Float:
    size = view.segmentation.features.shape[1:]
    return resize.shrink(view.ab, (size[0], size[1])).reshape(-1, 2)


def _belonging(cells: Float, middles: Float) -> Float:
    """(n, kinds) how much each cell belongs to each kind, in all 1."""
    apart = ((cells**2).sum(1)[:, None] + (middles**2).sum(1)[None] - 2 * cells @ middles.T) / cells.shape[1]
    nearest = np.exp(-np.float32(SHARP) * (apart - apart.min(axis=1, keepdims=True)))
    return np.asarray(nearest / nearest.sum(axis=1, keepdims=True), np.float32)


def _means(shares: Float, colors: Float) -> Float:
    return (shares.T @ colors) / np.maximum(shares.sum(axis=0)[:, None], np.float32(1e-6))
