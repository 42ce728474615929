"""What one picture scores against the truth: PSNR, SSIM, CIEDE2000, colourfulness, stray chroma."""

from __future__ import annotations

import cv2
import numpy as np

from handtint.errors import InputError
from handtint.image import lab
from handtint.types import Array

ROUNDING = 1 / 12  # mean squared error of rounding to 8 bits, in levels squared
_SSIM_RADIUS, _SSIM_SIGMA = 5, 1.5
_SSIM_C1, _SSIM_C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def psnr(prediction: Array, truth: Array) -> float:
    """Peak signal-to-noise ratio in dB of two uint8 pictures of one shape, over all pixels and channels.

    The squared error counts as at least the 1/12 that rounding to 8 bits makes, so that equal pictures score
    58.9 dB instead of infinity and a mean over photographs stays finite.
    """
    _same_shape(prediction, truth)
    error = np.square(prediction.astype(np.int64) - truth).mean()
    return float(10 * np.log10(255**2 / max(float(error), ROUNDING)))


def ssim(prediction: Array, truth: Array) -> float:
    """Structural similarity, -1..1, of two uint8 RGB pictures (H, W, 3): the mean of R, G and B.

    Gaussian window of sigma 1.5 cut at 11x11, K1 = 0.01, K2 = 0.03, population covariance; the 5 pixels along
    the frame, whose window would leave the picture, are left out unless that leaves nothing.
    Source: Wang, Bovik, Sheikh and Simoncelli 2004, "Image quality assessment".
    """
    _same_shape(prediction, truth)
    x, y = prediction.astype(np.float64), truth.astype(np.float64)
    mean_x, mean_y = _blur(x), _blur(y)
    variances = _blur(x * x) + _blur(y * y) - mean_x**2 - mean_y**2
    covariance = _blur(x * y) - mean_x * mean_y
    similarity = (2 * mean_x * mean_y + _SSIM_C1) * (2 * covariance + _SSIM_C2)
    similarity /= (mean_x**2 + mean_y**2 + _SSIM_C1) * (variances + _SSIM_C2)
    if min(similarity.shape[:2]) > 2 * _SSIM_RADIUS:
        similarity = similarity[_SSIM_RADIUS:-_SSIM_RADIUS, _SSIM_RADIUS:-_SSIM_RADIUS]
    return float(similarity.mean())


def _blur(x: Array) -> Array:
    side = 2 * _SSIM_RADIUS + 1
    blurred: Array = cv2.GaussianBlur(x, (side, side), _SSIM_SIGMA, borderType=cv2.BORDER_REFLECT)
    return blurred


def _same_shape(prediction: Array, truth: Array) -> None:
    if prediction.shape != truth.shape:
        raise InputError(f"shape {prediction.shape} of the prediction is not {truth.shape} of the truth")


def ciede2000(L1: Array, ab1: Array, L2: Array, ab2: Array) -> Array:
    """CIEDE2000 colour differences (...), 0 and up, of L* (...) 0..100 and a*b* (..., 2), float32 or float64.

    The result has the inputs' precision; kL = kC = kH = 1.
    Source: Sharma, Wu and Dalal 2005, "The CIEDE2000 color-difference formula: implementation notes".
    """
    C1, h1, C2, h2 = _adjusted_polar(ab1, ab2)
    difference, h = _hues(h1, h2, C1 * C2 == 0)
    C, L = (C1 + C2) / 2, (L1 + L2) / 2
    from_middle = np.square(L - 50)
    lightness = (L2 - L1) / (1 + 0.015 * from_middle / np.sqrt(20 + from_middle))
    chroma = (C2 - C1) / (1 + 0.045 * C)
    hue = 2 * np.sqrt(C1 * C2) * np.sin(difference / 2) / (1 + 0.015 * C * _hue_weight(h))
    distance: Array = np.sqrt(np.maximum(lightness**2 + chroma**2 + hue**2 + _rotation(C, h) * chroma * hue, 0))
    return distance


def _adjusted_polar(ab1: Array, ab2: Array) -> tuple[Array, Array, Array, Array]:
    """Chroma and hue (radians, 0..2 pi) of both colours, with a* stretched near gray."""
    chroma = (np.hypot(ab1[..., 0], ab1[..., 1]) + np.hypot(ab2[..., 0], ab2[..., 1])) / 2
    stretch = 1.5 - 0.5 * _saturation(chroma)
    a1, a2 = stretch * ab1[..., 0], stretch * ab2[..., 0]
    h1, h2 = (np.mod(np.arctan2(b, a), 2 * np.pi) for a, b in ((a1, ab1[..., 1]), (a2, ab2[..., 1])))
    return np.hypot(a1, ab1[..., 1]), h1, np.hypot(a2, ab2[..., 1]), h2


def _saturation(chroma: Array) -> Array:
    c7 = chroma**7
    saturation: Array = np.sqrt(c7 / (c7 + 25.0**7))
    return saturation


def _hues(h1: Array, h2: Array, gray: Array) -> tuple[Array, Array]:
    """Difference and mean of two hues (radians), the short way round; where one is gray, 0 and the other's hue."""
    step = h2 - h1
    far = np.abs(step) > np.pi
    difference = np.where(far, step - np.copysign(2 * np.pi, step), step)
    total = h1 + h2
    mean = np.where(far, total / 2 + np.copysign(np.pi, 2 * np.pi - total), total / 2)
    return np.where(gray, 0, difference), np.where(gray, total, mean)


def _hue_weight(h: Array) -> Array:
    weight: Array = (
        1
        - 0.17 * np.cos(h - np.pi / 6)
        + 0.24 * np.cos(2 * h)
        + 0.32 * np.cos(3 * h + np.pi / 30)
        - 0.20 * np.cos(4 * h - np.pi * 63 / 180)
    )
    return weight


def _rotation(C: Array, h: Array) -> Array:
    """How far chroma and hue differences pull on each other, in the blues (around 275 degrees)."""
    angle = np.pi / 3 * np.exp(-np.square((h * (180 / np.pi) - 275) / 25))
    return -2 * _saturation(C) * np.sin(angle)


def colorfulness(rgb: Array) -> float:
    """How colourful an sRGB picture (H, W, 3) uint8 looks: 0 for gray, about 60 for "quite", 109 for "extremely".

    Source: Hasler and Suesstrunk 2003, "Measuring colourfulness in natural images", the measure M3.
    """
    red, green, blue = np.moveaxis(rgb.astype(np.float64), -1, 0)
    opponents = red - green, (red + green) / 2 - blue
    spread = np.hypot(*(axis.std() for axis in opponents))
    return float(spread + 0.3 * np.hypot(*(axis.mean() for axis in opponents)))


def chroma_leak(rgb: Array, mask: Array) -> float:
    """Mean chroma (a*b* units) of sRGB pixels (H, W, 3) uint8 where mask (H, W) uint8 is 0; 0 where it nowhere is.

    It tells how much colour a selective colouring leaves on what should be gray.
    """
    _same_shape(rgb[..., 0], mask)
    outside = lab.split(rgb)[1][mask == 0]
    return float(np.hypot(outside[:, 0], outside[:, 1]).mean(dtype=np.float64)) if len(outside) else 0.0
