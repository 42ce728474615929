"""Damage by age, printing and scanning, beyond fading and grain: stains, scratches, halftone, borders and others."""

from __future__ import annotations

import cv2
import numpy as np

from handtint.types import Float


def damage(rng: np.random.Generator, L: Float, ab: Float, *, prob: float) -> tuple[Float, Float]:
    """Lightness L (h, w) 0..100 and a*b* (h, w, 2) of a damaged print; each fault occurs with the probability `prob`.

    All faults change the lightness alone, except for a border of paper, which has no colour.
    """
    for fault in (_low_resolution, _vignette, _stains, _halftone, _jpeg):
        if rng.random() < prob:
            L = fault(rng, L)
    if rng.random() < prob:
        L, ab = _border(rng, L, ab)
    return np.clip(L, 0, 100).astype(np.float32), ab


def _low_resolution(rng: np.random.Generator, L: Float) -> Float:
    h, w = L.shape
    factor = rng.uniform(1.5, 4)
    small = cv2.resize(L, (max(8, int(w / factor)), max(8, int(h / factor))), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (w, h), interpolation=cv2.INTER_CUBIC)


def _vignette(rng: np.random.Generator, L: Float) -> Float:
    """Darken the corners, or make them as light as the mount of an oval portrait."""
    h, w = L.shape
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    center = rng.uniform(-0.3, 0.3, 2)
    radius = np.hypot(y - center[0], x - center[1])
    opacity = np.clip((radius - rng.uniform(0.6, 1.1)) / rng.uniform(0.2, 0.8), 0, 1) * rng.uniform(0.3, 1)
    return L + (opacity * (rng.choice([0.0, 95.0], p=[0.7, 0.3]) - L)).astype(np.float32)


def _stains(rng: np.random.Generator, L: Float) -> Float:
    """Uneven fading in soft patches."""
    h, w = L.shape
    patches = rng.normal(0, 1, (int(rng.integers(3, 7)),) * 2).astype(np.float32)
    smooth = cv2.resize(patches, (w, h), interpolation=cv2.INTER_CUBIC)
    return L + smooth * np.float32(rng.uniform(2, 8))


def _halftone(rng: np.random.Generator, L: Float) -> Float:
    """The dots of a printed page, half blurred by the scan."""
    h, w = L.shape
    angle, period = rng.uniform(0, np.pi), rng.uniform(2.2, 4.5)
    y, x = np.mgrid[:h, :w].astype(np.float32)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    screen = np.cos(2 * np.pi / period * u) * np.cos(2 * np.pi / period * v)
    return L + (screen * rng.uniform(4, 16)).astype(np.float32)


def _jpeg(rng: np.random.Generator, L: Float) -> Float:
    levels = np.clip(np.round(L * 2.55), 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 60))])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.float32)
    return decoded / np.float32(2.55)


def _border(rng: np.random.Generator, L: Float, ab: Float) -> tuple[Float, Float]:
    """Paper or the scanner's lid along some edges."""
    h, w = L.shape
    L, ab = L.copy(), ab.copy()
    level = rng.choice([rng.uniform(80, 98), rng.uniform(2, 15)])
    widths = rng.integers(2, max(3, h // 8), size=4) * (rng.random(4) < 0.6)
    for edge in (np.s_[: widths[0]], np.s_[h - widths[1] :], np.s_[:, : widths[2]], np.s_[:, w - widths[3] :]):
        L[edge], ab[edge] = level, 0
    return L, ab
