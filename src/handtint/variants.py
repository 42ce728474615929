"""Plausible versions of one photo that differ where it is ambiguous: in the colours of clothes and in the light.

Each has a number and a name; the same number gives the same colours again, on every machine with the same networks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from handtint.image.arrays import resize
from handtint.image.masks import instances
from handtint.image.masks.instances import Instance
from handtint.options import MAX_HINTS, Options
from handtint.types import Array, Float, Segmentation

RECOLORABLE = ("person", "car", "bus", "boat", "sofa", "chair", "bottle", "motorbike", "bicycle", "train", "aeroplane")
LIGHTNESS_TOLERANCE = 12.0  # L*: the largest difference from the most common lightness
HEAD_SHARE = 0.35  # assumed share of the head in a person's height if no face is found


@dataclass(frozen=True, slots=True)
class Variant:
    """One version. color: "#rrggbb" for an object of arbitrary colour, or "". warmth: added to the light."""

    name: str
    color: str = ""
    warmth: float = 0.0


VARIANTS = (
    Variant("blue", "#3d5a8a"),
    Variant("red", "#8f3238"),
    Variant("green", "#44683f"),
    Variant("warm", warmth=0.6),
    Variant("cool", warmth=-0.6),
    Variant("brown", "#7a5a3a", 0.2),
    Variant("purple", "#6a4a78", -0.2),
    Variant("yellow", "#b8933f", 0.1),
)


def apply_variant(options: Options, segmentation: Segmentation, L: Float) -> tuple[Options, str]:
    """(the options with their variant replaced by a hint and warmth, a note that says which); unchanged for no variant.

    L: the photo's L* (h, w), 0..100, of any size.
    """
    if not options.variant:
        return options, ""
    variant = VARIANTS[options.variant - 1]
    position = recolorable_point(segmentation, L) if variant.color else None
    warmth = variant.warmth
    if variant.color and position is None:  # nothing has an arbitrary colour: versions differ in the light only
        warmth = (-1) ** options.variant * (0.2 + 0.1 * options.variant)
    hint = f"@{100 * position[0]:.2f}%,{100 * position[1]:.2f}%={variant.color}" if position else ""
    hints = (*options.hint[: MAX_HINTS - 1], *filter(None, [hint]))
    varied = replace(options, variant=0, hint=hints, warmth=float(np.clip(options.warmth + warmth, -1, 1)))
    flags = " ".join(
        filter(None, [f"--hint {hint!r}" if hint else "", f"--warmth {varied.warmth:.2g}" if warmth else ""])
    )
    return varied, f"variant {options.variant}, {variant.name if hint or not variant.color else 'light'}: {flags}"


def recolorable_point(segmentation: Segmentation, L: Float) -> tuple[float, float] | None:
    """(x, y), each 0..1: the centre of the largest object whose colour is arbitrary; None if there is none.

    Of a person, it is on the clothes: below the faces, and at their most common lightness, which hands rarely have.
    """
    if segmentation.classes is None:
        return None
    candidates = [chosen for chosen in instances.every(segmentation) if chosen.name in RECOLORABLE]
    if not candidates:
        return None
    people = [chosen for chosen in candidates if chosen.name == "person"]
    chosen = max(people or candidates, key=lambda chosen: (chosen.share, -chosen.number))
    inside = (_clothes(chosen, segmentation) if people else chosen.alpha) > 0.5
    if not inside.any():
        return None
    inside &= _common_lightness(resize.shrink(L, inside.shape), inside)
    depth = cv2.distanceTransform(np.pad(inside.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return (float(column) + 0.5) / depth.shape[1], (float(row) + 0.5) / depth.shape[0]


def _common_lightness(L: Float, inside: Array) -> Array:
    """(h, w) bool: where L* is near the most common one inside."""
    counts = np.histogram(L[inside], bins=20, range=(0, 100))[0]
    smoothed = np.convolve(counts, (1, 2, 1), "same")
    return np.asarray(np.abs(L - (5 * int(smoothed.argmax()) + 2.5)) < LIGHTNESS_TOLERANCE)


def _clothes(person: Instance, segmentation: Segmentation) -> Float:
    """A person's alpha (h, w), 0 above the chin."""
    alpha = person.alpha.copy()
    h, w = alpha.shape
    rows = np.flatnonzero((alpha > 0.5).any(axis=1))
    face_bottoms = [
        int(bottom * h)
        for left, top, right, bottom in segmentation.faces
        if alpha[min(int((top + bottom) / 2 * h), h - 1), min(int((left + right) / 2 * w), w - 1)] > 0.5
    ]
    first = int(rows[0]) if rows.size else 0
    last = int(rows[-1]) + 1 if rows.size else h
    alpha[: max(face_bottoms) if face_bottoms else round(first + HEAD_SHARE * (last - first))] = 0
    return alpha
