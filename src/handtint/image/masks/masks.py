"""Masks cleaned, refined by the photo's lightness and feathered. A finished mask is alpha (H, W) uint8, 0..255."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from handtint.errors import OptionError
from handtint.image.arrays import large, resize, samples
from handtint.image.color import lab
from handtint.types import VOC, Alpha, Array, Float, Segmentation

WORK_SIDE = 768  # refinement happens at about WORK_SIDE * WORK_SIDE pixels
STRIP = 64  # rows processed at a time
UNCERTAIN = 0.42, 0.58  # probabilities below the first become 0, those above the second 1
MIN_FEATHER = 0.05  # pixels: smaller radii have no effect


def clean(alpha: Float) -> Float:
    """Alpha (h, w) without specks and without pinholes."""
    return fill_holes(drop_specks(alpha))


def classes(segmentation: Segmentation, names: Sequence[str]) -> Float:
    """The probability (h, w) that a pixel belongs to any of the named VOC classes.

    Raises OptionError if the network predicts no classes.
    """
    return class_probabilities(segmentation)[[VOC.index(name) for name in names]].sum(axis=0).clip(0, 1)


def class_probabilities(segmentation: Segmentation) -> Float:
    """The classes' probabilities (21, h, w). Raises OptionError if the network predicts no classes."""
    if segmentation.classes is None:
        raise OptionError("keep: the mask model knows no classes; use subject, points, boxes or a mask file")
    return segmentation.classes


def label(segmentation: Segmentation, size: tuple[int, int]) -> Alpha:
    """The most probable VOC class of every pixel, (H, W) uint8 indices; enlarges one class at a time to save memory.

    Raises OptionError if the network predicts no classes.
    """
    best, index = np.full(size, -1, np.float32), np.zeros(size, np.uint8)
    for i, scores in enumerate(class_probabilities(segmentation)):
        enlarged = cv2.resize(scores, size[::-1], interpolation=cv2.INTER_LINEAR)
        index[enlarged > best] = i
        np.maximum(best, enlarged, out=best)
    return index


def harden(alpha: Float, low: float, high: float) -> Float:
    """Alpha 0..1 with values below low set to 0, those above high to 1, and linear in between."""
    return np.clip((alpha - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)


def drop_specks(alpha: Float, *, share: float = 0.002, of_largest: float = 0.03) -> Float:
    """Alpha without islands that are smaller than a share of the picture or of the largest island."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((alpha > 0.5).astype(np.uint8))
    if count < 2:
        return alpha
    areas = stats[:, cv2.CC_STAT_AREA]
    min_area = max(share * alpha.size, of_largest * areas[1:].max())
    small = (areas < min_area)[labels] & (labels > 0)
    surroundings = cv2.dilate(small.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.where(surroundings & (labels == 0) | small, np.float32(0), alpha)


def fill_holes(alpha: Float, *, share: float = 0.002) -> Float:
    """Alpha without holes smaller than a share of the picture; gaps at the picture's border are not filled."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((alpha <= 0.5).astype(np.uint8), connectivity=4)
    left, top, width, height, area = stats.T
    inner = (left > 0) & (top > 0) & (left + width < alpha.shape[1]) & (top + height < alpha.shape[0])
    small = inner & (area < share * alpha.size)
    small[0] = False  # the mask itself
    return np.where(small[labels], np.float32(1), alpha) if count > 1 and small.any() else alpha


def refine(alpha: Float, pixels: Array, *, radius: int = 4, epsilon: float = 1e-4) -> Alpha:
    """Alpha (h, w) 0..1 at the size of the photo's pixels (H, W) or (H, W, 3), its edges along those of L: uint8.

    Uncertain values are first moved towards 0 or 1 (UNCERTAIN): only hair and glass should be half transparent.
    """
    work = resize.fit(pixels.shape[:2], WORK_SIDE)
    guide = lab.lightness(resize.shrink(pixels, work)) / np.float32(100)
    values = harden(cv2.resize(alpha, work[::-1], interpolation=cv2.INTER_LINEAR), *UNCERTAIN)
    return enlarge(resize.guided_coefficients(guide, values[..., None], radius=radius, epsilon=epsilon), pixels)


def enlarge(coefficients: resize.GuidedCoefficients, pixels: Array) -> Alpha:
    """The alpha of guided coefficients applied to pixels (H, W) or (H, W, 3), at their size, strip by strip."""
    size = pixels.shape[:2]
    out = np.empty(size, np.uint8)
    low, high = 0.08, 0.92
    levels = resize.GuidedCoefficients(
        coefficients.slope * np.float32(2.55 / (high - low)),  # of L* 0..100, not of 0..1
        (coefficients.offset - np.float32(low)) * np.float32(255 / (high - low)),
    )
    for rows in large.strips(STRIP, pixels):
        plane = levels.planes(lab.lightness(pixels[rows]), rows.start, size[0])[0]
        cv2.add(plane, 0, out[rows], dtype=cv2.CV_8U)  # rounded, and 0..255 at most
    return out


def feather(alpha: Alpha, radius: float) -> Alpha:
    """Alpha softened over about `radius` pixels on either side of its edges."""
    if radius < MIN_FEATHER or not alpha.size:
        return alpha
    step = max(1, int(radius // 8))  # a wide blur is as good and much cheaper at a smaller size
    h, w = alpha.shape
    small = resize.shrink(alpha, (max(1, h // step), max(1, w // step))) if step > 1 else alpha
    blurred = cv2.GaussianBlur(small, (0, 0), radius / (2 * step), borderType=cv2.BORDER_REPLICATE)
    return blurred if step == 1 else cv2.resize(blurred, (w, h), interpolation=cv2.INTER_LINEAR)


def from_pixels(pixels: Array, alpha: Array | None, size: tuple[int, int]) -> Alpha:
    """A mask picture's lightness, times its alpha, as alpha of the given size: white keeps colour, black does not."""
    parts = (pixels,) if alpha is None else (pixels, alpha)
    levels = large.by_rows(_levels, parts, np.empty(pixels.shape[:2], np.uint8))
    return levels if levels.shape == size else resize.shrink(levels, size)


def _levels(pixels: Array, alpha: Array | None = None) -> Alpha:
    """The alpha that `from_pixels` computes, at the size of the mask picture."""
    gray = pixels if pixels.ndim == 2 else lab.gray(lab.lightness(pixels), pixels.dtype)
    levels = samples.eight_bits(gray)
    if alpha is not None:
        levels = np.round(levels * (alpha / np.float32(np.iinfo(alpha.dtype).max))).astype(np.uint8)
    return levels
