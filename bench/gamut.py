"""Where handtint's pictures differ from those of DDColor's own pipeline for the same predicted colours.

python bench/gamut.py [PHOTO...]

The network is left out: smooth random a*b*, as strong as vivid colours, stand for its predictions. Each line replaces
one step of OpenCV's by ours, and has the largest difference of 8-bit values and the share of those that differ by more
than one level.
"""

import sys
from pathlib import Path

import cv2
import numpy as np

from handtint.image.color import lab
from handtint.image.photo import Photo
from handtint.types import Array, Float

ROOT = Path(__file__).parents[1]
SIDE = 512


def gray(path: Path) -> Array:
    """A photograph's gray copy (SIDE, SIDE, 3) uint8, as DDColor's pipeline reads it."""
    pixels = Photo.read(path).pixels
    level = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.repeat(cv2.resize(level, (SIDE, SIDE), interpolation=cv2.INTER_AREA)[..., None], 3, axis=2)


def predicted(rng: np.random.Generator) -> Float:
    """Smooth random a*b* (SIDE, SIDE, 2)."""
    coarse = rng.normal(0, 18, (16, 16, 2)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC))


def by_opencv(L: Float, ab: Float) -> Array:
    """sRGB uint8 by OpenCV, which clips R, G and B."""
    rgb = cv2.cvtColor(np.dstack([L, ab]).astype(np.float32), cv2.COLOR_Lab2RGB)
    return np.round(rgb.clip(0, 1) * 255).astype(np.int32)


def clipped(L: Float, ab: Float) -> Array:
    """sRGB uint8 by the formulas of handtint, but with R, G and B clipped."""
    linear = lab.to_linear(L, ab[..., 0], ab[..., 1])
    return np.dstack([lab.encode_pixels(np.clip(plane, 0, 1), np.dtype(np.uint8)) for plane in linear]).astype(np.int32)


def in_gamut(L: Float, ab: Float) -> Array:
    """(SIDE, SIDE) bool: which colours sRGB has."""
    return np.all([(plane >= 0) & (plane <= 1) for plane in lab.to_linear(L, ab[..., 0], ab[..., 1])], axis=0)


def main() -> None:
    """Print the table."""
    paths = [Path(name) for name in sys.argv[1:]] or sorted((ROOT / "examples" / "photos").glob("*.jpg"))
    rng, found = np.random.default_rng(0), {}
    for path in paths:
        rgb, ab = gray(path), predicted(rng)
        cv_L = cv2.cvtColor(rgb / np.float32(255), cv2.COLOR_RGB2Lab)[..., 0]
        L = lab.lightness(rgb)
        inside = in_gamut(L, ab)
        ours = lab.join(L, ab, np.dtype(np.uint8)).astype(np.int32)
        differences = {
            "L* of the gray picture": by_opencv(cv_L, ab) - by_opencv(L, ab),
            "Lab to sRGB, both clipped": by_opencv(L, ab) - clipped(L, ab),
            "colours outside sRGB: clipped, or less chroma": clipped(L, ab) - ours,
            "all steps": by_opencv(cv_L, ab) - ours,
            "all steps, only colours inside sRGB": (by_opencv(cv_L, ab) - ours)[inside],
        }
        for step, values in differences.items():
            found.setdefault(step, []).append((np.abs(values).max(), 100 * (np.abs(values) > 1).mean()))
        found.setdefault("(pixels with colours outside sRGB)", []).append((0, 100 * (~inside).mean()))
    for step, figures in found.items():
        largest, share = np.max(figures, axis=0)[0], np.mean(figures, axis=0)[1]
        print(f"{step:<48} largest {largest:3.0f}   over one level {share:6.2f} %")


if __name__ == "__main__":
    main()
