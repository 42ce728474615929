"""A filmstrip: frames of a clip tinted one by one above, and carried along the motion below.

python bench/filmstrip.py PHOTO --out docs/images/filmstrip.jpg [--frames 16] [--every 2] [--seed 3] [--grain 6]

The clip is the photograph, made gray, under a camera that pans and zooms, with grain. Look along a row for colours that
come and go.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

import shots
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.types import Pixels
from handtint.video.frame_tinting import tint_frame
from handtint.video.tracker import Tracker

GAP = 4  # pixels between frames


def row(clip: shots.Clip, tinter: Tinter, every: int, width: int, *, carry: bool) -> list[Pixels]:
    """Each `every`th frame, tinted, as wide as that."""
    options, found = Options(keep="all"), []
    tracker = Tracker(tinter.networks, options, carry=carry)
    for index in range(clip.frames):
        if carry or index % every == 0:
            frame = clip.frame(index)
            seen = tracker.process(frame, index / 25)
        if index % every == 0:
            tinted = tint_frame(Photo(frame), tinter.networks, seen, options).photo.pixels
            size = width, round(width * clip.size[0] / clip.size[1])
            found.append(cv2.resize(tinted, size, interpolation=cv2.INTER_AREA))
    return found


def strip(rows: list[list[Pixels]], columns: int) -> Pixels:
    """The rows one above the other, with white gaps, broken into lines of so many frames."""
    lines = []
    for start in range(0, len(rows[0]), columns):
        for line in rows:
            tiles = [
                np.pad(t, ((0, GAP), (0, GAP), (0, 0)), constant_values=255) for t in line[start : start + columns]
            ]
            lines.append(np.hstack(tiles))
        lines.append(np.full((3 * GAP, lines[-1].shape[1], 3), 255, np.uint8))
    return np.vstack(lines[:-1])


def main() -> None:
    """Draw the strip."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--every", type=int, default=2, help="so many frames apart")
    parser.add_argument("--seed", type=int, default=3, help="of the camera's way")
    parser.add_argument("--grain", type=float, default=6, help="levels of 255")
    parser.add_argument("--columns", type=int, default=8)
    parser.add_argument("--width", type=int, default=170, help="of a frame, in pixels")
    asked = parser.parse_args()
    pixels = Photo.read(asked.photo).pixels
    pixels = np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels
    shots.GRAIN = asked.grain
    clip = shots.Clip(asked.photo.stem, pixels, (288, 384), asked.frames * asked.every, asked.seed)
    tinter = Tinter(threads=1)
    rows = [row(clip, tinter, asked.every, asked.width, carry=carry) for carry in (False, True)]
    Photo(strip(rows, asked.columns)).write(asked.out, quality=85)


if __name__ == "__main__":
    main()
