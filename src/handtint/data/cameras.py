"""Spectral sensitivity of old plates and films: lightness computed from other mixtures of red, green and blue light."""

from __future__ import annotations

import numpy as np

from handtint.image.color import lab, srgb
from handtint.types import Array, Float

# Shares of linear red, green and blue in what a material records; each crop mixes one of them with another.
PANCHROMATIC = (0.2126, 0.7152, 0.0722)
FILMS = (
    PANCHROMATIC,
    (0.34, 0.36, 0.30),  # early panchromatic film, more sensitive to red and blue
    (0.02, 0.50, 0.48),  # orthochromatic: blind to red; most films into the 1920s
    (0.00, 0.12, 0.88),  # blue-sensitive: wet plates, and dry plates before about 1906
)


def film(rng: np.random.Generator) -> Float:
    """The spectral sensitivity of a random photographic material: shares of linear R, G and B, (3,) float32, sum 1."""
    first, second = (np.array(FILMS[i]) for i in rng.integers(len(FILMS), size=2))
    return (first + rng.uniform() * (second - first)).astype(np.float32)


def recorded_lightness(pixels: Array, sensitivity: Float) -> Float:
    """The lightness that a material of a given sensitivity records: L* (h, w) float32 0..100.

    pixels: sRGB (h, w, 3) uint8. sensitivity: shares of linear R, G and B, (3,), as `film` returns them.
    """
    linear = srgb.decode_srgb(pixels) @ sensitivity
    return lab.lightness(srgb.encode_srgb(linear))
