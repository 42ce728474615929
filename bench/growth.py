"""How time grows with pixels and with the number of photographs: python bench/growth.py [--quick] [--chart growth.svg].

One `handtint tint` on a JPEG of 1 to 200 megapixels, and one on a folder of 1 to 64 photographs of 2 megapixels, each
in a process of its own with one thread. Prints the CPU time in seconds (user and system, the least of several rounds);
the straight line that fits it, which is a fixed cost and a cost of each megapixel or photograph; and the exponent that
fits best if growth is not held to be in proportion, which is 1. --quick: fewer and smaller ones.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from numpy.typing import NDArray

from parts import SPENT, TINT, photograph

Figures = NDArray[np.float64]
SIZES, QUICK_SIZES = (1, 2, 4, 8, 16, 32, 64, 100, 150, 200), (1, 2, 4, 8)
COUNTS, QUICK_COUNTS = (1, 2, 4, 8, 16, 32, 64), (1, 2, 4)
EACH = 2.0  # megapixels of a photograph in a folder


def spent(source: Path, folder: Path, rounds: int) -> float:
    """The CPU seconds of `handtint tint` on a file or folder, the least of all rounds."""
    found = []
    for n in range(rounds):
        call = [
            sys.executable,
            "-c",
            TINT,
            "tint",
            str(source),
            "-o",
            str(folder / f"out-{source.stem}-{n}"),
            "--threads",
            "1",
        ]
        line = subprocess.run([sys.executable, "-c", SPENT, *call], check=True, capture_output=True, text=True).stdout
        found.append(float(line.splitlines()[-1].split()[0]))
    return min(found)


def of_pixels(size: float, folder: Path) -> Path:
    """A JPEG of so many megapixels."""
    path = folder / f"{size:g}.jpg"
    cv2.imwrite(str(path), photograph(size))
    return path


def of_photos(count: float, folder: Path) -> Path:
    """A folder of so many JPEGs, no two alike."""
    home = folder / f"{count:g} photos"
    home.mkdir()
    picture = photograph(EACH)
    for n in range(int(count)):
        cv2.imwrite(str(home / f"{n:04}.jpg"), np.roll(picture, n, axis=1))
    return home


def measured(title: str, sizes: Sequence[float], make: Callable[[float, Path], Path], rounds: int) -> Figures:
    """The seconds of each size, printed as they come."""
    print(f"\n| {title} | CPU s |\n| ---: | ---: |")
    times = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            times.append(spent(make(size, Path(folder)), Path(folder), rounds))
        print(f"| {size:g} | {times[-1]:.2f} |", flush=True)
    return np.array(times)


def fitted(sizes: Sequence[float], times: Figures, exponent: float = 1.0) -> tuple[float, float, float]:
    """(fixed seconds, seconds each, relative error) of the times as fixed + each * sizes**exponent, in the mean."""
    rows = np.stack([np.ones_like(times), np.array(sizes, float) ** exponent], axis=1) / times[:, None]
    (fixed, each), *_ = np.linalg.lstsq(rows, np.ones_like(times), rcond=None)
    return float(fixed), float(each), float(np.sqrt(np.mean((rows @ (fixed, each) - 1) ** 2)))


def exponent(sizes: Sequence[float], times: Figures) -> float:
    """The exponent, 0.5 to 2, that fits best."""
    return float(min(np.arange(0.5, 2.01, 0.01), key=lambda power: fitted(sizes, times, power)[2]))


def drawn(results: Sequence[tuple[str, Sequence[float], Figures, tuple[float, float, float]]], path: Path) -> None:
    """Write the chart: points measured, and the lines that fit."""
    with rc_context({"svg.hashsalt": "handtint"}):
        figure = Figure(figsize=(9.6, 3.8), layout="constrained")
        for n, (title, sizes, times, (fixed, each, _)) in enumerate(results, 1):
            axes = figure.add_subplot(1, len(results), n)
            along = np.array([0, sizes[-1]])
            axes.plot(along, fixed + each * along, color="#999999", label=f"{fixed:.2f} s + {1000 * each:.0f} ms each")
            axes.plot(sizes, times, "o", color="#1f5f8b", label="measured")
            axes.set(xlabel=title, ylabel="CPU seconds", xlim=(0, None), ylim=(0, 1.1 * times.max()))
            axes.legend(frameon=False)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main() -> None:
    """Measure, print, and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=0, help="of each; 3, or 1 with --quick")
    parser.add_argument("--chart", type=Path, help="an SVG or PNG file")
    asked = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "VIPS_CONCURRENCY": "1"}
    rounds = asked.rounds or (1 if asked.quick else 3)
    works = (
        ("megapixels", QUICK_SIZES if asked.quick else SIZES, of_pixels),
        ("photographs of 2 megapixels", QUICK_COUNTS if asked.quick else COUNTS, of_photos),
    )
    results = []
    for title, sizes, make in works:
        times = measured(title, sizes, make, rounds)
        fit = fitted(sizes, times)
        print(f"\n{title}: {fit[0]:.2f} s, and {1000 * fit[1]:.0f} ms each, within {fit[2]:.1%}", end="")
        print(f"; the exponent that fits best is {exponent(sizes, times):.2f}")
        results.append((title, sizes, times, fit))
    if asked.chart:
        drawn(results, asked.chart)


if __name__ == "__main__":
    main()
