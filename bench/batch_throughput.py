"""Photos a second of `handtint tint FOLDER` by the number of worker processes, one thread each.

python bench/batch_throughput.py [--jobs 1 2] [--photos 40] [--megapixels 2] [--engine ray --address HOST:PORT]

The clock runs from the first photos that are done to the last, so that starting is not in it. On a machine that is busy
with other things, look at the processor's seconds a photo instead (starting included): while they stay as they are,
processes do not hinder each other. Prints a table, and JSON with the machine and how busy it was.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import tempfile
import time
from pathlib import Path
from threading import Event

import cv2

from handtint.batch.run import Run, RunConfig
from handtint.options import Options
from handtint.workers.worker import cores

SAMPLES = Path(__file__).parents[1] / "examples" / "photos"


def make(folder: Path, count: int, megapixels: float) -> None:
    """Gray JPEGs of that size, no two alike."""
    pictures = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted(SAMPLES.glob("*.jpg"))]
    folder.mkdir()
    for number in range(count):
        picture = pictures[number % len(pictures)]
        scale = (megapixels * 1e6 / picture.size) ** 0.5
        large = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"{number:04}.jpg"), cv2.flip(large, number // len(pictures) % 2))


def spent() -> float:
    """The processor's seconds that this program and its ended workers have had."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def measure(photos: Path, out: Path, jobs: int, args: argparse.Namespace) -> tuple[float, float]:
    """(photos a second, processor's seconds a photo)."""
    order = RunConfig(
        sources=[str(photos)],
        output=str(out),
        options=Options(keep=args.keep),
        jobs=jobs,
        threads=1,
        engine=args.engine,
        address=args.address,
    )
    ends, before = [], spent()
    with Run(order) as run:
        for outcome in run.outcomes(Event()):
            assert not outcome.error, outcome.error
            ends.append(time.perf_counter())
    warm = 2 * jobs  # the first of each worker load the models
    return (len(ends) - warm) / (ends[-1] - ends[warm - 1]), (spent() - before) / len(ends)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--photos", type=int, default=40)
    parser.add_argument("--megapixels", type=float, default=2)
    parser.add_argument("--keep", default="subject")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--engine", default="local")
    parser.add_argument("--address")
    args = parser.parse_args()
    results: dict[int, list[tuple[float, float]]] = {jobs: [] for jobs in args.jobs}
    with tempfile.TemporaryDirectory() as temporary:
        make(Path(temporary, "in"), args.photos, args.megapixels)
        busy = os.getloadavg()[0]
        for number in range(args.rounds):  # in turns, so that a machine busy for a while is so for all
            for jobs in args.jobs:
                results[jobs].append(measure(Path(temporary, "in"), Path(temporary, f"{number}-{jobs}"), jobs, args))
    first = max(results[args.jobs[0]])[0]
    print("| processes | photos/s | times | CPU s a photo |\n| --- | --- | --- | --- |")
    for jobs, turns in results.items():
        speed, cost = max(turns)[0], min(cost for _, cost in turns)
        print(f"| {jobs} | {speed:.2f} | {speed / first:.2f} | {cost:.3f} |")
    machine = {"cores": cores(), "processor": platform.processor() or platform.machine(), "load_before": round(busy, 1)}
    print(json.dumps({"photos": args.photos, "megapixels": args.megapixels, "found": results, "machine": machine}))


if __name__ == "__main__":
    main()
