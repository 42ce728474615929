"""Milliseconds of each answer of an open photo: what a slider, a click and a download on the page cost.

python bench/session.py [--megapixels 2] [--screens 640 960 1280] [--rounds 9]

Prints the median of the clock and of the processor's time (all threads together) for each: on a machine that is busy
with other things the second is the one to compare. The encoding of the picture for the page is in it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2

from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.session import Edit, Session

SAMPLE = Path(__file__).parents[1] / "examples" / "photos" / "astronaut.jpg"


def photo(megapixels: float) -> Photo:
    """The sample portrait at that size, 5 : 4."""
    picture = cv2.imread(str(SAMPLE), cv2.IMREAD_GRAYSCALE)
    height = (megapixels * 1e6 * 4 / 5) ** 0.5
    return Photo(cv2.resize(picture, (round(height * 5 / 4), round(height)), interpolation=cv2.INTER_CUBIC))


def median(steps: Sequence[Callable[[], object]]) -> dict[str, float]:
    """Of the steps, in milliseconds."""
    clock, processor = [], []
    for step in steps:
        start, used = time.perf_counter(), time.process_time()
        step()
        clock.append(1000 * (time.perf_counter() - start))
        processor.append(1000 * (time.process_time() - used))
    return {"clock": round(statistics.median(clock), 1), "processor": round(statistics.median(processor), 1)}


def sliders(session: Session, screen: int, rounds: int) -> dict[str, dict[str, float]]:
    """Each slider moved, and a place clicked."""

    def shown(**arguments: object) -> Callable[[], object]:
        edit = Edit(options=Options(**arguments))  # type: ignore[arg-type]
        return lambda: session.preview(edit, screen=screen).photo.encode(format="jpeg", quality=88)

    moves = {
        "strength": [shown(strength=0.3 + 0.05 * n) for n in range(rounds)],
        "feather": [shown(feather=float(1 + n)) for n in range(rounds)],
        "background": [shown(background=("gray", "sepia", "dim")[n % 3]) for n in range(rounds)],
        "strength, all kept": [shown(keep="all", strength=0.3 + 0.05 * n) for n in range(rounds)],
        "a place clicked": [shown(keep=f"@{10 + 5 * n}%,40%") for n in range(rounds)],
        "a hint told": [shown(keep="all", hint=f"@{10 + 5 * n}%,40%=navy") for n in range(rounds)],
        "the fifth hint told": [
            shown(keep="all", hint=[f"@{10 + m + 5 * n}%,{20 + 9 * m}%=navy" for m in range(5)]) for n in range(rounds)
        ],
        "gain": [shown(gain=f"1.{n + 1}") for n in range(rounds)],
    }
    shown(keep="all")()
    return {name: median(steps) for name, steps in moves.items()}


def main() -> None:
    """Measure, and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=float, default=2.0)
    parser.add_argument("--screens", type=int, nargs="+", default=[640, 960, 1280])
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    session = Session(Tinter(), photo(asked.megapixels))
    edit = Edit(options=Options())
    results = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "megapixels": asked.megapixels,
        "opening, networks included": median([lambda: session.preview(edit)]),
        "previews": {screen: sliders(session, screen, asked.rounds) for screen in asked.screens},
        "result at full size": median([lambda: session.result(edit)] * 3),
    }
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
