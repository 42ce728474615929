"""Labels of garments, pixel by pixel, as masks of the parts of people: Clothing Co-Parsing (Yang et al. 2014)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from handtint.errors import InputError
from handtint.types import PARTS, Array

LAST_LABEL, SKIN, HAIR = 58, 41, 19  # labels of the data set: 0 is background, all others are things worn or carried


def find(folder: Path) -> Mapping[str, Path]:
    """The label files in the folder, by the names of their photographs, X.jpg for X.mat. Raises InputError."""
    labels = {f"{path.stem}.jpg": path for path in sorted(folder.glob("*.mat"))}
    if not labels:
        raise InputError(f"{folder}: no .mat files there; they are in annotations/pixel-level of the data set")
    return labels


def mask(path: Path, size: tuple[int, int]) -> Array:
    """The parts of people in a label file: (h, w) uint8, 0 for background and 1.. for PARTS in their order.

    size: (h, w) of the photograph. Raises InputError for a file without labels, or with those of another size.
    """
    try:
        labels = np.asarray(loadmat(path)["groundtruth"])
    except (OSError, KeyError, ValueError, NotImplementedError) as error:
        raise InputError(f"{path}: no label file of garments: {error}") from error
    if labels.shape != size or labels.max() > LAST_LABEL:
        raise InputError(f"{path}: labels of {labels.shape} up to {labels.max()} for a photograph of {size}")
    part = np.full(LAST_LABEL + 1, 1 + PARTS.index("clothes"), np.uint8)
    part[[0, SKIN, HAIR]] = 0, 1 + PARTS.index("skin"), 1 + PARTS.index("hair")
    return part[labels]
