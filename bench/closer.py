"""Time of the closer look at faces, in one thread: python bench/closer.py PHOTO... (default: the samples).

For each photograph: its faces, and the processor's milliseconds of the search for them, of the network's look at the
whole, and of its looks at small faces; where there are none, the last is 0. The median of three.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from handtint.image.photo import Photo
from handtint.networks import PERSON, Networks
from handtint.pixels import collapse

SAMPLES = Path(__file__).parents[1] / "examples"


def milliseconds(work: Callable[[], object]) -> float:
    """Of the processor's time, the median of three."""
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(1000 * (time.process_time() - start))
    return statistics.median(times)


def main() -> None:
    """Print a line for each photograph that has faces, and medians over all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="*", type=Path, default=sorted(SAMPLES.rglob("*.jpg")))
    networks = Networks("handtint", "handtint-mask", threads=1)
    searches, each = [], []
    for path in parser.parse_args().photos:
        pixels = collapse(Photo.read(path).pixels)
        first, faces = networks.first_look(pixels, None), networks.find_faces(pixels, None)
        classes = networks.segment(pixels, None).classes
        people = None if classes is None else classes[PERSON]

        def look(pixels=pixels, first=first, faces=faces, people=people):  # type: ignore[no-untyped-def]
            return networks.closer_look(pixels, first, None, faces=lambda: faces, people=lambda: people)

        searches.append(milliseconds(lambda pixels=pixels: networks.find_faces(pixels, None)))
        if look() is not first:
            looks, whole = milliseconds(look), milliseconds(lambda pixels=pixels: networks.first_look(pixels, None))
            each.append(looks / len(faces))
            print(f"{path.name}: {len(faces)} faces, search {searches[-1]:.0f}, whole {whole:.0f}, looks {looks:.0f}")
    print(f"{len(searches)} photographs: search {statistics.median(searches):.0f} ms", end="")
    print(f", {statistics.median(each):.0f} ms a face in {len(each)} with small ones" if each else "")


if __name__ == "__main__":
    main()
