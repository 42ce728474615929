"""Training pairs, (L, ab) and (L, labels), each a pure function of (seed, epoch, index)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from handtint.data.augment import Box, box_around, crop_and_resize, crop_box, degrade, squash
from handtint.data.cameras import film, recorded_lightness
from handtint.data.color_hints import hints
from handtint.data.damage import damage
from handtint.data.ground_truth import rgb
from handtint.data.labels import labels, read_mask
from handtint.data.sources import Item
from handtint.image.color import lab
from handtint.types import Array

Batch = dict[str, Tensor]
COLOR_MIN_SCALE, MASK_MIN_SCALE = 0.45, 0.35  # the smallest share of a photograph that a crop has


def network_lightness(L: Array) -> Tensor:
    """L* (h, w) 0..100 -> (1, h, w) float32 -1..1."""
    return torch.from_numpy(np.ascontiguousarray(L, np.float32) / lab.L_SCALE - 1)[None]


def network_ab(ab: Array) -> Tensor:
    """a*b* (h, w, 2) -> (2, h, w) float32, divided by 110."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(ab, -1, 0), np.float32) / np.float32(lab.AB_SCALE))


def network_hints(known: Array) -> Tensor:
    """a*, b* and their certainty (h, w, 3) -> (3, h, w) float32, a* and b* divided by 110."""
    scale = np.array([lab.AB_SCALE, lab.AB_SCALE, 1], np.float32)
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(known / scale, -1, 0), np.float32))


@dataclass(frozen=True, slots=True)
class ColorAugmentation:
    """The augmentation of photographs for colour training; all probabilities are 0..1."""

    min_scale: float = COLOR_MIN_SCALE  # smallest share of the photograph in a crop
    degradation_prob: float = 0.25  # probability of each fault of old prints
    damage_prob: float = 0.0  # probability of each kind of damage by storage, printing and scanning
    old_camera_prob: float = 0.0  # probability of L as a plate or film of another spectral sensitivity recorded it
    with_hints: bool = False  # whether half of the samples have some true colours as hints
    face_crop_prob: float = 0.0  # probability of a crop around a face, for photographs that `faces` lists
    faces: Mapping[str, Array] = field(default_factory=dict)  # by stem: (n, 5), x0, y0, x1, y1 in pixels and a score


class ColorPairs(Dataset[Batch]):
    """A data set of random crops of colour photographs: degraded L (1, size, size), and the true ab (2, size, size).

    With `with_hints`, also hints (3, size, size): a* and b* divided by 110, and their certainty 0..1.
    """

    def __init__(
        self, items: Sequence[Item], size: int, *, seed: int, epoch: int, augmentation: ColorAugmentation | None = None
    ) -> None:
        self.items, self.size, self.seed, self.epoch = items, size, seed, epoch
        self.augmentation = augmentation or ColorAugmentation()

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng((self.seed, self.epoch, index))
        augmentation, item = self.augmentation, self.items[index]
        photo = rgb(item)
        pixels = crop_and_resize(photo, self._box(rng, photo.shape[:2], item), self.size)
        if rng.random() < 0.5:
            pixels = np.ascontiguousarray(pixels[:, ::-1])
        truth, ab = lab.split(pixels)
        L = recorded_lightness(pixels, film(rng)) if rng.random() < augmentation.old_camera_prob else truth
        L, ab = damage(rng, degrade(rng, L, prob=augmentation.degradation_prob), ab, prob=augmentation.damage_prob)
        pair = {"L": network_lightness(L), "ab": network_ab(ab)}
        return pair | {"hints": network_hints(hints(rng, truth, ab))} if augmentation.with_hints else pair

    def _box(self, rng: np.random.Generator, shape: tuple[int, ...], item: Item) -> Box:
        height, width = shape
        faces = self.augmentation.faces.get(item.stem)
        if faces is not None and len(faces) and rng.random() < self.augmentation.face_crop_prob:
            return box_around(rng, height, width, faces[int(rng.integers(len(faces)))][:4])
        return crop_box(rng, height, width, min_scale=self.augmentation.min_scale)


