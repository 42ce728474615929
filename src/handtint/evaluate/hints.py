"""How much nearer to the truth a colouring comes with some of the true colours known.

The protocol of Yun et al. 2023 (iColoriT): photographs of 224 x 224 pixels, true colours of 2 x 2 pixels at random
points. That of Zhang et al. 2017 (Real-Time User-Guided Image Colorization) is like it, with squares of other sizes.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from handtint.errors import InputError
from handtint.evaluate.baselines import grayed
from handtint.evaluate.metrics import psnr
from handtint.evaluate.tables import number, table
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.session import Edit, Session
from handtint.types import Array

COUNTS = (0, 1, 5, 10, 50, 100)
PATCH = 2  # pixels: the side of the square whose mean colour is told


class HintEvaluation:
    """Models on photographs of known colours, of which more and more are told, photograph by photograph."""

    def __init__(self, tinters: Mapping[str, Tinter], options: Options) -> None:
        """tinters: by the name to report. options: of the edit, whose hints are added."""
        self._tinters, self._options = tinters, options
        self._sums = {label: np.zeros(len(COUNTS)) for label in tinters}
        self._photos = 0

    def add(self, name: str, rgb: Array) -> None:
        """Take in one photograph, RGB (H, W, 3) uint8; its points follow from its name. Raises WeightsError."""
        hints = true_colors(name, rgb, max(COUNTS))
        for label, tinter in self._tinters.items():
            session = Session(tinter, grayed(rgb, name=name))
            self._sums[label] += [psnr(self._tinted(session, hints[:count]), rgb) for count in COUNTS]
        self._photos += 1

    def _tinted(self, session: Session, hints: tuple[str, ...]) -> Array:
        return session.result(Edit(options=replace(self._options, hint=hints))).photo.pixels

    def result(self) -> dict[str, Any]:
        """{"photos", "counts", "psnr": {model: [dB for each count]}}. Raises InputError without photographs."""
        if not self._photos:
            raise InputError("no photographs to evaluate")
        means = {label: [float(v) for v in sums / self._photos] for label, sums in self._sums.items()}
        return {"photos": self._photos, "counts": list(COUNTS), "psnr": means}


def true_colors(name: str, rgb: Array, count: int) -> tuple[str, ...]:
    """So many hints, each the mean colour of PATCH x PATCH pixels at a random point; the same for the same name."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    height, width = rgb.shape[:2]
    hints = []
    for _ in range(count):
        row, column = (int(rng.integers(side // PATCH)) * PATCH for side in (height, width))
        mean = rgb[row : row + PATCH, column : column + PATCH].reshape(-1, 3).mean(axis=0)
        hints.append(f"@{column},{row}=#{bytes(np.round(mean).astype(np.uint8)).hex()}")
    return tuple(hints)


def hint_parts(results: Mapping[str, Any]) -> list[str]:
    """What was found, as parts of a Markdown page."""
    heads = ["PSNR in dB with so many colours known", *map(str, results["counts"])]
    rows = [[label, *(number(value, 2) for value in values)] for label, values in results["psnr"].items()]
    rows += [
        [f"{label}: gain", *(number(v - values[0], 2) for v in values)] for label, values in results["psnr"].items()
    ]
    about = (
        f"{results['photos']} photographs; true colours of {PATCH} x {PATCH} pixels at random points, "
        "as in Yun et al. 2023 (iColoriT)."
    )
    return [f"## Hints\n\n{about}", table(heads, rows)]
