"""Time and memory of large scans through the command line: python bench/size.py [MEGAPIXELS ...].

Each scan is a TIFF file of its own making (an enlarged sample), tinted by `handtint tint` in a process of its own.
Printed are the processor's seconds (user and system, so that other work on the machine does not count), the clock's,
peak memory, and for each kind the straight line through the processor's seconds, with the largest distance from it
and the exponent of size that fits best: 1 is linear. Exit status 1 where a scan took more than --most megabytes.
The archive's case is: python bench/size.py 25 50 100 200
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SAMPLE = Path(__file__).parents[1] / "examples" / "photos" / "astronaut.jpg"
KINDS = ("gray 8", "gray 16", "rgb 8", "rgb 16")
TINT = "from handtint.cli import main; main()"


def scan(path: Path, megapixels: float, kind: str) -> None:
    """Write a scan of that size, a row at a time."""
    import pyvips

    image = pyvips.Image.new_from_file(str(SAMPLE), access="random").colourspace("b-w")
    side = (megapixels * 1e6) ** 0.5
    image = image.resize(side / image.width, vscale=side / image.height)
    if "16" in kind:
        image = (image * 257).cast("ushort").copy(interpretation="grey16")
    if "rgb" in kind:
        image = image.bandjoin([image * 0.85, image * 0.6]).cast(image.format)
        image = image.copy(interpretation="rgb16" if "16" in kind else "srgb")
    image.tiffsave(str(path), bigtiff=megapixels * image.bands > 3000)


def tint(scan: Path, result: Path, words: list[str]) -> tuple[float, float, float]:
    """(CPU seconds, seconds by the clock, peak megabytes) of one command."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", TINT, "tint", str(scan), "-o", str(result), *words])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"handtint failed with status {process.returncode}")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / 1024


def measure(kind: str, sizes: list[float], ending: str, words: list[str], folder: Path) -> float:
    """Print a row for each size, and the line through them; the largest peak in megabytes."""
    times, peaks = [], []
    for size in sizes:
        source, result = folder / "scan.tif", folder / f"out{ending}"
        scan(source, size, kind)
        seconds, clock, peak = tint(source, result, words)
        times.append(seconds)
        peaks.append(peak)
        what = f"{kind}, {size:g} MP to {ending[1:]}"
        print(f"{what}: {seconds:.1f} CPU s, {clock:.1f} s by the clock, peak {peak:.0f} MB", flush=True)
        source.unlink()
        result.unlink()
    if len(sizes) > 2:
        slope, start = np.polyfit(sizes, times, 1)
        off = np.abs(np.polyval((slope, start), sizes) - times).max()
        power = np.polyfit(np.log(sizes), np.log(np.maximum(np.array(times) - start, 0.1)), 1)[0]
        line = f"{start:.1f} + {slope:.3f} x megapixels CPU s, within {off:.1f} s"
        print(f"{kind}: {line}; above the start, time grows as size to the {power:.2f}", flush=True)
    return max(peaks)


def main() -> None:
    """Measure each kind at each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("megapixels", nargs="*", type=float, default=[6, 12, 24])
    parser.add_argument("--kind", action="append", choices=KINDS, help="default: the first three")
    parser.add_argument("--to", choices=(".tif", ".jpg", ".png"), default=".tif", help="format of the result")
    parser.add_argument("--most", type=float, default=1500, help="megabytes that a command may take")
    words, further = parser.parse_known_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        kinds = words.kind or KINDS[:3]
        peak = max(measure(kind, words.megapixels, words.to, further, Path(folder)) for kind in kinds)
    if peak > words.most:
        raise SystemExit(f"{peak:.0f} MB, more than {words.most:.0f} MB")


if __name__ == "__main__":
    main()
