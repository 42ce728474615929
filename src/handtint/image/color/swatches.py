"""The main colours of a region."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from handtint.image.color import lab
from handtint.types import Array, Float

SAMPLE = 4000  # pixels that are looked at
FEW = 0.08  # of a thing: a colour of less is none of its own
SURFACE = 1.7  # chroma of a surface, at most, for each L* that it has: darker ones of more are lamps and screens

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


def swatches(L: Float, ab: Float, alpha: Array, *, most: int = 3) -> list[RGB]:
    """The main colours, sRGB 0..255, of the region in alpha (h, w) uint8, those of the most pixels first.

    L: L* (h, w), 0..100. ab: a*b* (h, w, 2). The colours are centres of clusters (k-means), at the mean lightness of
    their pixels.
    """
    inside = np.flatnonzero(alpha.ravel() > 127)
    if not inside.size:
        return []
    inside = inside[:: max(1, len(inside) // SAMPLE)]
    pixels = np.concatenate([L.reshape(-1, 1)[inside] / 2, ab.reshape(-1, 2)[inside]], axis=1).astype(np.float32)
    cv2.setRNGSeed(0)
    ends = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 20, 0.1)
    count = min(most, len(pixels))
    _, labels, middles = cv2.kmeans(pixels, count, None, ends, 1, cv2.KMEANS_PP_CENTERS)
    sizes = np.bincount(labels.ravel(), minlength=count)
    order = [n for n in np.argsort(-sizes, kind="stable") if sizes[n] >= FEW * len(pixels)]
    rgb = lab.join(middles[order, :1] * 2, np.ascontiguousarray(middles[order, None, 1:]))
    return [(int(r), int(g), int(b)) for r, g, b in rgb[:, 0]]


def at_lightness(colors: Sequence[RGB], L: float) -> list[RGB]:
    """Colours, sRGB 0..255, changed to an L* of 0..100: with the same hue, and at most a surface's chroma there."""
    if not colors:
        return []
    ab = lab.split(np.array(colors, np.uint8)[None])[1]
    chroma = np.linalg.norm(ab, axis=2, keepdims=True)
    ab *= np.minimum(1, (SURFACE * L + 5) / np.maximum(chroma, 1e-6)).astype(np.float32)
    rgb = lab.join(np.full(ab.shape[:2], L, np.float32), ab)[0]
    return [(int(r), int(g), int(b)) for r, g, b in rgb]


def distinct(colors: Sequence[RGB], *, least: float = 9.0) -> list[int]:
    """The indices of colours, sRGB 0..255, that differ enough in L*a*b* from all selected ones before them."""
    L, ab = lab.split(np.array(colors, np.uint8).reshape(1, -1, 3))
    positions = np.concatenate([L[0, :, None], ab[0]], axis=1)
    selected: list[int] = []
    for n, position in enumerate(positions):
        if all(np.linalg.norm(position - positions[m]) >= least for m in selected):
            selected.append(n)
    return selected
