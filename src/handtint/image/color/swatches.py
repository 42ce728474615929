"""The few colours that a thing is seen in."""

from __future__ import annotations

import cv2
import numpy as np

from handtint.image.color import lab
from handtint.types import Array, Float

SAMPLE = 4000  # pixels that are looked at
FEW = 0.08  # of a thing: a colour of less is none of its own


def swatches(L: Float, ab: Float, alpha: Array, *, most: int = 3) -> list[tuple[int, int, int]]:
    """The likeliest colours, sRGB 0..255, of what alpha (h, w) uint8 shows, at most so many, the largest first.

    L: L* (h, w) 0..100. ab: its a*b* (h, w, 2). Colours are the middles of clusters (k-means), each at its pixels' mean
    lightness.
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
