"""Time and memory of large scans through the command line: python bench/size.py [MEGAPIXELS ...].

Each scan is a file of its own making (an enlarged sample), tinted by `handtint tint` in a process of its own.
Printed are the processor's seconds (user and system, so that other work on the machine does not count) of each run,
the clock's, peak memory, and for each kind the straight line through all runs, with the largest distance of a size's
median from it and the exponent of size that fits best: 1 is linear. Exit status 1 where a scan took more than --most
megabytes. The archive's case is: python bench/size.py 25 50 100 200 --once 100
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SAMPLE = Path(__file__).parents[1] / "examples" / "photos" / "astronaut.jpg"
KINDS = ("gray 8", "gray 16", "rgb 8", "rgb 16")
ENDINGS = (".tif", ".jpg", ".png")
TINT = "from handtint.cli import main; main()"


@dataclass(frozen=True)
class Case:
    """What is measured. kind: of KINDS. source, result: endings. words: further ones for the command line."""

    kind: str
    source: str
    result: str
    words: list[str]

    def __str__(self) -> str:
        return " ".join([self.kind, self.source[1:], "to", self.result[1:], *self.words])


def scan(path: Path, megapixels: float, kind: str) -> None:
    """Write a scan of that size, a row at a time, in the format of the path's ending."""
    import pyvips

    image = pyvips.Image.new_from_file(str(SAMPLE), access="random").colourspace("b-w")
    side = (megapixels * 1e6) ** 0.5
    image = image.resize(side / image.width, vscale=side / image.height)
    if "16" in kind:
        image = (image * 257).cast("ushort").copy(interpretation="grey16")
    if "rgb" in kind:
        image = image.bandjoin([image * 0.85, image * 0.6]).cast(image.format)
        image = image.copy(interpretation="rgb16" if "16" in kind else "srgb")
    image.write_to_file(str(path), **({"bigtiff": megapixels * image.bands > 3000} if path.suffix == ".tif" else {}))


def tint(scan: Path, result: Path, arguments: list[str]) -> tuple[float, float, float]:
    """(CPU seconds, seconds by the clock, peak megabytes) of one command."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", TINT, "tint", str(scan), "-o", str(result), *arguments])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"handtint failed with status {process.returncode}")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / 1024


def measure(case: Case, sizes: list[float], runs: Callable[[float], int], folder: Path) -> float:
    """Print a row for each size, and the line through them; the largest peak in megabytes."""
    times: dict[float, list[float]] = {}
    most = 0.0
    for size in sizes:
        source, result = folder / f"scan{case.source}", folder / f"out{case.result}"
        scan(source, size, case.kind)
        done = [tint(source, result, case.words) for _ in range(runs(size))]
        times[size], clocks, peaks = (list(column) for column in zip(*done, strict=True))
        seconds = " ".join(f"{seconds_taken:.1f}" for seconds_taken in times[size])
        clock, peak = np.median(clocks), max(peaks)
        print(f"{case}, {size:g} MP: {seconds} CPU s, {clock:.0f} s by the clock, peak {peak:.0f} MB", flush=True)
        most = max(most, peak)
        source.unlink()
        result.unlink()
    if len(sizes) > 2:
        print(f"{case}: {fitted(times)}", flush=True)
    return most


def fitted(times: dict[float, list[float]]) -> str:
    """The straight line through the runs of each size, how far its medians lie from it, and the best exponent."""
    sizes, seconds = np.array([(size, run) for size, runs in times.items() for run in runs]).T
    slope, start = np.polyfit(sizes, seconds, 1)
    off = max(abs(np.polyval((slope, start), size) - np.median(runs)) for size, runs in times.items())
    power = np.polyfit(np.log(sizes), np.log(np.maximum(seconds - start, 0.1)), 1)[0]
    line = f"{start:.1f} + {slope:.3f} x megapixels CPU s, medians within {off:.1f} s ({len(sizes)} runs)"
    return f"{line}; above the start, time grows as size to the {power:.2f}"


def main() -> None:
    """Measure each kind at each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("megapixels", nargs="*", type=float, default=[6, 12, 24])
    parser.add_argument("--kind", action="append", choices=KINDS, help="default: the first three")
    parser.add_argument("--from", dest="source", choices=ENDINGS, default=".tif", help="format of the scan")
    parser.add_argument("--to", choices=ENDINGS, default=".tif", help="format of the result")
    parser.add_argument("--runs", type=int, default=3, help="of each scan below --once megapixels")
    parser.add_argument("--once", type=float, default=50, help="megapixels from which a scan is tinted once only")
    parser.add_argument("--most", type=float, default=1500, help="megabytes that a command may take")
    args, further = parser.parse_known_args()

    def runs(megapixels: float) -> int:
        return 1 if megapixels >= args.once else args.runs

    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        cases = [Case(kind, args.source, args.to, further) for kind in args.kind or KINDS[:3]]
        peak = max(measure(case, args.megapixels, runs, Path(folder)) for case in cases)
    if peak > args.most:
        raise SystemExit(f"{peak:.0f} MB, more than {args.most:.0f} MB")


if __name__ == "__main__":
    main()
