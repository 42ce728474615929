"""What each fault of an old photograph costs: python bench/degrade.py SHARD... --masks SHARD [--limit N].

Held-out photographs are made gray and damaged (handtint.evaluate.damage), then coloured, and their masks found, with
the gain off and automatic. Printed are the mean absolute errors of a* and b* and their mean's change against sound
photographs (protocol `lab`), the foreground's mean IoU, the mIoU of the classes, and their changes.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from handtint.data import labels, sources, truths
from handtint.evaluate.damage import KINDS, damaged
from handtint.evaluate.masks import MaskScores
from handtint.evaluate.protocols import LabProtocol
from handtint.image import lab
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter

GAINS = ("off", "auto")


def some(items: list[Any], limit: int) -> list[Any]:
    """At most so many, evenly taken."""
    count = min(limit, len(items))
    return [items[i * len(items) // count] for i in range(count)]


def colour(tinter: Tinter, items: list[sources.Item], kind: str, gain: str) -> tuple[float, float]:
    """MAE of a* and of b*."""
    account = LabProtocol()
    for item in items:
        L, ab = lab.split(truths.rgb(item))
        photo = Photo(damaged(L, kind, name=item.name))
        lines = tinter.run(photo, Options(keep="all", gain=gain, provenance=False)).colors
        assert lines is not None
        planes = lines.planes(lab.lightness(photo.pixels) / np.float32(100), 0, len(L))
        account.add(np.stack(planes, axis=-1), ab)
    scores = account.scores()
    return scores["a"]["mae"], scores["b"]["mae"]


def masks(tinter: Tinter, pairs: list[tuple[sources.Item, sources.Item]], kind: str, gain: str) -> tuple[float, float]:
    """The foreground's mean IoU, and the mIoU of the classes."""
    account = MaskScores()
    for name, rgb, classes, front in truths.masks(pairs):
        photo = Photo(damaged(lab.lightness(rgb), kind, name=name))
        account.add(*tinter.label(photo, gain=gain), classes, front, name=name)
    scores = account.scores()
    return scores["foreground"]["iou_mean"], scores["miou"]


def main() -> None:
    """Print a line for each kind of damage and gain."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", help="folders or shards of colour photographs")
    parser.add_argument("--masks", nargs="+", default=[], help="folders or shards of photographs with masks")
    parser.add_argument("--limit", type=int, default=150)
    parser.add_argument("--kind", action="append", choices=KINDS, help="default: all")
    words = parser.parse_args()
    photos = some(sources.split(sources.open_sources(words.sources))[1], words.limit)
    pairs = labels.mask_pairs(sources.open_sources(words.masks)) if words.masks else []
    pairs = some([pair for pair in pairs if sources.held_out(pair[0])], words.limit)
    tinter, sound = Tinter(), (1.0, 1.0, 1.0)
    print(f"{len(photos)} photographs, {len(pairs)} with masks")
    for kind in dict.fromkeys(["sound", *(words.kind or KINDS)]):
        for gain in GAINS:
            a, b = colour(tinter, photos, kind, gain)
            front, classes = masks(tinter, pairs, kind, gain) if pairs else (0.0, 0.0)
            if (kind, gain) == ("sound", "off"):
                sound = ((a + b) / 2, front, classes)
            falls = (a + b) / 2 / sound[0] - 1, front - sound[1], classes - sound[2]
            found = f"foreground {front:.3f} ({falls[1]:+.3f}), mIoU {classes:.3f} ({falls[2]:+.3f})" if pairs else ""
            print(f"{kind:15} gain {gain:4}  a {a:.4f} b {b:.4f} ({falls[0]:+.1%})  {found}", flush=True)


if __name__ == "__main__":
    main()
