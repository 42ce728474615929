"""Saliency without a network, used if no other method finds a subject."""

from __future__ import annotations

import cv2
import numpy as np

from handtint.types import Float

SIDE = 64  # pixels: photos are shrunk to this side
MIN_DEVIATION = 1.5  # standard deviation of L*: nothing is salient in a photo that varies less
BLUR = 3.0  # pixels at SIDE
MERGE_BLUR = 3.5  # pixels at SIDE: merges salient parts into few regions
CENTER_WIDTH = 0.45  # width of the distribution of subjects around the centre, relative to a side


def saliency(L: Float) -> Float:
    """The saliency (SIDE, SIDE) 0..1 of each part of L* (h, w) 0..100; all zero for a flat photo.

    It is the mean of two simple measures, weighted towards the centre, where subjects usually are. The spectral
    residual (Hou and Zhang 2007), the difference of a picture's spectrum from the smooth one common to all pictures,
    finds outlines and small objects; the difference of lightness from that along the picture's border fills them.
    """
    small = cv2.resize(L, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    if float(small.std()) < MIN_DEVIATION:
        return np.zeros((SIDE, SIDE), np.float32)
    combined = (
        cv2.GaussianBlur(_normalized(_residual(small)) + _normalized(_contrast(small)), (0, 0), MERGE_BLUR)
        * _center_weight()
    )
    threshold = float(combined.mean() + 0.5 * combined.std())
    return np.clip(
        np.float32(0.5) + (combined - threshold) / max(float(combined.max()) - threshold, 1e-6), 0, 1
    ).astype(np.float32)


def _residual(small: Float) -> Float:
    spectrum = np.fft.fft2(small)
    power = np.log(np.abs(spectrum) + 1e-6)
    residual = power - cv2.blur(power, (3, 3))
    energy = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    return cv2.GaussianBlur(energy.astype(np.float32), (0, 0), BLUR)


def _contrast(small: Float) -> Float:
    border = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    levels = np.percentile(border, (10, 30, 50, 70, 90)).astype(np.float32)
    smooth = cv2.GaussianBlur(small, (0, 0), BLUR / 2)
    return np.abs(smooth[..., None] - levels).min(axis=2)


def _normalized(values: Float) -> Float:
    """Values scaled to 0..1; two standard deviations above their mean become 1."""
    return np.clip(values / max(float(values.mean() + 2 * values.std()), 1e-6), 0, 1).astype(np.float32)


def _center_weight() -> Float:
    line = np.exp(-0.5 * (np.linspace(-1, 1, SIDE) / (2 * CENTER_WIDTH)) ** 2)
    return np.outer(line, line).astype(np.float32)
