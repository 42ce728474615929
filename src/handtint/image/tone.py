"""What kind of photograph this is, and the gain that helps the networks see a faded or saturated one.

The gain is for the networks' eyes only: the output keeps the photo's own lightness. The 2022 report describes it
("adjusting the gain of the original photo before feeding it into the network") for saturated skies.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from handtint.image import lab
from handtint.types import Array, Float

Kind = Literal["gray", "toned", "color"]


def kind(pixels: Array) -> Kind:
    """Gray, toned (one hue: sepia, cyanotype, a yellowed print) or in colour; pixels a small sRGB picture."""
    if pixels.ndim == 2:
        return "gray"
    _, ab = lab.split(pixels)
    flat = ab.reshape(-1, 2)
    if np.percentile(np.hypot(flat[:, 0], flat[:, 1]), 99) < 3.0:
        return "gray"
    spread = np.linalg.eigvalsh(np.cov(flat, rowvar=False))  # along and across the one hue
    return "toned" if np.sqrt(max(spread[0], 0.0)) < 2.0 and np.sqrt(spread[1]) < 12.0 else "color"


def apply(L: Float, factor: float | None) -> Float:
    """L* (h, w) 0..100 as the networks see it: times the factor, or by `automatic` where it is None."""
    if factor is None:
        return automatic(L)
    return L if factor == 1.0 else np.clip(L * np.float32(factor), 0, 100)


def automatic(L: Float) -> Float:
    """Levels for a faded photograph, a lower gain for a saturated one, the very same L for a sound one.

    Faded: the darkest hundredth lies above 12 L* or the lightest below 80; both are brought half the way and more
    towards 3 and 95. Saturated: over 8 % of the picture is blown out (above 98 L*); a blown sky is white to the
    network, and a gain of 0.9 makes it the light gray that skies are.
    """
    low, high = (float(v) for v in np.percentile(L, (1, 99)))
    if high - low < 5:
        return L
    if low > 12 or high < 80:
        target_low, target_high = min(low, 3.0), max(high, 95.0)
        return np.clip(target_low + (L - low) * ((target_high - target_low) / (high - low)), 0, 100).astype(np.float32)
    if np.mean(L > 98) > 0.08:
        return L * np.float32(0.9)
    return L
