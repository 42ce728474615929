"""How well the parts of people are told apart: python bench/people.py PAIRS [--limit N] [--all] [--record].

PAIRS is what `handtint label ... --garments` wrote. Of the photographs that training leaves out, made gray: IoU of
skin, hair and clothes, by the network alone (with its own background), and inside the true outline of the person,
as `person.skin` and the like use it.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import cv2
import numpy as np

from handtint import zoo
from handtint.data.ground_truth import rgb
from handtint.data.labels import mask_pairs
from handtint.data.part_pairs import part_labels
from handtint.data.sources import held_out, open_sources
from handtint.image.color import lab
from handtint.image.color.view import network_view
from handtint.types import PARTS, VOID, Array, Engine, Float
from handtint.weights import record

KINDS = 1 + len(PARTS)


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs")
    parser.add_argument("--limit", type=int, default=1000)
    parser.add_argument("--all", action="store_true", help="the photographs that were trained on, too")
    parser.add_argument("--model", default="handtint-parts")
    parser.add_argument("--record", action="store_true", help="put the scores into the package's record")
    args = parser.parse_args()
    model = zoo.find(args.model, "parts")
    engine = model.engine()
    pairs = [p for p in mask_pairs(open_sources([args.pairs])) if args.all or held_out(p[0])][: args.limit]
    alone, inside = (np.zeros((KINDS, KINDS), np.int64) for _ in range(2))
    for photo, file in pairs:
        truth = part_labels(file)
        logits = predicted(lab.gray(lab.lightness(rgb(photo))), engine, model.side, truth.shape)
        alone += confusion(truth, logits.argmax(axis=0))
        inside += confusion(truth, np.where(truth > 0, 1 + logits[1:].argmax(axis=0), 0))
    print(f"{len(pairs)} photographs\n\n| IoU | {' | '.join(PARTS)} |\n| --- |{' ---: |' * len(PARTS)}")
    for name, counts in (("by the network alone", alone), ("inside the true outline", inside)):
        print(f"| {name} | {' | '.join(f'{value:.3f}' for value in iou(counts)[1:])} |")
    if args.record:
        scores = {f"{part} iou": round(float(value), 3) for part, value in zip(PARTS, iou(inside)[1:], strict=True)}
        record(args.model, replace(model.weights, measured="python bench/people.py PAIRS", scores=scores))


def predicted(gray: Array, engine: Engine, side: int, size: tuple[int, ...]) -> Float:
    """Logits (4, h, w) at the given size."""
    L, x = network_view(gray, side, None)
    logits = engine.run(x)[0][0]
    h, w = (n * own // whole for n, own, whole in zip(logits.shape[1:], L.shape, x.shape[2:], strict=True))
    return np.stack([cv2.resize(np.ascontiguousarray(plane[:h, :w]), size[::-1]) for plane in logits])


def confusion(truth: Array, found: Array) -> Array:
    """How many pixels of each kind were taken for each."""
    known = truth != VOID
    return np.bincount(KINDS * truth[known].astype(int) + found[known], minlength=KINDS**2).reshape(KINDS, KINDS)


def iou(counts: Array) -> Float:
    """IoU of each kind."""
    hits = counts.diagonal()
    return (hits / np.maximum(counts.sum(axis=0) + counts.sum(axis=1) - hits, 1)).astype(np.float32)


if __name__ == "__main__":
    main()
