"""Colour over a backdrop: chroma times alpha over the photo's own lightness.

The 2022 report adds a coloured foreground and a gray background cut by one hard mask; done in Lab with a soft
one, that sum keeps every pixel's L*, and where alpha is 0 the backdrop's pixels come through untouched.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from handtint.image.arrays import large
from handtint.image.arrays.resize import Planes
from handtint.image.color import lab
from handtint.types import Alpha, Array, Float, Pixels

STRIP = 64  # rows done at a time: the planes of a strip stay in the processor's cache
THREADS = 2
SEPIA = (6.0, 21.0)  # a*, b* of the sepia backdrop at middle lightness
DIM = 0.45  # lightness of the dimmed backdrop


def over(
    pixels: Pixels,
    colors: Planes | None,
    alpha: Alpha | None,
    *,
    backdrop: str,
    strength: float = 1.0,
    threads: int = THREADS,
) -> Pixels:
    """Colour where alpha says, the backdrop elsewhere.

    pixels: the photo, (H, W) or (H, W, 3) sRGB, uint8 or uint16. colors: guided coefficients from L
    in 0..1 to a*b*, or None for the photo's own colours. alpha: (H, W) uint8, or None for everywhere. backdrop:
    "original" (the photo itself), "gray", "sepia" or "dim". strength: 0 leaves the backdrop's chroma, 1 gives the
    colours as they are. threads: how many strips are done at once.
    Returns (H, W, 3) of the photo's dtype. L* is the photo's wherever the backdrop's is.
    """
    height, width = pixels.shape[:2]
    out = large.empty((height, width, 3), pixels.dtype)
    behind = _backdrop_table(pixels, backdrop) if pixels.ndim == 2 else None

    def strip(top: int) -> None:
        here = pixels[top : top + STRIP]
        mask = None if alpha is None else alpha[top : top + STRIP]
        target = out[top : top + STRIP]
        target[:] = _looked_up(behind, here) if behind is not None else render_backdrop(here, backdrop)
        columns = _touched(mask, width)
        if columns.stop > columns.start:
            part = target[:, columns]
            _colour(part, here, mask, columns, top, height, colors, backdrop, strength)
        if top % large.ROWS == 0:
            large.release(pixels, out)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(strip, range(0, height, STRIP)))
    return out


def _looked_up(table: Array, levels: Pixels) -> Pixels:
    """The table's (levels, 3) entries for gray pixels (n, W): (n, W, 3)."""
    if levels.dtype != np.uint8:
        return table[levels]
    return cv2.LUT(cv2.merge([levels] * 3), table[None])


def _touched(mask: Alpha | None, width: int) -> slice:
    if mask is None:
        return slice(0, width)
    columns = np.flatnonzero(mask.any(axis=0))
    return slice(int(columns[0]), int(columns[-1]) + 1) if columns.size else slice(0, 0)


def _colour(
    target: Pixels,
    here: Pixels,
    mask: Alpha | None,
    columns: slice,
    top: int,
    height: int,
    colors: Planes | None,
    backdrop: str,
    strength: float,
) -> None:
    """Paint the touched columns of one strip into `target`, which holds the backdrop."""
    own = here[:, columns]
    L, own_ab = lab.split(own) if own.ndim == 3 else (lab.lightness(own), None)
    if colors is None:
        a, b = (np.zeros_like(L),) * 2 if own_ab is None else (own_ab[..., 0], own_ab[..., 1])
    else:
        a, b = colors.planes(lab.lightness(here) * np.float32(0.01), top, height, columns)
    share = np.float32(1) if mask is None else mask[:, columns] * np.float32(1 / 255)
    behind_L, behind_a, behind_b = _backdrop_lab(L, own_ab, backdrop)
    rest = share * np.float32(1 - min(strength, 1.0)) + (1 - share)  # how much of the backdrop's chroma stays
    a, b = a * (share * np.float32(strength)) + behind_a * rest, b * (share * np.float32(strength)) + behind_b * rest
    painted = lab.join_planes(behind_L + (L - behind_L) * share, a, b, target.dtype)
    if mask is None:
        target[:] = painted
    else:
        cv2.copyTo(painted, mask[:, columns], target)  # where alpha is not 0: far quicker than by an index


def _backdrop_lab(
    L: Float, own_ab: Float | None, backdrop: str
) -> tuple[Float, Float | np.float32, Float | np.float32]:
    if backdrop == "original" and own_ab is not None:
        return L, own_ab[..., 0], own_ab[..., 1]
    if backdrop == "sepia":
        share = L * (100 - L) * np.float32(4e-4)
        return L, share * np.float32(SEPIA[0]), share * np.float32(SEPIA[1])
    return (L * np.float32(DIM) if backdrop == "dim" else L), np.float32(0), np.float32(0)


def render_backdrop(pixels: Pixels, backdrop: str) -> Pixels:
    """The backdrop alone, (H, W, 3), of photo pixels (H, W) or (H, W, 3)."""
    if pixels.ndim == 2 and backdrop in ("original", "gray"):
        return np.repeat(pixels[..., None], 3, axis=2)
    if backdrop == "original":
        return pixels
    L = lab.lightness(pixels)
    if backdrop == "sepia":
        _, a, b = _backdrop_lab(L, None, backdrop)
        return lab.join_planes(L, np.asarray(a), np.asarray(b), pixels.dtype)
    levels = lab.gray(L * np.float32(DIM) if backdrop == "dim" else L, pixels.dtype)
    return np.repeat(levels[..., None], 3, axis=2)


def _backdrop_table(pixels: Pixels, backdrop: str) -> Array:
    """The backdrop of every gray level, (levels, 3)."""
    levels = np.arange(np.iinfo(pixels.dtype).max + 1, dtype=pixels.dtype)
    return render_backdrop(levels[None], backdrop)[0]
