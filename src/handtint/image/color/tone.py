"""The kind of a photograph (gray, toned, colour), and the gain that adjusts faded or saturated ones for networks.

The gain is applied only to the networks' input: the output keeps the photo's own lightness. The 2022 report describes
it ("adjusting the gain of the original photo before feeding it into the network") for saturated skies.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from handtint.image.arrays import large
from handtint.image.color import lab
from handtint.types import Array, Float, Pixels

Kind = Literal["gray", "toned", "color"]
GRAY_CHROMA = 3.0  # 99 % of a gray picture's pixels have less chroma
TONED_DEVIATION = 2.8  # a*b* of a toned picture deviate less than this from the tone of their lightness
TONE_LEVELS = 16  # levels of lightness, each with its own tone
DARK = 20.0  # L*: the maximum of photos that use only some of their bits; with 12 of 16 it is 4.6 at most
_PERCENTILES = (0.1, 99.9)  # values that become black and white
_MAX_SAMPLES = 1 << 20  # values from which percentiles are computed


class Adjustment(NamedTuple):
    """A linear adjustment of L*: target + (L - low) * gain."""

    gain: float
    low: float
    target: float


NO_ADJUSTMENT = Adjustment(1.0, 0.0, 0.0)


def kind(pixels: Array) -> Kind:
    """Gray, toned (sepia, cyanotype, a yellowed print) or in colour; pixels: a small sRGB picture.

    A tone is one colour for each lightness. The deviation of a*b* from it is below 2.8 in toned prints saved as JPEG,
    and above it in 99 % of colour photographs: `python bench/kinds.py` prints both.
    """
    if pixels.ndim == 2:
        return "gray"
    L, ab = lab.split(pixels)
    flat = ab.reshape(-1, 2)
    if np.percentile(np.hypot(flat[:, 0], flat[:, 1]), 99) < GRAY_CHROMA:
        return "gray"
    return "toned" if deviation_from_tone(L.ravel(), flat) < TONED_DEVIATION else "color"


def deviation_from_tone(L: Float, ab: Float) -> float:
    """The root mean square deviation of a*b* (n, 2) from the mean a*b* of pixels of the same lightness (n,)."""
    level = np.minimum((L / np.float32(100 / TONE_LEVELS)).astype(np.int64), TONE_LEVELS - 1)
    count = np.maximum(np.bincount(level, minlength=TONE_LEVELS), 1)
    tone = np.stack([np.bincount(level, ab[:, i], minlength=TONE_LEVELS) / count for i in (0, 1)], axis=1)
    return float(np.sqrt(((ab - tone[level]) ** 2).sum(axis=1).mean()))


def apply(L: Float, factor: float | None) -> Float:
    """L* (h, w), 0..100, adjusted for the networks: multiplied by a factor, or by the automatic gain for None."""
    return adjusted(L, adjustment(L, factor))


def automatic(L: Float) -> Float:
    """L* (h, w) 0..100 after the automatic gain, see `adjustment`."""
    return apply(L, None)


def adjusted(L: Float, adjustment: Adjustment) -> Float:
    """L* (h, w), 0..100, with an adjustment applied; the same array if that changes nothing."""
    if adjustment == NO_ADJUSTMENT:
        return L
    gain, low, target = adjustment
    return np.clip(target + (L - low) * gain, 0, 100).astype(np.float32)


def adjustment(L: Float, factor: float | None) -> Adjustment:
    """The adjustment of L* (h, w), 0..100, for the networks: by a factor, or an automatic one for None.

    The automatic one stretches faded photographs and darkens saturated ones slightly. Faded: the 1st percentile of L*
    is above 12, or the 99th below 80; they are stretched to 3 and 95. That includes scans of 12 bits in 16-bit files,
    which are nearly black. Saturated: over 8 % of the picture is blown out (above 98 L*); a gain of 0.9 gives a
    blown-out sky the light gray of usual skies.
    """
    if factor is not None:
        return Adjustment(factor, 0.0, 0.0)
    low, high = (float(v) for v in np.percentile(L, (1, 99)))
    if high - low < (0.5 if high < DARK else 5):
        return NO_ADJUSTMENT
    if low > 12 or high < 80:
        target_low, target_high = min(low, 3.0), max(high, 95.0)
        return Adjustment((target_high - target_low) / (high - low), low, target_low)
    return Adjustment(0.9, 0.0, 0.0) if np.mean(L > 98) > 0.08 else NO_ADJUSTMENT


def stretched(pixels: Pixels) -> Pixels:
    """Pixels (H, W) or (H, W, 3), uint8 or uint16, stretched so that the darkest are black and the lightest white.

    The darkest and the lightest 0.1 % are ignored. All channels are stretched equally, so that hues stay the same. If
    there is nothing to stretch, the same array is returned.
    """
    full = np.iinfo(pixels.dtype).max
    step = max(1, int(np.sqrt(pixels.shape[0] * pixels.shape[1] / _MAX_SAMPLES)))
    low, high = (float(value) for value in np.percentile(pixels[::step, ::step], _PERCENTILES, method="nearest"))
    if low >= high or (low == 0 and high == full):
        return pixels
    table = np.clip(np.rint((np.arange(full + 1) - low) * (full / (high - low))), 0, full).astype(pixels.dtype)
    return large.by_rows(lambda rows: table[rows], (pixels,), large.empty(pixels.shape, pixels.dtype))
