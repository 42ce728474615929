"""The colours of a photo under a warmer or cooler light."""

from __future__ import annotations

import numpy as np

from handtint.image.arrays.resize import GuidedCoefficients

WARM = (4.0, 16.0)  # a*, b* that the warmest light adds to a gray of L* 50: from daylight to late afternoon


def apply_warmth(colors: GuidedCoefficients, warmth: float) -> GuidedCoefficients:
    """Guided coefficients from L in 0..1 to a*b*, changed to a warmer light.

    warmth: -1 (blue shade) to 1 (evening sun). The change of a* and b* is proportional to L* + 16: black stays black.
    """
    slope = np.array(WARM, np.float32) * np.float32(warmth * 100 / 66)
    return GuidedCoefficients(colors.slope + slope, colors.offset + slope * np.float32(0.16))
