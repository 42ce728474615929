"""What looking longer is worth: python bench/effort.py --colour DIR|SHARD... --masks DIR|SHARD... [--limit N].

The held-out photographs, gray, coloured and segmented at several sides of what the networks see, once or with the
mean of a mirrored look too. Printed beside the errors is the processor's time of a look in one thread, the least of
all photographs. The choices of `--effort` are made from it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from handtint.colorizer import colorize
from handtint.data import ground_truth, sources
from handtint.data.labels import mask_pairs
from handtint.evaluate.masks import evaluate_masks
from handtint.evaluate.metrics import colorfulness
from handtint.evaluate.protocols import LabProtocol
from handtint.image.color import blend, lab
from handtint.image.masks import masks
from handtint.image.photo import Photo
from handtint.networks import Mirrored
from handtint.segmenter import segment
from handtint.types import Array, Engine, Float
from handtint.zoo import find

COLOUR = ((160, False), (192, False), (256, False), (320, False), (320, True))
MASKS = ((224, False), (288, False), (288, True))


def timed(work: Callable[[], Any], times: list[float]) -> Any:
    """What the work gives; its milliseconds of the processor are added to the times."""
    start = time.process_time()
    answer = work()
    times.append(1000 * (time.process_time() - start))
    return answer


def colours(photos: Sequence[Array], engine: Engine, side: int) -> str:
    """The figures of one choice, as cells of a table."""
    account, vivid, times = LabProtocol(), np.zeros(2), []  # type: ignore[var-annotated]
    for rgb in photos:
        gray = lab.gray(lab.lightness(rgb))
        lines = timed(lambda gray=gray: colorize(gray, engine, side=side), times)  # type: ignore[misc]
        out = blend.over(gray, lines, None, backdrop="gray")
        account.add(lab.split(out)[1], lab.split(rgb)[1])
        vivid += (colorfulness(out), colorfulness(rgb))
    scores = account.scores()
    errors = " / ".join(f"{scores[channel]['mae']:.4f}" for channel in "ab")
    return f"{min(times):.0f} | {errors} | {vivid[0] / vivid[1]:.2f}"


def outlines(samples: Callable[[], Iterator[Any]], engine: Engine, side: int) -> str:
    """The same of masks."""
    times: list[float] = []

    def label(photo: Photo) -> tuple[Array, Float]:
        found = timed(lambda: segment(photo.pixels, engine, side=side), times)
        alpha = masks.refine(masks.clean(found.foreground), photo.pixels)
        return masks.label(found, photo.size), alpha.astype(np.float32) / 255

    scores = evaluate_masks(samples(), label, on=("gray",))["gray"]
    return f"{min(times):.0f} | {scores['foreground']['iou_mean']:.3f} | {scores['miou']:.3f}"


def chosen(items: Sequence[Any], limit: int) -> Sequence[Any]:
    """So many of them, evenly."""
    return items[:: max(1, len(items) // limit)][:limit]


def main() -> None:
    """Print two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--colour", nargs="*", default=[])
    parser.add_argument("--masks", nargs="*", default=[])
    parser.add_argument("--limit", type=int, default=200)
    asked = parser.parse_args()
    if asked.colour:
        held_out = sources.split(sources.open_sources(asked.colour))[1]
        photos = [ground_truth.rgb(item) for item in chosen(held_out, asked.limit)]
        engine = find("handtint", "color").engine(threads=1)
        print(f"\n| {len(photos)} photographs | CPU ms | a / b MAE | colourfulness |\n| --- | --- | --- | --- |")
        for side, mirrored in COLOUR:
            row = colours(photos, Mirrored(engine) if mirrored else engine, side)
            print(f"| colours at {side}{', mirrored too' if mirrored else ''} | {row} |", flush=True)
    if asked.masks:
        pairs = [pair for pair in mask_pairs(sources.open_sources(asked.masks)) if sources.held_out(pair[0])]
        some = chosen(pairs, asked.limit)
        engine = find("handtint-mask", "mask").engine(threads=1)
        print(f"\n| {len(some)} photographs | CPU ms | foreground IoU | mIoU |\n| --- | --- | --- | --- |")
        for side, mirrored in MASKS:
            row = outlines(lambda: ground_truth.masks(some), Mirrored(engine) if mirrored else engine, side)
            print(f"| masks at {side}{', mirrored too' if mirrored else ''} | {row} |", flush=True)


if __name__ == "__main__":
    main()
