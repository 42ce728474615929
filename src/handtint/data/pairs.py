"""(L, ab) and (L, labels) pairs for training, each a pure function of (seed, pass, index)."""

from __future__ import annotations

import io
from collections.abc import Sequence

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from handtint.data.augment import age, crop_box, cut
from handtint.data.sources import Item
from handtint.image import codec, lab
from handtint.types import VOC, VOID

Batch = dict[str, Tensor]


def _rgb(item: Item) -> np.ndarray:
    pixels = codec.decode(item.read(), name=item.name).pixels
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)


def network_lightness(L: np.ndarray) -> Tensor:
    """L* (h, w) 0..100 -> (1, h, w) float32 -1..1."""
    return torch.from_numpy(np.ascontiguousarray(L, np.float32) / lab.L_SCALE - 1)[None]


class ColorPairs(Dataset[Batch]):
    """Random crops of colour photographs: L (1, size, size) as an old print shows it, ab (2, size, size) as it was."""

    def __init__(self, items: Sequence[Item], size: int, *, seed: int, turn: int, least: float = 0.45) -> None:
        self.items, self.size, self.seed, self.turn, self.least = items, size, seed, turn, least

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng((self.seed, self.turn, index))
        rgb = _rgb(self.items[index])
        rgb = cut(rgb, crop_box(rng, *rgb.shape[:2], least=self.least), self.size)
        if rng.random() < 0.5:
            rgb = np.ascontiguousarray(rgb[:, ::-1])
        L, ab = lab.split(rgb)
        ab = np.moveaxis(ab, -1, 0) / np.float32(lab.AB_SCALE)
        return {"L": network_lightness(age(rng, L)), "ab": torch.from_numpy(ab.copy())}


class MaskPairs(Dataset[Batch]):
    """Random crops of labelled photographs: L, class labels and foreground labels, uint8 with 255 for "do not ask".

    With the chance `paste`, the object of another picture is laid on top (Ghiasi et al. 2021, copy-paste): many
    rare classes come on plain ground only, which would otherwise become the shortcut to them.
    """

    def __init__(
        self,
        pairs: Sequence[tuple[Item, Item]],
        size: int,
        *,
        seed: int,
        turn: int,
        least: float = 0.35,
        paste: float = 0.35,
    ) -> None:
        self.pairs, self.size, self.seed, self.turn, self.least, self.paste = pairs, size, seed, turn, least, paste
        self.donors = [p for p in pairs if p[0].stem.startswith(DONORS)]

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng((self.seed, self.turn, index))
        L, classes, front = self._crop(rng, self.pairs[index])
        if self.donors and rng.random() < self.paste:
            donor = self._crop(rng, self.donors[int(rng.integers(len(self.donors)))])
            L, classes, front = _lay_over(rng, (L, classes, front), donor)
        return {
            "L": network_lightness(age(rng, L)),
            "classes": torch.from_numpy(classes.copy()),
            "foreground": torch.from_numpy(front.copy()),
        }

    def _crop(self, rng: np.random.Generator, pair: tuple[Item, Item]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        photo, mask = pair
        rgb = _rgb(photo)
        classes, front = labels(photo, read_mask(mask))
        box = crop_box(rng, *rgb.shape[:2], least=self.least, aspect=1.5)
        L = lab.lightness(cut(rgb, box, self.size))
        parts = [L, *(cut(m, box, self.size, nearest=True) for m in (classes, front))]
        return tuple(p[:, ::-1] for p in parts) if rng.random() < 0.5 else tuple(parts)  # type: ignore[return-value]


DONORS = ("cal_", "car_", "rail_", "furn_")


def _lay_over(
    rng: np.random.Generator, under: tuple[np.ndarray, ...], over: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    size = under[0].shape[0]
    side = int(size * rng.uniform(0.4, 1.0))
    y, x = (int(v) for v in rng.integers(size - side + 1, size=2))
    L, classes, front = (p.copy() for p in under)
    new_L = cv2.resize(np.ascontiguousarray(over[0]), (side, side), interpolation=cv2.INTER_AREA)
    new_c, new_f = (
        cv2.resize(np.ascontiguousarray(p), (side, side), interpolation=cv2.INTER_NEAREST) for p in over[1:]
    )
    inside = new_f == 1
    soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 0.8)
    there = np.s_[y : y + side, x : x + side]
    L[there] += soft * (new_L - L[there])
    classes[there][inside], front[there][inside] = new_c[inside], 1
    return L, classes, front


def read_mask(item: Item) -> np.ndarray:
    """A label picture (h, w) uint8, its stored indices untouched by any palette."""
    return np.array(Image.open(io.BytesIO(item.read())))


PERSON, HORSE = VOC.index("person"), VOC.index("horse")
_PARTIAL = ("furn_", "davis_")  # one object labelled, its like beside it not


def labels(photo: Item, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
    masks = {i.name: i for i in items if "/masks/" in i.name}
    photos = (i for i in items if "/images/" in i.name)
    named = ((p, masks.get(p.name.replace("/images/", "/masks/").rpartition(".")[0] + ".png")) for p in photos)
    return [(p, m) for p, m in named if m is not None]
