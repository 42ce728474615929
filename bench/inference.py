"""What the choices at inference are worth: python bench/inference.py DIR|SHARD... [--limit N].

Over the held-out photographs, at their own size and aspect: the side the network sees, averaging over a mirrored
view, the guided filter that brings chroma to full size, the strength of colours. Protocol `lab`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from handtint.data import ground_truth, sources
from handtint.evaluate.metrics import colorfulness
from handtint.evaluate.protocols import LabProtocol
from handtint.image.color import blend, lab
from handtint.types import Array, Engine, Float
from handtint.zoo import find


class Mirrored:
    """An engine that answers with the mean of a view and its mirrored copy."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def run(self, x: Float) -> tuple[Float, ...]:
        """As Engine.run."""
        both = self.engine.run(np.concatenate([x, x[..., ::-1]]))
        return tuple(0.5 * (out[:1] + out[1:, ..., ::-1]) for out in both)


def main() -> None:
    """Print one line for each choice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--limit", type=int, default=200)
    args = parser.parse_args()
    _, held_out = sources.split(sources.open_sources(args.sources))
    photos = [ground_truth.rgb(item) for item in held_out[:: max(1, len(held_out) // args.limit)]]
    engine = find("handtint", "color").engine()
    print(f"{len(photos)} photographs; a MAE, b MAE, a MSE, b MSE, colourfulness of the truth's")
    for side in (160, 192, 224, 256, 320):
        score(f"side {side}", photos, lambda gray, side=side: tint(gray, engine, side))
    score("side 256, mirrored too", photos, lambda gray: tint(gray, Mirrored(engine), 256))
    for strength in (1.15, 1.3, 1.5):
        score(f"side 256, strength {strength}", photos, lambda gray, s=strength: tint(gray, engine, 256, strength=s))


def tint(gray: Array, engine: Engine, side: int, *, strength: float = 1.0) -> Array:
    """The gray photo in colour."""
    from handtint.colorizer import colorize

    lines = colorize(gray, engine, side=side, gain=1.0)
    return blend.over(gray, lines, None, backdrop="gray", strength=strength)


def score(name: str, photos: list[Array], predict: Callable[[Array], Array]) -> None:
    """Print the figures of one choice."""
    account, vivid = LabProtocol(), []
    for rgb in photos:
        out = predict(lab.gray(lab.lightness(rgb)))
        account.add(lab.split(out)[1], lab.split(rgb)[1])
        vivid.append((colorfulness(out), colorfulness(rgb)))
    scores = account.scores()
    figures = [scores[channel][metric] for metric in ("mae", "mse") for channel in "ab"]
    ratio = np.sum(vivid, axis=0)
    print(f"{name:26}", *(f"{value:.4f}" for value in figures), f"{ratio[0] / ratio[1]:.2f}")


if __name__ == "__main__":
    main()
