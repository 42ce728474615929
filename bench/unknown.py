"""Where the error of colours lies: python bench/unknown.py DIR|SHARD... [--limit N].

Of held-out photographs, what would be left of it if something about each one were known that its gray copy does not
tell: how saturated it is, its mean colour, the mean colour of each of its parts. And the same figures of as many
photographs that were trained on: how much was learned by heart. Protocol `lab`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import cv2
import numpy as np

from handtint.colorizer import colorize
from handtint.data import ground_truth, sources
from handtint.data.augment import squash
from handtint.evaluate.protocols import LabProtocol
from handtint.image.color import blend, lab
from handtint.types import Engine, Float
from handtint.zoo import find

SIDE = 224
Known = Callable[[Float, Float], Float]  # predicted and true a*b* (h, w, 2) -> the better prediction


def main() -> None:
    """Print one line for each thing known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--model", default="handtint")
    args = parser.parse_args()
    parts = dict(zip(("trained on", "held out"), sources.split(sources.open_sources(args.sources)), strict=True))
    engine = find(args.model, "color").engine()
    ab = {name: [pair(item, engine) for item in spread(items, args.limit)] for name, items in parts.items()}
    print(f"{len(ab['held out'])} photographs; a MAE, b MAE, a MSE, b MSE")
    for name, pairs in ab.items():
        score(f"{name}, no colour at all", pairs, lambda ours, _: np.zeros_like(ours))
        score(name, pairs, lambda ours, _: ours)
    score("its saturation known", ab["held out"], saturated)
    for n in (1, 2, 4, 8):
        score("its mean colour known" if n == 1 else f"those of {n} x {n} parts", ab["held out"], parted(n))


def spread(items: list[sources.Item], limit: int) -> list[sources.Item]:
    """So many of them, from the first to the last."""
    return items[:: max(1, len(items) // limit)][:limit]


def pair(item: sources.Item, engine: Engine) -> tuple[Float, Float]:
    """Predicted and true a*b* (SIDE, SIDE, 2) of a photograph, its aspect given up."""
    truth = squash(ground_truth.rgb(item), SIDE)
    gray = lab.gray(lab.lightness(truth))
    ours = blend.over(gray, colorize(gray, engine, side=SIDE, gain=1.0), None, backdrop="gray")
    return lab.split(ours)[1], lab.split(truth)[1]


def saturated(ours: Float, truth: Float) -> Float:
    """The prediction times the factor that fits the truth best."""
    return ours * np.float32(max(0.0, (ours * truth).sum() / max(float((ours * ours).sum()), 1e-6)))


def parted(n: int) -> Known:
    """The prediction with the mean error of each of n x n parts taken away, smoothly in between."""

    def known(ours: Float, truth: Float) -> Float:
        missing = cv2.resize(truth - ours, (n, n), interpolation=cv2.INTER_AREA)
        return ours + cv2.resize(missing, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR).reshape(ours.shape)

    return known


def score(name: str, pairs: list[tuple[Float, Float]], known: Known) -> None:
    """Print the figures with one thing known."""
    account = LabProtocol()
    for ours, truth in pairs:
        account.add(known(ours, truth), truth)
    scores = account.scores()
    print(f"{name:28}", *(f"{scores[channel][metric]:.4f}" for metric in ("mae", "mse") for channel in "ab"))


if __name__ == "__main__":
    main()
