"""Time and memory of one photograph, JPEG to JPEG, in one process: python bench/megapixels.py [MEGAPIXELS ...].

Each size runs in a process of its own, after one small photo has loaded the networks; the time is the median of
three, the memory the process's peak. The photographs are enlarged samples, so that masks are real.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

SAMPLE = Path(__file__).parents[1] / "examples" / "photos" / "astronaut.jpg"


def measure(megapixels: float, color: bool) -> dict[str, float]:
    """Seconds of decoding, tinting and encoding, and the peak memory in MB."""
    import cv2
    import numpy as np

    from handtint.image.photo import Photo
    from handtint.options import Options
    from handtint.pipeline import Tinter

    small = cv2.imread(str(SAMPLE), cv2.IMREAD_GRAYSCALE)
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    large = cv2.resize(small, (round(height * 4 / 3), height), interpolation=cv2.INTER_CUBIC)
    if color:
        large = np.dstack([large, cv2.multiply(large, 0.8), cv2.multiply(large, 0.6)])
    data = Photo(large).encode(format="jpeg")
    tinter = Tinter()
    tinter.run(Photo(small), Options())
    del large
    times: list[list[float]] = []
    for _ in range(3):
        marks = [time.perf_counter()]
        photo = Photo.read(data)
        marks.append(time.perf_counter())
        result = tinter.run(photo, Options()).photo
        marks.append(time.perf_counter())
        result.encode(format="jpeg")
        marks.append(time.perf_counter())
        times.append([b - a for a, b in itertools.pairwise(marks)])
    decode, tint, encode = (statistics.median(t[i] for t in times) for i in range(3))
    total = statistics.median(sum(t) for t in times)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"decode": decode, "tint": tint, "encode": encode, "total": total, "peak MB": peak}


def main() -> None:
    """Print one line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("megapixels", nargs="*", type=float, default=[3, 12, 48])
    parser.add_argument("--color", action="store_true", help="photographs in colour instead of gray ones")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(args.megapixels[0], args.color)))
        return
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    for size in args.megapixels:
        call = [sys.executable, __file__, "--one", str(size), *(["--color"] if args.color else [])]
        row = json.loads(subprocess.run(call, check=True, capture_output=True, text=True).stdout)
        print(
            f"{size:g} MP: " + ", ".join(f"{k} {v:.0f}" if k == "peak MB" else f"{k} {v:.2f} s" for k, v in row.items())
        )


if __name__ == "__main__":
    main()
