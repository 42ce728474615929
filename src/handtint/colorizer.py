"""Colour prediction: a photo -> guided coefficients from L to a*b*."""

from __future__ import annotations

import cv2
import numpy as np

from handtint import interfaces
from handtint.image.arrays import resize
from handtint.image.color import lab
from handtint.image.color.view import network_view
from handtint.types import Array, Engine, Float

RADIUS, EPSILON = 3, 4e-3  # of the guided filter that enlarges chroma to full size


def colorize(
    pixels: Array,
    engine: Engine,
    *,
    side: int,
    gain: float | None = None,
    square: bool = False,
    interface: str = "",
) -> resize.GuidedCoefficients:
    """The colours predicted for a photo (H, W) or (H, W, 3): guided coefficients from L in 0..1 to a*b*, for any size.

    side, square: the input has about side * side pixels, or exactly these. interface: a key of `interfaces.INTERFACES`
    for a third-party network, "" for handtint's own, whose output has the input's size or an integer fraction of it.
    Raises WeightsError.
    """
    if interface:
        L, ab = interfaces.predict(pixels, engine, interface, gain=gain, side=side)
    else:
        L, ab = _predict(pixels, engine, side=side, gain=gain, square=square)
    return resize.guided_coefficients(L / np.float32(100), ab, radius=RADIUS, epsilon=EPSILON)


def _predict(pixels: Array, engine: Engine, *, side: int, gain: float | None, square: bool) -> tuple[Float, Float]:
    """(L* (h, w) at the input's size, the a*b* (h, w, 2) predicted by handtint's own network)."""
    L, x = network_view(pixels, side, gain, square=square)
    output = engine.run(x)[0][0]
    factor = x.shape[2] // output.shape[1]
    return L, predicted_ab(L, output[:, : L.shape[0] // factor, : L.shape[1] // factor])


def coefficients_of(L: Float, output: Float) -> resize.GuidedCoefficients:
    """The guided coefficients of a network's output (2, h / k, w / k), with L* (h, w), 0..100, as the guide."""
    return resize.guided_coefficients(L / np.float32(100), predicted_ab(L, output), radius=RADIUS, epsilon=EPSILON)


def predicted_ab(L: Float, output: Float) -> Float:
    """The a*b* (h, w, 2) in a network's output (2, h / k, w / k), at the size of L* (h, w)."""
    ab = np.ascontiguousarray(np.moveaxis(output, 0, -1)) * np.float32(lab.AB_SCALE)
    return cv2.resize(ab, L.shape[::-1], interpolation=cv2.INTER_LINEAR)
