"""How much hints of true colours improve a colouring.

The protocol is that of Yun et al. 2023 (iColoriT): photographs of 224 x 224 pixels, true colours of 2 x 2 pixels at
random points. That of Zhang et al. 2017 (Real-Time User-Guided Image Colorization) is similar, with other squares.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from handtint.errors import InputError
from handtint.evaluate.baselines import to_gray
from handtint.evaluate.metrics import psnr
from handtint.evaluate.tables import number, table
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.session import Edit, Session
from handtint.types import Array

COUNTS = (0, 1, 5, 10, 50, 100)
PATCH = 2  # pixels: the side of the square whose mean colour is a hint


class HintEvaluation:
    """Models scored photograph by photograph, with more and more of the true colours as hints."""

    def __init__(self, tinters: Mapping[str, Tinter], options: Options) -> None:
        """tinters: by the name to report. options: of the edit, to which the hints are added."""
        self._tinters, self._options = tinters, options
        self._sums = {label: np.zeros(len(COUNTS)) for label in tinters}
        self._photos = 0

    def add(self, name: str, rgb: Array) -> None:
        """Add one photograph, RGB (H, W, 3) uint8; its name determines its points. Raises WeightsError."""
        hints = true_colors(name, rgb, max(COUNTS))
        for label, tinter in self._tinters.items():
            session = Session(tinter, to_gray(rgb, name=name))
            self._sums[label] += [psnr(self._tint(session, hints[:count]), rgb) for count in COUNTS]
        self._photos += 1

    def _tint(self, session: Session, hints: tuple[str, ...]) -> Array:
        return session.result(Edit(options=replace(self._options, hint=hints))).photo.pixels

    def result(self) -> dict[str, Any]:
        """{"photos", "counts", "psnr": {model: [dB for each count]}}. Raises InputError without photographs."""
        if not self._photos:
            raise InputError("no photographs to evaluate")
        means = {label: [float(v) for v in sums / self._photos] for label, sums in self._sums.items()}
        return {"photos": self._photos, "counts": list(COUNTS), "psnr": means}


def true_colors(name: str, rgb: Array, count: int) -> tuple[str, ...]:
    """`count` hints, each the mean colour of PATCH x PATCH pixels at a random point; the same for the same name."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    height, width = rgb.shape[:2]
    hints = []
    for _ in range(count):
        row, column = (int(rng.integers(side // PATCH)) * PATCH for side in (height, width))
        mean = rgb[row : row + PATCH, column : column + PATCH].reshape(-1, 3).mean(axis=0)
        hints.append(f"@{column},{row}=#{bytes(np.round(mean).astype(np.uint8)).hex()}")
    return tuple(hints)


def hint_parts(results: Mapping[str, Any]) -> list[str]:
    """The parts of Markdown about the result of a `HintEvaluation`."""
    header = ["PSNR in dB with so many colours known", *map(str, results["counts"])]
    rows = [[label, *(number(value, 2) for value in values)] for label, values in results["psnr"].items()]
    rows += [
        [f"{label}: gain", *(number(v - values[0], 2) for v in values)] for label, values in results["psnr"].items()
    ]
    text = (
        f"{results['photos']} photographs; true colours of {PATCH} x {PATCH} pixels at random points, "
        "as in Yun et al. 2023 (iColoriT)."
    )
    return [f"## Hints\n\n{text}", table(header, rows)]
