"""Damage by age, cameras and scanners, one kind at a time, to measure the effect of each."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import cv2
import numpy as np

from handtint.image.color import lab
from handtint.types import Float, Pixels

Damage = Callable[[Float, np.random.Generator], Pixels]
_YELLOW = (3.0, 24.0)  # a*, b* of old paper


def damaged(L: Float, kind: str, *, name: str = "") -> Pixels:
    """A photograph of lightness (H, W) 0..100 with one kind of damage, (H, W) or (H, W, 3) uint8 sRGB.

    kind: a key of KINDS. name: of the photo; the same name always gets the same scratches and grain.
    """
    return KINDS[kind](L, np.random.default_rng(zlib.crc32(name.encode())))


def _undamaged(L: Float, _: np.random.Generator) -> Pixels:
    return lab.gray(L)


def _faded(L: Float, _: np.random.Generator) -> Pixels:
    return lab.gray(35 + L * np.float32(0.4))


def _faded_dark(L: Float, _: np.random.Generator) -> Pixels:
    return lab.gray(20 + L * np.float32(0.4))


def _saturated(L: Float, _: np.random.Generator) -> Pixels:
    return lab.gray(np.minimum(L * np.float32(1.4), 100))


def _saturated_sky(L: Float, _: np.random.Generator) -> Pixels:
    """Bright areas are blown out, dark ones unchanged."""
    return lab.gray(np.minimum(np.maximum(L, 50 + (L - 50) * np.float32(2.5)), 100))


def _yellowed(L: Float, rng: np.random.Generator) -> Pixels:
    """Old paper, browner towards one side, without pure white."""
    height, width = L.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    stain = np.clip(0.5 + np.cos(angle) * (x / width - 0.5) + np.sin(angle) * (y / height - 0.5), 0, 1)
    L = (8 + L * np.float32(0.8)) * (1 - np.float32(0.15) * stain)
    chroma = (np.float32(0.6) + np.float32(0.4) * stain) * np.sqrt(L / 100)
    return lab.join_planes(L, chroma * np.float32(_YELLOW[0]), chroma * np.float32(_YELLOW[1]))


def _scratched(L: Float, rng: np.random.Generator) -> Pixels:
    """White scratches and spots, and black hairs."""
    height, width = L.shape
    out, side = L.astype(np.float32), max(height, width)
    for index in range(14):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        angle, length = rng.normal(np.pi / 2, 0.4), side * rng.uniform(0.1, 0.8)
        end = round(x + length * np.cos(angle)), round(y + length * np.sin(angle))
        tone = 97.0 if index % 3 else 6.0
        cv2.line(out, (round(x), round(y)), end, tone, max(1, round(side * rng.uniform(0.001, 0.006))), cv2.LINE_AA)
    for _ in range(60):
        center = round(rng.uniform(0, width)), round(rng.uniform(0, height))
        cv2.circle(out, center, max(1, round(side * rng.uniform(0.001, 0.005))), 95.0, -1, cv2.LINE_AA)
    return lab.gray(out)


def _blurred(L: Float, _: np.random.Generator) -> Pixels:
    return lab.gray(cv2.GaussianBlur(L, (0, 0), 0.008 * min(L.shape)))


def _grainy(L: Float, rng: np.random.Generator) -> Pixels:
    return lab.gray(np.clip(L + rng.normal(0, 9, L.shape).astype(np.float32), 0, 100))


def _low_resolution(L: Float, _: np.random.Generator) -> Pixels:
    """Enlarged from a longer side of 96 pixels."""
    height, width = L.shape
    scale = min(1.0, 96 / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(L, size, interpolation=cv2.INTER_AREA)
    return lab.gray(np.clip(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), 0, 100))


KINDS: dict[str, Damage] = {
    "sound": _undamaged,
    "faded": _faded,
    "faded and dark": _faded_dark,
    "saturated": _saturated,
    "saturated sky": _saturated_sky,
    "yellowed": _yellowed,
    "scratched": _scratched,
    "blurred": _blurred,
    "grainy": _grainy,
    "low resolution": _low_resolution,
}
