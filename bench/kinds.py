"""How well toned prints are told from colour photographs: python bench/kinds.py DIR|SHARD... [--limit N].

Prints the spread of a*b* around the tone of their lightness for colour photographs and for sepia copies of them that
went through JPEG, and how many of each are taken for what.
"""

from __future__ import annotations

import argparse
from collections import Counter

import numpy as np

from handtint.data import ground_truth, sources
from handtint.image.arrays import resize
from handtint.image.color import lab, tone
from handtint.image.photo import Photo
from handtint.stages import KIND_SIDE
from handtint.types import Array


def main() -> None:
    """Print percentiles and counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--limit", type=int, default=600)
    args = parser.parse_args()
    items = sources.open_sources(args.sources)
    photos = [ground_truth.rgb(item) for item in items[:: max(1, len(items) // args.limit)]]
    for name, pictures in (("colour", photos), ("sepia", [sepia(rgb) for rgb in photos])):
        small = [resize.shrink(p, resize.fit((p.shape[0], p.shape[1]), KIND_SIDE)) for p in pictures]
        spread = [tone.deviation_from_tone(*((L.ravel(), ab.reshape(-1, 2)))) for L, ab in map(lab.split, small)]
        shown = ", ".join(f"{q} %: {np.percentile(spread, q):.2f}" for q in (0, 1, 2, 50, 98, 99, 100))
        print(f"{name}: {dict(Counter(map(tone.kind, small)))}; spread {shown}")


def sepia(rgb: Array) -> Array:
    """A toned copy that has been a JPEG."""
    L = lab.lightness(rgb)
    arch = L * (100 - L)
    toned = lab.join(L, np.stack([arch * np.float32(2e-3) + 2, arch * np.float32(5e-3) + 4], axis=-1))
    return Photo.read(Photo(toned).encode(format="jpeg", quality=70)).pixels


if __name__ == "__main__":
    main()
