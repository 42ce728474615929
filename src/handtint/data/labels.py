"""Masks as files, and as labels to train on."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from handtint.data.dataset import INDICES, UNKNOWN
from handtint.data.sources import Item
from handtint.errors import DecodeError
from handtint.types import AMBIGUOUS, OTHER, VOC, VOID, Array


def read_mask(item: Item) -> Array:
    """The pixels of a mask file (h, w) uint8: the stored indices, not the colours of a palette. Raises DecodeError."""
    try:
        picture = Image.open(io.BytesIO(item.read()))
        mask = np.array(picture)
    except (OSError, ValueError) as error:
        raise DecodeError(f"{item.name}: not a label picture: {error}") from error
    if picture.mode not in ("1", "L", "P"):
        raise DecodeError(
            f"{item.name}: not a label picture: one number of 8 bits a pixel is needed, not {picture.mode}"
        )
    return mask.astype(np.uint8)


def labels(photo: Item, mask: Array) -> tuple[Array, Array]:
    """The labels that a photograph's mask (h, w) uint8 stands for, by the labelling of its data set.

    Returns (class labels 0..20, foreground labels 0..1), both (h, w) uint8 with 255 for unknown. An object of none of
    the classes (OTHER) is background in the class labels, but foreground in the others; the class of one that may
    belong to a class (AMBIGUOUS) is unknown. Raises DecodeError for a mask of class indices with an invalid index.
    """
    labelling, valid, marked = photo.labelling, mask != VOID, mask > 0
    if labelling.classes == INDICES and (unknown := mask[(mask >= len(VOC)) & (mask < AMBIGUOUS)]).size:
        raise DecodeError(
            f"{photo.name}: its mask says {unknown[0]}, which is no class: 0..{len(VOC) - 1}, "
            f"and {AMBIGUOUS}..{VOID} for what is none or unknown"
        )
    if labelling.classes == UNKNOWN:
        classes = np.full_like(mask, VOID)
    elif labelling.classes == INDICES:
        classes = np.where(mask == OTHER, 0, np.where(mask == AMBIGUOUS, VOID, mask)).astype(np.uint8)
    else:
        classes = np.where(valid, marked * np.uint8(VOC.index(labelling.classes)), VOID).astype(np.uint8)
    if labelling.partial:
        classes = np.where(mask == 0, VOID, classes).astype(np.uint8)
    foreground = np.where(valid & labelling.foreground, marked, VOID).astype(np.uint8)
    return classes, foreground


def mask_pairs(items: Sequence[Item]) -> list[tuple[Item, Item]]:
    """(photo, mask) for every `FOLDER/images/X.*` that has a `FOLDER/masks/X.png`."""
    masks = {f"/{i.name}": i for i in items if "/masks/" in f"/{i.name}"}
    photos = [i for i in items if "/images/" in f"/{i.name}"]
    pairs = ((p, masks.get(f"/{p.name}".replace("/images/", "/masks/").rpartition(".")[0] + ".png")) for p in photos)
    return [(p, m) for p, m in pairs if m is not None]


def photographs(items: Sequence[Item]) -> list[Item]:
    """The items that are photographs, without the mask files that `mask_pairs` finds among them."""
    masks = {mask for _, mask in mask_pairs(items)}
    return [item for item in items if item not in masks]
