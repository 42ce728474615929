"""Random pictures, masks and segmentations for property tests, each made from a few numbers, which shrink quickly."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from handtint.types import Array, Float, Pixels, Segmentation

SEEDS = st.integers(0, 2**16)
SIDES = st.integers(1, 40)
KINDS = ("noise", "ramp", "flat", "black and white")


def _picture(h: int, w: int, bands: int, dtype: type, kind: str, seed: int) -> Pixels:
    random, top = np.random.default_rng(seed), np.iinfo(dtype).max
    shape = (h, w) if bands == 1 else (h, w, bands)
    if kind == "noise":
        values = random.integers(0, top + 1, shape)
    elif kind == "ramp":
        values = np.linspace(0, top, int(np.prod(shape))).reshape(shape)
    elif kind == "flat":
        values = np.full(shape, random.integers(0, top + 1))
    else:
        values = random.integers(0, 2, shape) * top
    return values.astype(dtype)


def pictures(bands: tuple[int, ...] = (1, 3)) -> st.SearchStrategy[Pixels]:
    """(h, w) or (h, w, bands), uint8 or uint16."""
    dtypes = st.sampled_from([np.uint8, np.uint16])
    return st.builds(_picture, SIDES, SIDES, st.sampled_from(bands), dtypes, st.sampled_from(KINDS), SEEDS)


def _soft_mask(h: int, w: int, seed: int) -> Float:
    values = np.random.default_rng(seed).random((h, w), np.float32)
    return np.clip(values * 2 - np.float32(0.5), 0, 1)


def soft_masks() -> st.SearchStrategy[Float]:
    """Alpha (h, w) float32 0..1, much of it 0 and 1."""
    return st.builds(_soft_mask, SIDES, SIDES, SEEDS)


def alphas(size: tuple[int, int], seed: int) -> Array:
    """A mask of that size, (h, w) uint8."""
    return np.round(_soft_mask(*size, seed) * 255).astype(np.uint8)


def _planes(h: int, w: int, seed: int) -> tuple[Float, Float, Float]:
    random = np.random.default_rng(seed)
    ab = random.uniform(-110, 110, (2, h, w)).astype(np.float32)
    return random.uniform(0, 100, (h, w)).astype(np.float32), ab[0], ab[1]


def planes() -> st.SearchStrategy[tuple[Float, Float, Float]]:
    """L* 0..100, a*, b* of any colours, in sRGB's gamut or not: (h, w) float32 each."""
    return st.builds(_planes, SIDES, SIDES, SEEDS)


def _segmentation(h: int, w: int, seed: int, has_classes: bool) -> Segmentation:
    random = np.random.default_rng(seed)
    blocks = random.integers(0, 21, (max(1, h // 8), max(1, w // 8)))
    labels = np.kron(blocks, np.ones((8, 8), int))[:h, :w]
    labels = np.pad(labels, ((0, h - labels.shape[0]), (0, w - labels.shape[1])), mode="edge")
    classes = np.moveaxis(np.eye(21, dtype=np.float32)[labels], -1, 0) * np.float32(random.uniform(0.3, 1))
    classes += (1 - classes.sum(axis=0)) / np.float32(21)
    features = random.normal(0, 1, (8, max(1, h // 2), max(1, w // 2))).astype(np.float32)
    return Segmentation(classes if has_classes else None, _soft_mask(h, w, seed), features)


def segmentations(has_classes: st.SearchStrategy[bool] = st.booleans()) -> st.SearchStrategy[Segmentation]:  # noqa: B008
    """Segmentations of a photo, some without classes."""
    return st.builds(_segmentation, SIDES, SIDES, SEEDS, has_classes)
