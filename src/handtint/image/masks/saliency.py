"""Saliency without a network, the last resort for finding a subject."""

from __future__ import annotations

import cv2
import numpy as np

from handtint.types import Float

SIDE = 64  # the method works on a small picture, whatever the photo's size
FLAT = 1.5  # L*: a photo that varies less has nothing that stands out
BLUR = 3.0  # pixels at SIDE
CALM = 3.5  # pixels at SIDE: what stands out is shown as few whole regions rather than many ragged ones
CENTRE = 0.45  # how wide around the middle subjects stand, as a share of a side


def saliency(L: Float) -> Float:
    """The saliency (SIDE, SIDE) 0..1 of each part of L* (h, w) 0..100; all zero for a flat photo.

    It is the mean of two simple measures, weighted towards the middle, where subjects usually are. The spectral
    residual (Hou and Zhang 2007), the difference of a picture's spectrum from the smooth one common to all pictures,
    finds outlines and small objects; the difference of lightness from that along the picture's frame fills them.
    """
    small = cv2.resize(L, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    if float(small.std()) < FLAT:
        return np.zeros((SIDE, SIDE), np.float32)
    both = cv2.GaussianBlur(_level(_residual(small)) + _level(_contrast(small)), (0, 0), CALM) * _centre()
    least = float(both.mean() + 0.5 * both.std())
    return np.clip(np.float32(0.5) + (both - least) / max(float(both.max()) - least, 1e-6), 0, 1).astype(np.float32)


def _residual(small: Float) -> Float:
    spectrum = np.fft.fft2(small)
    power = np.log(np.abs(spectrum) + 1e-6)
    residual = power - cv2.blur(power, (3, 3))
    energy = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    return cv2.GaussianBlur(energy.astype(np.float32), (0, 0), BLUR)


def _contrast(small: Float) -> Float:
    frame = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    levels = np.percentile(frame, (10, 30, 50, 70, 90)).astype(np.float32)
    smooth = cv2.GaussianBlur(small, (0, 0), BLUR / 2)
    return np.abs(smooth[..., None] - levels).min(axis=2)


def _level(values: Float) -> Float:
    """Values scaled to 0..1, where 1 is two standard deviations above their mean, and more."""
    return np.clip(values / max(float(values.mean() + 2 * values.std()), 1e-6), 0, 1).astype(np.float32)


def _centre() -> Float:
    line = np.exp(-0.5 * (np.linspace(-1, 1, SIDE) / (2 * CENTRE)) ** 2)
    return np.outer(line, line).astype(np.float32)
