"""What stands out in a photo when no network finds anything: the last resort for a subject."""

from __future__ import annotations

import cv2
import numpy as np

from handtint.types import Float

SIDE = 64  # the method works on a small picture, whatever the photo's size
FLAT = 1.5  # L*: a photo that varies less has nothing that stands out
BLUR = 3.0  # pixels at SIDE
CENTRE = 0.45  # how wide around the middle subjects stand, as a share of a side


def saliency(L: Float) -> Float:
    """Alpha (SIDE, SIDE) of what stands out in L* (h, w) 0..100; all zero for a flat photo.

    The spectral residual (Hou and Zhang 2007): what a picture's spectrum has beyond the smooth fall that all
    pictures share. Weighted towards the middle, where people put what they photograph.
    """
    small = cv2.resize(L, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    if float(small.std()) < FLAT:
        return np.zeros((SIDE, SIDE), np.float32)
    spectrum = np.fft.fft2(small)
    power = np.log(np.abs(spectrum) + 1e-6)
    residual = power - cv2.blur(power, (3, 3))
    energy = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    smooth = cv2.GaussianBlur(energy, (0, 0), BLUR) * _centre()
    low, high = smooth.mean(), smooth.mean() + 2 * smooth.std()
    return np.clip((smooth - low) / max(high - low, 1e-12), 0, 1).astype(np.float32)


def _centre() -> Float:
    line = np.exp(-0.5 * (np.linspace(-1, 1, SIDE) / (2 * CENTRE)) ** 2)
    return np.outer(line, line).astype(np.float32)
