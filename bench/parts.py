"""What a photograph costs, part by part: python bench/parts.py [--megapixels 12] [--rounds 5] [--threads 1].

A gray JPEG with grain, tinted to a JPEG, by an open tinter and in a new process. Printed are the processor's
milliseconds, user and system, the least of all rounds, so that other work on the machine counts little; beside them how
many times as long as Pillow takes to decode the photograph and to encode the result, measured in the same rounds.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from handtint.image.arrays import resize
from handtint.image.color import blend
from handtint.image.masks import masks
from handtint.image.photo import Photo
from handtint.networks import PERSON
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.stages import Stages
from handtint.types import Pixels

SAMPLE = Path(__file__).parents[1] / "examples" / "photos" / "astronaut.jpg"
GRAIN = 4.0  # gray levels, standard deviation: that of a scanned negative
TINT = "from handtint.cli import main; main()"
SPENT = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""
STEPS = """
import time
marks = [("Python", time.process_time())]
def mark(name): marks.append((name, time.process_time()))
import numpy; mark("import numpy")
import cv2; mark("import cv2")
import pyvips; mark("import pyvips")
import onnxruntime; mark("import onnxruntime")
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter
mark("import handtint")
networks = Tinter(threads=1).networks
for model in (networks.color, networks.mask, networks.faces):
    model.weights.verified()
mark("weights' checksums")
networks._engines.color; mark("session, colours")
networks._engines.mask; mark("session, mask")
networks._engines.faces; mark("session, faces")
print(";".join(f"{name}={now}" for name, now in marks))
"""

Work = Callable[[], object]


def photograph(megapixels: float) -> Pixels:
    """The sample portrait, gray, 4 : 3, enlarged to so many megapixels, with grain: (H, W) uint8."""
    small = cv2.imread(str(SAMPLE), cv2.IMREAD_GRAYSCALE)
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    large = cv2.resize(small, (round(height * 4 / 3), height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    grain = np.random.default_rng(0).normal(0, GRAIN, large.shape).astype(np.float32)
    return np.clip(np.rint(large + grain), 0, 255).astype(np.uint8)


def least(works: dict[str, Work], rounds: int) -> dict[str, float]:
    """The least milliseconds of the processor that each takes, all in turns."""
    times: dict[str, float] = {}
    for _ in range(rounds):
        for name, work in works.items():
            start = time.process_time()
            work()
            times[name] = min(times.get(name, np.inf), 1000 * (time.process_time() - start))
    return times


def by_pillow(data: bytes, result: Pixels) -> dict[str, Work]:
    """Decoding the photograph and encoding the result as Pillow does them: the least that any program has to do."""

    def encode() -> None:
        Image.fromarray(result).save(io.BytesIO(), "JPEG", quality=95, subsampling=0)

    return {"decode": lambda: np.asarray(Image.open(io.BytesIO(data))), "encode": encode}


def parts(tinter: Tinter, data: bytes, result: Photo) -> dict[str, Work]:
    """Everything that is done with one photograph, in order."""
    networks, options, photo = tinter.networks, Options(), Photo.read(data)
    pixels = Stages(photo, networks).pixels
    segmentation, faces = networks.segment(pixels, None), networks.find_faces(pixels, None)
    first = networks.first_look(pixels, None)
    people = None if segmentation.classes is None else segmentation.classes[PERSON]
    alpha = Stages(photo, networks).selection(options).alpha
    return {
        "decode": lambda: Photo.read(data),
        "shrink to network size, once": lambda: resize.shrink(pixels, resize.fit(photo.size, 256)),
        "colour, first look": lambda: networks.first_look(pixels, None),
        "mask, two looks": lambda: networks.segment(pixels, None),
        "faces, found": lambda: networks.find_faces(pixels, None),
        "faces, closer look": lambda: networks.closer_look(
            pixels, first, None, faces=lambda: faces, people=lambda: people
        ),
        "mask, cleaned": lambda: masks.clean(segmentation.foreground),
        "mask, brought to full size": lambda: masks.refine(segmentation.foreground, pixels),
        "colours laid over the subject": lambda: blend.over(pixels, first, alpha, backdrop="original", threads=1),
        "colours laid over everything": lambda: blend.over(pixels, first, None, backdrop="original", threads=1),
        "encode": lambda: result.encode(format="jpeg"),
        "decode, tint, encode": lambda: tinter.run(Photo.read(data), options).photo.encode(format="jpeg"),
    }


def started(rounds: int) -> dict[str, float]:
    """The least milliseconds of each step of a new process, up to its first photograph."""
    found: dict[str, float] = {}
    for _ in range(rounds):
        line = subprocess.run([sys.executable, "-c", STEPS], check=True, capture_output=True, text=True).stdout
        before = 0.0
        for name, now in (pair.split("=") for pair in line.strip().split(";")):
            found[name] = min(found.get(name, np.inf), 1000 * (float(now) - before))
            before = float(now)
    return found


def command(path: Path, rounds: int) -> tuple[float, float]:
    """(CPU milliseconds, peak megabytes) of `handtint tint` on a file, the least of all rounds."""
    call = [sys.executable, "-c", TINT, "tint", str(path), "-o", str(path.with_suffix(".out.jpg"))]
    runs = []
    for _ in range(rounds):  # by a small process in between: on Linux a child's peak begins with its parent's size
        line = subprocess.run([sys.executable, "-c", SPENT, *call], check=True, capture_output=True, text=True).stdout
        runs.append([float(figure) for figure in line.split()])
    least_time, peak = (min(column) for column in zip(*runs, strict=True))
    return 1000 * least_time, peak / 1024


def print_table(title: str, times: dict[str, float], unit: float) -> None:
    """Print milliseconds, and how many times `unit` they are."""
    print(f"\n| {title} | CPU ms | of Pillow's |\n| --- | --- | --- |")
    for name, taken in times.items():
        print(f"| {name} | {taken:.1f} | {taken / unit:.2f} |")


def main() -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--warm", action="store_true", help="leave out new processes")
    asked = parser.parse_args()
    os.environ.setdefault("VIPS_CONCURRENCY", str(asked.threads))
    cv2.setNumThreads(asked.threads)
    tinter, data = Tinter(threads=asked.threads), Photo(photograph(asked.megapixels)).encode(format="jpeg")
    result = tinter.run(Photo.read(data), Options()).photo
    pillow = {f"Pillow: {name}": work for name, work in by_pillow(data, result.pixels).items()}
    times = least({**parts(tinter, data, result), **pillow}, asked.rounds)
    unit = sum(times[name] for name in pillow)
    print_table(f"{asked.megapixels:g} megapixels, open tinter", times, unit)
    print(f"\npeak of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    if asked.warm:
        return
    print_table("a new process", started(asked.rounds), unit)
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder, "large.jpg")
        large.write_bytes(data)
        for name, path in (("small photograph", SAMPLE), (f"{asked.megapixels:g} megapixels", large)):
            small = Path(folder, f"{path.stem}.copy.jpg")
            small.write_bytes(path.read_bytes())
            taken, peak = command(small, asked.rounds)
            print(f"\nhandtint tint, {name}: {taken:.0f} CPU ms, {taken / unit:.1f} of Pillow's, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
