"""Measures of a picture against the truth: PSNR, SSIM and CIEDE2000 by scikit-image; and its colourfulness.

scikit-image comes with the extra `evaluate`: together with SciPy it is larger than the whole base package.
"""

from __future__ import annotations

import numpy as np
from skimage.color import deltaE_ciede2000
from skimage.metrics import mean_squared_error, structural_similarity

from handtint.errors import InputError
from handtint.types import Array

ROUNDING = 1 / 12  # mean squared error of rounding to 8 bits, in levels squared
_SSIM_RADIUS, _SSIM_SIGMA = 5, 1.5


def psnr(prediction: Array, truth: Array) -> float:
    """Peak signal-to-noise ratio in dB of two uint8 pictures of one shape, over all pixels and channels.

    The squared error is at least 1/12, that of rounding to 8 bits, so that equal pictures score 58.9 dB instead of
    infinity and a mean over photographs stays finite. Raises InputError for two shapes.
    """
    _same_shape(prediction, truth)
    return float(10 * np.log10(255**2 / max(mean_squared_error(truth, prediction), ROUNDING)))


def ssim(prediction: Array, truth: Array) -> float:
    """Structural similarity, -1..1, of two uint8 RGB pictures (H, W, 3): the mean of R, G and B.

    With the Gaussian window of sigma 1.5 cut at 11x11 and population covariance of the paper: Wang, Bovik, Sheikh and
    Simoncelli 2004, "Image quality assessment". The 5 pixels along the border, whose window would leave the picture, do
    not count, except in pictures of fewer than 11 pixels, which are mirrored at the border. Raises InputError for two
    shapes.
    """
    _same_shape(prediction, truth)
    if min(truth.shape[:2]) <= 2 * _SSIM_RADIUS:
        prediction, truth = (np.pad(x, (*[(_SSIM_RADIUS,) * 2] * 2, (0, 0)), "symmetric") for x in (prediction, truth))
    return float(
        structural_similarity(  # type: ignore[no-untyped-call]
            truth,
            prediction,
            channel_axis=2,
            gaussian_weights=True,
            sigma=_SSIM_SIGMA,
            use_sample_covariance=False,
            data_range=255,
        )
    )


def _same_shape(prediction: Array, truth: Array) -> None:
    if prediction.shape != truth.shape:
        raise InputError(f"shape {prediction.shape} of the prediction is not {truth.shape} of the truth")


def ciede2000(L1: Array, ab1: Array, L2: Array, ab2: Array) -> Array:
    """CIEDE2000 colour differences (...), 0 and up, of L* (...) 0..100 and a*b* (..., 2), float32 or float64.

    The result has the inputs' precision; kL = kC = kH = 1.
    Source: Sharma, Wu and Dalal 2005, "The CIEDE2000 color-difference formula: implementation notes".
    """
    first, second = (np.concatenate([L[..., None], ab], axis=-1) for L, ab in ((L1, ab1), (L2, ab2)))
    difference: Array = deltaE_ciede2000(first, second)  # type: ignore[no-untyped-call]
    return difference


def colorfulness(rgb: Array) -> float:
    """How colourful an sRGB picture (H, W, 3) uint8 looks: 0 for gray, about 60 for "quite", 109 for "extremely".

    Source: Hasler and Suesstrunk 2003, "Measuring colourfulness in natural images", the measure M3.
    """
    red, green, blue = np.moveaxis(rgb.astype(np.float64), -1, 0)
    opponents = red - green, (red + green) / 2 - blue
    spread = np.hypot(*(axis.std() for axis in opponents))
    return float(spread + 0.3 * np.hypot(*(axis.mean() for axis in opponents)))
