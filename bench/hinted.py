"""A sheet of photographs before and after hints: python bench/hinted.py --out sheet.jpg PHOTO HINT... PHOTO HINT...

Each argument that is a file is a photograph, and those after it are its hints, as `--hint` takes them. A line of the
sheet has the gray photograph, the predicted colours, and the colours with hints; points are marked in their colours.
Prints what each hint changes: the share of the photograph by more than 2 in a*b*, and the notes.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from handtint import figures
from handtint.image.color import lab
from handtint.image.photo import Photo
from handtint.keep import parse_hint
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.session import Edit, Session
from handtint.types import Array

OPTIONS = Options(keep="all", provenance=False)


def grouped(words: Sequence[str]) -> list[tuple[Path, tuple[str, ...]]]:
    """Photographs with their hints."""
    found: list[tuple[Path, tuple[str, ...]]] = []
    for word in words:
        if Path(word).is_file():
            found.append((Path(word), ()))
        else:
            found[-1] = found[-1][0], (*found[-1][1], word)
    return found


def marked(pixels: Array, hints: Sequence[str]) -> Array:
    """A copy of pixels (H, W, 3) with a ring at each point, filled with the colour that was told."""
    out, radius = np.ascontiguousarray(pixels), max(3, round(max(pixels.shape) / 60))
    for hint in map(parse_hint, hints):
        if hint.point:
            at = (
                int(hint.point.x.share(out.shape[1]) * out.shape[1]),
                int(hint.point.y.share(out.shape[0]) * out.shape[0]),
            )
            cv2.circle(out, at, radius, (255, 255, 255), -1, cv2.LINE_AA)
            cv2.circle(out, at, round(0.7 * radius), hint.rgb, -1, cv2.LINE_AA)
    return out


def line(tinter: Tinter, path: Path, hints: tuple[str, ...], screen: int) -> tuple[str, list[Array]]:
    """A photograph's name and its three pictures."""
    session = Session(tinter, Photo.read(path))
    shown = [
        session.preview(Edit(options=replace(OPTIONS, hint=hints[:n])), screen=screen) for n in range(len(hints) + 1)
    ]
    ab = [lab.split(result.photo.pixels)[1] for result in shown]
    for hint, result, before, after in zip(hints, shown[1:], ab, ab[1:], strict=False):
        changed = float((np.linalg.norm(after - before, axis=2) > 2).mean())
        print(f"{path.name:24} {hint:24} {changed:4.0%} {result.note}", flush=True)
    before, after = (result.photo.pixels for result in (shown[0], shown[-1]))
    gray = np.repeat(lab.gray(lab.lightness(before))[..., None], 3, axis=2)
    return path.stem, [marked(gray, hints), before, after]


def main() -> None:
    """Draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="+", metavar="PHOTO|HINT")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--side", type=int, default=300)
    parser.add_argument("--columns", type=int, default=2, help="photographs beside one another")
    asked = parser.parse_args()
    tinter = Tinter()
    lines = [line(tinter, path, hints, 2 * asked.side) for path, hints in grouped(asked.words)]
    panels = [figures.sheet(tiles, 3, side=asked.side) for _, tiles in lines]
    Photo(figures.sheet(panels, asked.columns, side=figures.MAX_SIDE)).write(asked.out, quality=85)


if __name__ == "__main__":
    main()
