"""Colour transfer between two photos, cluster by cluster.

The cells of both feature maps are clustered by the mask network's features and by lightness (k-means). For each cluster
that both photos have, the mean a*b* of the one is shifted to that of the other (Reinhard et al. 2001, Color Transfer
between Images, by clusters instead of the whole picture).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from handtint.image.arrays import resize
from handtint.types import Float, Segmentation

CLUSTERS = 14
MIN_SHARE = 0.01  # of a photo: a smaller cluster counts only partly
LIGHTNESS_WEIGHT = 2.0  # of lightness in the distance of two cells
SHARPNESS = 4.0  # of the soft assignment of a cell to clusters


@dataclass(frozen=True, slots=True)
class View:
    """A photo at network size. L: L* (h, w), 0..100. ab: a*b* (h, w, 2). segmentation: for its features."""

    L: Float
    ab: Float
    segmentation: Segmentation


@dataclass(frozen=True, slots=True)
class ColorShifts:
    """Clusters of cells, and the shift of the colours of each towards a reference.

    mean, deviation: (k,), by which features are normalised. centers: of the clusters, (clusters, k). ab: to add to the
    a*b* of each cluster, (clusters, 2).
    """

    mean: Float
    deviation: Float
    centers: Float
    ab: Float


def difference(photo: View, reference: View) -> Float:
    """What to add to a photo's a*b* for the reference's colours: (h', w', 2) float32, of its feature map's size.

    It is 0 in clusters that the reference does not have.
    """
    return apply_shifts(learn_shifts(photo, reference), photo)


def learn_shifts(photo: View, reference: View) -> ColorShifts:
    """Cluster the cells of both photos, and compute the shift of each cluster; 0 for those that only one photo has."""
    cells, reference_cells = _cells(photo), _cells(reference)
    all_cells = np.concatenate([cells, reference_cells])
    deviation = all_cells.std(axis=0) + np.float32(1e-3)
    deviation[-1] /= np.float32(LIGHTNESS_WEIGHT * max(1.0, all_cells.shape[1] / 12) ** 0.5)
    mean = all_cells.mean(axis=0)
    all_cells = np.ascontiguousarray((all_cells - mean) / deviation)
    cv2.setRNGSeed(0)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 20, 0.1)
    _, _, centers = cv2.kmeans(all_cells, min(CLUSTERS, len(all_cells)), None, criteria, 1, cv2.KMEANS_PP_CENTERS)
    shares = _memberships(all_cells, centers)
    own_shares, reference_shares = shares[: len(cells)], shares[len(cells) :]
    shifts = _means(reference_shares, _colors(reference)) - _means(own_shares, _colors(photo))
    certainty = np.minimum(
        np.minimum(own_shares.mean(axis=0), reference_shares.mean(axis=0)) / np.float32(MIN_SHARE), 1
    )
    return ColorShifts(mean, deviation, centers, shifts * certainty[:, None])


def apply_shifts(shifts: ColorShifts, photo: View) -> Float:
    """What to add to the a*b* of a photo: (h', w', 2) float32, of its feature map's size."""
    shares = _memberships(np.ascontiguousarray((_cells(photo) - shifts.mean) / shifts.deviation), shifts.centers)
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


def _memberships(cells: Float, centers: Float) -> Float:
    """The soft assignment (n, clusters) of cells to clusters; each row sums to 1."""
    distances = ((cells**2).sum(1)[:, None] + (centers**2).sum(1)[None] - 2 * cells @ centers.T) / cells.shape[1]
    weights = np.exp(-np.float32(SHARPNESS) * (distances - distances.min(axis=1, keepdims=True)))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def _means(shares: Float, colors: Float) -> Float:
    return (shares.T @ colors) / np.maximum(shares.sum(axis=0)[:, None], np.float32(1e-6))
