"""The main colours of a region."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from handtint.image.color import lab
from handtint.types import Array, Float

MAX_SAMPLES = 4000  # pixels that are clustered
MIN_SHARE = 0.08  # of the region: smaller clusters are left out
SURFACE = 1.7  # largest chroma of a surface per unit of its L*: only lamps and screens have more

RGB = tuple[int, int, int]
COMMON: tuple[RGB, ...] = (  # of cloth, paint, earth and leaves
    (143, 50, 56),
    (181, 104, 60),
    (184, 147, 63),
    (68, 104, 63),
    (47, 107, 107),
    (61, 90, 138),
    (43, 53, 80),
    (106, 74, 120),
    (168, 112, 127),
    (122, 90, 58),
    (200, 176, 138),
    (128, 128, 128),
)


def swatches(L: Float, ab: Float, alpha: Array, *, max_count: int = 3) -> list[RGB]:
    """The main colours, sRGB 0..255, of the region in alpha (h, w) uint8, the most frequent first.

    L: L* (h, w), 0..100. ab: a*b* (h, w, 2). The colours are the centres of clusters (k-means).
    """
    inside = np.flatnonzero(alpha.ravel() > 127)
    if not inside.size:
        return []
    inside = inside[:: max(1, len(inside) // MAX_SAMPLES)]
    pixels = np.concatenate([L.reshape(-1, 1)[inside] / 2, ab.reshape(-1, 2)[inside]], axis=1).astype(np.float32)
    cv2.setRNGSeed(0)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 20, 0.1)
    count = min(max_count, len(pixels))
    _, labels, centers = cv2.kmeans(pixels, count, None, criteria, 1, cv2.KMEANS_PP_CENTERS)
    sizes = np.bincount(labels.ravel(), minlength=count)
    order = [n for n in np.argsort(-sizes, kind="stable") if sizes[n] >= MIN_SHARE * len(pixels)]
    rgb = lab.join(centers[order, :1] * 2, np.ascontiguousarray(centers[order, None, 1:]))
    return [(int(r), int(g), int(b)) for r, g, b in rgb[:, 0]]


def at_lightness(colors: Sequence[RGB], L: float) -> list[RGB]:
    """Colours, sRGB 0..255, changed to an L* of 0..100, with the same hue and at most the chroma of surfaces."""
    if not colors:
        return []
    ab = lab.split(np.array(colors, np.uint8)[None])[1]
    chroma = np.linalg.norm(ab, axis=2, keepdims=True)
    ab *= np.minimum(1, (SURFACE * L + 5) / np.maximum(chroma, 1e-6)).astype(np.float32)
    rgb = lab.join(np.full(ab.shape[:2], L, np.float32), ab)[0]
    return [(int(r), int(g), int(b)) for r, g, b in rgb]


def distinct(colors: Sequence[RGB], *, min_distance: float = 9.0) -> list[int]:
    """The indices of colours, sRGB 0..255, that differ by at least min_distance in L*a*b* from all selected before."""
    L, ab = lab.split(np.array(colors, np.uint8).reshape(1, -1, 3))
    positions = np.concatenate([L[0, :, None], ab[0]], axis=1)
    selected: list[int] = []
    for index, position in enumerate(positions):
        if all(np.linalg.norm(position - positions[other]) >= min_distance for other in selected):
            selected.append(index)
    return selected