class SquashedPairs(Dataset[Batch]):
    """A data set of whole colour photographs, as the report prepares them: L (1, size, size) and ab (2, size, size).

    They are resized to a square by bicubic interpolation. flip: whether half of them are mirrored.
    """

    def __init__(self, items: Sequence[Item], size: int, *, seed: int, epoch: int, flip: bool = True) -> None:
        self.items, self.size, self.seed, self.epoch, self.flip = items, size, seed, epoch, flip

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng((self.seed, self.epoch, index))
        pixels = squash(rgb(self.items[index]), self.size)
        if self.flip and rng.random() < 0.5:
            pixels = np.ascontiguousarray(pixels[:, ::-1])
        L, ab = lab.split(pixels)
        return {"L": network_lightness(L), "ab": network_ab(ab)}


class MaskPairs(Dataset[Batch]):
    """A data set of random crops: L, class labels and foreground labels, uint8 with 255 for unknown.

    With the probability `copy_paste_prob`, an object of another photograph is pasted in (Ghiasi et al. 2021,
    copy-paste): many rare classes were photographed on a plain background, which a network would learn instead.
    """

    def __init__(
        self,
        pairs: Sequence[tuple[Item, Item]],
        size: int,
        *,
        seed: int,
        epoch: int,
        min_crop_scale: float = MASK_MIN_SCALE,
        degradation_prob: float = 0.25,
        copy_paste_prob: float = 0.35,
    ) -> None:
        self.pairs, self.size, self.seed, self.epoch = pairs, size, seed, epoch
        self.min_crop_scale = min_crop_scale
        self.degradation_prob, self.copy_paste_prob = degradation_prob, copy_paste_prob
        self.donors = [p for p in pairs if p[0].labelling.paste]

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng((self.seed, self.epoch, index))
        L, classes, foreground = self._crop(rng, self.pairs[index])
        if self.donors and rng.random() < self.copy_paste_prob:
            donor = self._crop(rng, self.donors[int(rng.integers(len(self.donors)))])
            L, classes, foreground = _paste(rng, (L, classes, foreground), donor)
        return {
            "L": network_lightness(degrade(rng, L, prob=self.degradation_prob)),
            "classes": torch.from_numpy(classes.copy()),
            "foreground": torch.from_numpy(foreground.copy()),
        }

    def _crop(self, rng: np.random.Generator, pair: tuple[Item, Item]) -> tuple[Array, Array, Array]:
        photo, mask = pair
        pixels = rgb(photo)
        classes, foreground = labels(photo, read_mask(mask))
        box = crop_box(rng, *pixels.shape[:2], min_scale=self.min_crop_scale, aspect=1.5)
        L = lab.lightness(crop_and_resize(pixels, box, self.size))
        labelled = (crop_and_resize(plane, box, self.size, nearest=True) for plane in (classes, foreground))
        planes = L, *labelled
        return tuple(p[:, ::-1] for p in planes) if rng.random() < 0.5 else planes  # type: ignore[return-value]


class WholeMaskPairs(Dataset[Batch]):
    """A data set of whole labelled photographs, resized to a square: L, class labels and foreground labels."""

    def __init__(self, pairs: Sequence[tuple[Item, Item]], size: int) -> None:
        self.pairs, self.size = pairs, size

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> Batch:
        photo, mask = self.pairs[index]
        pixels = rgb(photo)
        planes = labels(photo, read_mask(mask))
        whole = (0, 0, *pixels.shape[:2])
        return {
            "L": network_lightness(lab.lightness(crop_and_resize(pixels, whole, self.size))),
            **{
                name: torch.from_numpy(crop_and_resize(plane, whole, self.size, nearest=True))
                for name, plane in zip(LABELS, planes, strict=True)
            },
        }


LABELS = ("classes", "foreground")


def _paste(rng: np.random.Generator, target: tuple[Array, ...], donor: tuple[Array, ...]) -> tuple[Array, Array, Array]:
    size = target[0].shape[0]
    side = int(size * rng.uniform(0.4, 1.0))
    y, x = (int(v) for v in rng.integers(size - side + 1, size=2))
    L, classes, foreground = (array.copy() for array in target)
    donor_L = cv2.resize(np.ascontiguousarray(donor[0]), (side, side), interpolation=cv2.INTER_AREA)
    donor_classes, donor_foreground = (
        cv2.resize(np.ascontiguousarray(array), (side, side), interpolation=cv2.INTER_NEAREST) for array in donor[1:]
    )
    inside = donor_foreground == 1
    opacity = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 0.8)
    region = np.s_[y : y + side, x : x + side]
    L[region] += opacity * (donor_L - L[region])
    classes[region][inside], foreground[region][inside] = donor_classes[inside], 1
    return L, classes, foreground
