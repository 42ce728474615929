"""What each fault of an old photograph costs: python bench/degrade.py SHARD... --masks SHARD [--limit N].

Held-out photographs are made gray and damaged (handtint.evaluate.damage), then coloured, and their masks found, with
the gain off and automatic. Printed, as tables in Markdown, are the mean absolute errors of a* and b* and their mean's
change against sound photographs (protocol `lab`), the foreground's mean IoU, the mIoU of the classes, and their
changes; then what the automatic gain wins and loses for each kind.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

import numpy as np

from handtint.data import ground_truth, labels, sources
from handtint.evaluate.damage import KINDS, damaged
from handtint.evaluate.masks import MaskScores
from handtint.evaluate.protocols import LabProtocol
from handtint.image.color import lab
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
        L, ab = lab.split(ground_truth.rgb(item))
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
    for name, rgb, classes, front in ground_truth.masks(pairs):
        photo = Photo(damaged(lab.lightness(rgb), kind, name=name))
        account.add(*tinter.label(photo, gain=gain), classes, front, name=name)
    scores = account.scores()
    return scores["foreground"]["iou_mean"], scores["miou"]


@dataclass(frozen=True, slots=True)
class Row:
    """The scores of one kind of damage at one gain: error of colour (lower is better), IoUs of masks (higher)."""

    a: float
    b: float
    foreground: float = 0.0
    classes: float = 0.0

    @property
    def error(self) -> float:
        """The mean of both channels' errors."""
        return (self.a + self.b) / 2


def line(kind: str, gain: str, row: Row, sound: Row, masked: bool) -> str:
    """A row of the table in Markdown: scores, and their change against sound photographs."""
    cells = [kind, gain, f"{row.a:.4f}", f"{row.b:.4f}", f"{row.error / sound.error - 1:+.1%}"]
    if masked:
        cells += [f"{row.foreground:.3f}", f"{row.foreground - sound.foreground:+.3f}"]
        cells += [f"{row.classes:.3f}", f"{row.classes - sound.classes:+.3f}"]
    return f"| {' | '.join(cells)} |"


def verdict(kind: str, off: Row, auto: Row, masked: bool) -> str:
    """What the automatic gain is worth for one kind of damage, losses as plainly as wins."""
    cells = [kind, _marked(auto.error / off.error - 1, -1, "{:+.2%}")]
    if masked:
        cells += [_marked(auto.foreground - off.foreground, 1, "{:+.4f}")]
        cells += [_marked(auto.classes - off.classes, 1, "{:+.4f}")]
    return f"| {' | '.join(cells)} |"


def _marked(change: float, better: int, form: str) -> str:
    return f"{form.format(change)} {'same' if change == 0 else 'wins' if change * better > 0 else 'loses'}"


def table(heads: list[str]) -> None:
    """The head of a table in Markdown."""
    print(f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", sep="\n", flush=True)


def main() -> None:
    """Print a line for each kind of damage and gain, then what the gain is worth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", help="folders or shards of colour photographs")
    parser.add_argument("--masks", nargs="+", default=[], help="folders or shards of photographs with masks")
    parser.add_argument("--limit", type=int, default=150)
    parser.add_argument("--kind", action="append", choices=KINDS, help="default: all")
    args = parser.parse_args()
    photos = some(sources.split(sources.open_sources(args.sources))[1], args.limit)
    pairs = labels.mask_pairs(sources.open_sources(args.masks)) if args.masks else []
    pairs = some([pair for pair in pairs if sources.held_out(pair[0])], args.limit)
    tinter, rows = Tinter(), dict[tuple[str, str], Row]()
    print(f"{len(photos)} photographs, {len(pairs)} with masks\n")
    scores = ["a* MAE", "b* MAE", "change", *(["foreground IoU", "change", "mIoU", "change"] if pairs else [])]
    table(["photographs", "gain", *scores])
    kinds = list(dict.fromkeys(["sound", *(args.kind or KINDS)]))
    for kind in kinds:
        for gain in GAINS:
            mask_scores = masks(tinter, pairs, kind, gain) if pairs else (0.0, 0.0)
            rows[kind, gain] = Row(*colour(tinter, photos, kind, gain), *mask_scores)
            print(line(kind, gain, rows[kind, gain], rows["sound", "off"], bool(pairs)), flush=True)
    print("\n`--gain auto` against `off`:\n")
    table(["photographs", "colour error", *(["foreground IoU", "mIoU"] if pairs else [])])
    for kind in kinds:
        print(verdict(kind, rows[kind, "off"], rows[kind, "auto"], bool(pairs)))


if __name__ == "__main__":
    main()
