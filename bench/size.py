"""Time and memory of large scans through the command line: python bench/size.py [MEGAPIXELS ...].

Each scan is a TIFF file of its own making (an enlarged sample), tinted by `handtint tint` in a process of its own.
Printed are seconds, peak memory, and at the end of each kind the straight line through its times, with the largest
distance of a time from it. The archive's case is: python bench/size.py 25 50 100 200
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


def tint(scan: Path, result: Path, words: list[str]) -> tuple[float, float]:
    """(seconds, peak megabytes) of one command."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", TINT, "tint", str(scan), "-o", str(result), *words])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"handtint failed with status {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def measure(kind: str, sizes: list[float], ending: str, words: list[str], folder: Path) -> None:
    """Print a row for each size, and the line through them."""
    times = []
    for size in sizes:
        source, result = folder / "scan.tif", folder / f"out{ending}"
        scan(source, size, kind)
        seconds, peak = tint(source, result, words)
        times.append(seconds)
        print(f"{kind}, {size:g} MP to {ending[1:]}: {seconds:.1f} s, peak {peak:.0f} MB", flush=True)
        source.unlink()
        result.unlink()
    if len(sizes) > 2:
        slope, start = np.polyfit(sizes, times, 1)
        off = np.abs(np.polyval((slope, start), sizes) - times).max()
        print(f"{kind}: {start:.1f} s + {slope:.3f} s a megapixel, within {off:.1f} s", flush=True)


def main() -> None:
    """Measure each kind at each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("megapixels", nargs="*", type=float, default=[6, 12, 24])
    parser.add_argument("--kind", action="append", choices=KINDS, help="default: the first three")
    parser.add_argument("--to", choices=(".tif", ".jpg", ".png"), default=".tif", help="format of the result")
    words, further = parser.parse_known_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        for kind in words.kind or KINDS[:3]:
            measure(kind, words.megapixels, words.to, further, Path(folder))


if __name__ == "__main__":
    main()
