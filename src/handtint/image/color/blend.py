"""Blending colour over a backdrop: chroma times alpha, at the photo's own lightness.

The 2022 report adds a coloured foreground and a gray background, separated by a hard mask. In Lab and with a soft mask,
that sum keeps each pixel's L*, and where alpha is 0 the backdrop's pixels are copied unchanged.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from handtint.image.arrays import large
from handtint.image.arrays.resize import Planes
from handtint.image.color import lab
from handtint.types import Alpha, Array, Float, Pixels

STRIP = 64  # rows processed at a time: the planes of a strip fit into the processor's cache
THREADS = 2
SEPIA = (6.0, 21.0)  # a*, b* of the sepia backdrop at middle lightness
DIM = 0.45  # factor on the lightness of the dimmed backdrop
_WEIGHTS = np.arange(256, dtype=np.float32) / np.float32(255)  # alpha 0..255 as 0..1


def over(
    pixels: Pixels,
    colors: Planes | None,
    alpha: Alpha | None,
    *,
    backdrop: str,
    strength: float = 1.0,
    threads: int = THREADS,
) -> Pixels:
    """Blend the colours over a backdrop by an alpha.

    pixels: the photo, (H, W) or (H, W, 3) sRGB, uint8 or uint16. colors: guided coefficients from L
    in 0..1 to a*b*, or None for the photo's own colours. alpha: (H, W) uint8, or None for everywhere. backdrop:
    "original" (the photo itself), "gray", "sepia" or "dim". strength: a factor on the colours' chroma; 0 leaves the
    backdrop's. threads: the number of strips that are processed at once.
    Returns (H, W, 3) of the photo's dtype. Its L* is the photo's, except over the dimmed backdrop.
    """
    height, width = pixels.shape[:2]
    out = large.empty((height, width, 3), pixels.dtype)
    table = _backdrop_table(pixels, backdrop) if pixels.ndim == 2 and alpha is not None else None

    def strip(top: int) -> None:
        rows = pixels[top : top + STRIP]
        mask = None if alpha is None else alpha[top : top + STRIP]
        target = out[top : top + STRIP]
        if mask is not None:
            target[:] = _lookup(table, rows) if table is not None else render_backdrop(rows, backdrop)
        columns = _columns_inside(mask, width)
        if columns.stop > columns.start:
            part = target[:, columns]
            _blend_strip(part, rows, mask, columns, top, height, colors, backdrop, strength)
        if top % large.ROWS == 0:
            large.release(pixels, out)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(strip, range(0, height, STRIP)))
    return out


def _lookup(table: Array, levels: Pixels) -> Pixels:
    """The table's (levels, 3) entries for gray pixels (n, W): (n, W, 3)."""
    if levels.dtype != np.uint8:
        return table[levels]
    return cv2.LUT(cv2.merge([levels] * 3), table[None])


def _columns_inside(mask: Alpha | None, width: int) -> slice:
    if mask is None:
        return slice(0, width)
    columns = np.flatnonzero(mask.any(axis=0))
    return slice(int(columns[0]), int(columns[-1]) + 1) if columns.size else slice(0, 0)


def _blend_strip(
    target: Pixels,
    rows: Pixels,
    mask: Alpha | None,
    columns: slice,
    top: int,
    height: int,
    colors: Planes | None,
    backdrop: str,
    strength: float,
) -> None:
    """Blend the colours of some columns of one strip into `target`, which holds the backdrop."""
    part = rows[:, columns]
    L, own_ab = lab.split(part) if part.ndim == 3 else (lab.lightness(part), None)
    if colors is None:
        ab = [np.zeros_like(L), np.zeros_like(L)] if own_ab is None else [own_ab[..., 0], own_ab[..., 1]]
    else:
        row_L = L if part.shape == rows.shape else lab.lightness(rows)
        ab = colors.planes(row_L * np.float32(0.01), top, height, columns)
    weight = np.ones_like(L) if mask is None else cv2.LUT(mask[:, columns], _WEIGHTS)
    backdrop_L, *backdrop_ab = _backdrop_lab(L, own_ab, backdrop)
    if backdrop_L is not L:
        backdrop_L = backdrop_L + (L - backdrop_L) * weight
    a, b = (_mix(*planes, weight, strength) for planes in zip(ab, backdrop_ab, strict=True))
    blended = lab.join_planes(backdrop_L, a, b, target.dtype)
    if mask is None:
        target[:] = blended
    else:
        cv2.copyTo(blended, mask[:, columns], target)  # where alpha is not 0; much faster than indexing


def _mix(plane: Float, backdrop_plane: Float | None, weight: Float, strength: float) -> Float:
    """Chroma times strength and weight, plus the backdrop's times the rest."""
    mixed = cv2.multiply(plane, weight, scale=strength)
    if backdrop_plane is not None:
        mixed += backdrop_plane * (1 - weight * np.float32(min(strength, 1.0)))
    return mixed


def _backdrop_lab(L: Float, own_ab: Float | None, backdrop: str) -> tuple[Float, Float | None, Float | None]:
    """The backdrop's L*, a*, b*; None for no chroma."""
    if backdrop == "original" and own_ab is not None:
        return L, own_ab[..., 0], own_ab[..., 1]
    if backdrop == "sepia":
        tone = L * (100 - L) * np.float32(4e-4)
        return L, tone * np.float32(SEPIA[0]), tone * np.float32(SEPIA[1])
    return (L * np.float32(DIM) if backdrop == "dim" else L), None, None


def render_backdrop(pixels: Pixels, backdrop: str) -> Pixels:
    """The backdrop without colours over it, (H, W, 3), of photo pixels (H, W) or (H, W, 3)."""
    if pixels.ndim == 2 and backdrop in ("original", "gray"):
        return np.repeat(pixels[..., None], 3, axis=2)
    if backdrop == "original":
        return pixels
    L = lab.lightness(pixels)
    if backdrop == "sepia":
        _, a, b = _backdrop_lab(L, None, backdrop)
        return lab.join_planes(L, np.asarray(a, np.float32), np.asarray(b, np.float32), pixels.dtype)
    levels = lab.gray(L * np.float32(DIM) if backdrop == "dim" else L, pixels.dtype)
    return np.repeat(levels[..., None], 3, axis=2)


def _backdrop_table(pixels: Pixels, backdrop: str) -> Array:
    """The backdrop of every gray level, (levels, 3)."""
    levels = np.arange(np.iinfo(pixels.dtype).max + 1, dtype=pixels.dtype)
    return render_backdrop(levels[None], backdrop)[0]
