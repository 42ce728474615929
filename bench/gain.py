"""What the gain is worth on faded and saturated photographs: python bench/gain.py DIR|SHARD... [--limit N].

The held-out photographs are faded (lightness squeezed into 35..75 and 20..60) or saturated (lightness times 1.3 and
1.6, clipped), coloured with the gain off and with the automatic one, and the predicted a*b* compared with the truth.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from handtint.colorizer import colorize
from handtint.data import ground_truth, sources
from handtint.evaluate.protocols import LabProtocol
from handtint.image.color import lab
from handtint.types import Engine, Float
from handtint.zoo import find

DAMAGE: dict[str, Callable[[Float], Float]] = {
    "sound": lambda L: L,
    "faded to 35..75": lambda L: 35 + L * np.float32(0.40),
    "faded to 20..60": lambda L: 20 + L * np.float32(0.40),
    "faded to 50..90": lambda L: 50 + L * np.float32(0.40),
    "saturated x 1.3": lambda L: np.minimum(L * np.float32(1.3), 100),
    "saturated x 1.6": lambda L: np.minimum(L * np.float32(1.6), 100),
}


def main() -> None:
    """Print one line for each kind of damage and gain."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--limit", type=int, default=150)
    args = parser.parse_args()
    _, held_out = sources.split(sources.open_sources(args.sources))
    photos = [lab.split(ground_truth.rgb(item)) for item in held_out[:: max(1, len(held_out) // args.limit)]]
    engine = find("handtint", "color").engine()
    print(f"{len(photos)} photographs; a MAE, b MAE, a MSE, b MSE")
    for name, damage in DAMAGE.items():
        for gain, factor in (("off", 1.0), ("auto", None)):
            print(f"{name:18} gain {gain:5}", *(f"{v:.4f}" for v in scores(photos, damage, factor, engine)))


def scores(
    photos: list[tuple[Float, Float]], damage: Callable[[Float], Float], gain: float | None, engine: Engine
) -> list[float]:
    """MAE of a and b, MSE of a and b."""
    account = LabProtocol()
    for L, ab in photos:
        gray = lab.gray(damage(L))
        planes = colorize(gray, engine, side=256, gain=gain).planes(lab.lightness(gray) / 100, 0, len(gray))
        account.add(np.stack(planes, axis=-1), ab)
    values = account.scores()
    return [values[channel][metric] for metric in ("mae", "mse") for channel in "ab"]


if __name__ == "__main__":
    main()
