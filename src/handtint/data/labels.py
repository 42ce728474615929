"""Masks and what their pixels mean, folder by folder."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from handtint.data.sources import Item
from handtint.errors import DecodeError
from handtint.types import VOC, VOID, Array


def read_mask(item: Item) -> Array:
    """A label picture (h, w) uint8, its stored indices untouched by any palette. Raises DecodeError."""
    try:
        return np.array(Image.open(io.BytesIO(item.read())))
    except (OSError, ValueError) as error:
        raise DecodeError(f"{item.name}: not a label picture: {error}") from error


PERSON, HORSE = VOC.index("person"), VOC.index("horse")
_PARTIAL = ("furn_", "davis_")  # one object labelled, its like beside it not


def labels(photo: Item, mask: Array) -> tuple[Array, Array]:
    """(class labels 0..20, foreground labels 0..1), both (h, w) uint8 with 255 for unknown, by the folder's rule."""
    folder = photo.name.partition("/")[0]
    front = np.where(mask == VOID, VOID, (mask > 0).astype(np.uint8)).astype(np.uint8)
    if folder == "salient_binary":
        return np.full_like(mask, VOID), front
    if folder in ("person_binary", "horse_binary"):
        return mask * np.uint8(PERSON if folder == "person_binary" else HORSE), front
    if folder == "camvid":
        return mask, np.full_like(mask, VOID)
    if photo.stem.startswith(_PARTIAL):
        return np.where(mask == 0, VOID, mask).astype(np.uint8), front
    return mask, front


def mask_pairs(items: Sequence[Item]) -> list[tuple[Item, Item]]:
    """(photo, mask) for every `FOLDER/images/X.*` that has a `FOLDER/masks/X.png`."""
    masks = {f"/{i.name}": i for i in items if "/masks/" in f"/{i.name}"}
    photos = [i for i in items if "/images/" in f"/{i.name}"]
    named = ((p, masks.get(f"/{p.name}".replace("/images/", "/masks/").rpartition(".")[0] + ".png")) for p in photos)
    return [(p, m) for p, m in named if m is not None]


def photographs(items: Sequence[Item]) -> list[Item]:
    """The items without the label pictures that `mask_pairs` finds among them."""
    beside = {mask for _, mask in mask_pairs(items)}
    return [item for item in items if item not in beside]
