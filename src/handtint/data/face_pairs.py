"""Training pairs for the face detector: crops in which a face may have any size, and the maps to predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset

from handtint.data.augment import degrade
from handtint.data.cameras import recorded_lightness
from handtint.data.ground_truth import rgb
from handtint.data.pairs import Batch, network_lightness
from handtint.data.sources import Item
from handtint.nets.faces import STRIDE
from handtint.types import Array, Float

MIN_WIDTH, MAX_WIDTH = 5.0, 110.0  # of faces in crops, in pixels; the loss leaves smaller ones out
MAX_SCALE = 2.5  # the largest factor by which photographs are enlarged
MIN_SCORE = 0.5  # of a box that counts as a face; the loss leaves others out
EMPTY_STRIDE = 4  # one in this many of the photographs without faces is used
RANDOM_CROP_PROB = 0.15  # of a crop at a random place instead of around a face

Example = tuple[Item, Array]  # a photograph, and its faces (n, 5): x0, y0, x1, y1 in pixels and the score


def with_faces(items: Sequence[Item], faces: Mapping[str, Array]) -> list[Example]:
    """(photograph, its faces) for all photographs whose faces are known.

    faces: boxes by file name without folder and extension; those of "data/12.jpg" also belong to "coco40k_12.jpg". Of
    the photographs without a face, one in four is used.
    """
    candidates = ((item, faces.get(item.stem, faces.get(item.stem.rpartition("_")[2]))) for item in items)
    examples = [(item, boxes) for item, boxes in candidates if boxes is not None]
    empty = [example for example in examples if not len(example[1])]
    return [example for example in examples if len(example[1])] + empty[::EMPTY_STRIDE]


class FacePairs(Dataset[Batch]):
    """A data set of random crops: L (1, size, size), degraded as in old prints, and maps (k, size / 4, size / 4).

    heat (1): 1 in the cell of a face's centre, less around it. heat_mask (1): 0 where it is unknown whether there is a
    face, 1 elsewhere. size (2), offset (2): as `FaceNet` predicts them, in the cells of centres alone.
    degradation_prob: of each fault of old prints.
    """

    def __init__(
        self, examples: Sequence[Example], size: int, *, seed: int, epoch: int, degradation_prob: float = 0.25
    ) -> None:
        self.examples, self.size, self.seed, self.epoch, self.degradation_prob = (
            examples,
            size,
            seed,
            epoch,
            degradation_prob,
        )

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng((self.seed, self.epoch, index))
        item, faces = self.examples[index]
        pixels, faces = random_crop(rng, _pixels(item), faces, self.size)
        maps = {name: torch.from_numpy(plane) for name, plane in targets(faces, self.size).items()}
        return {
            "L": network_lightness(
                degrade(rng, recorded_lightness(pixels, _sensitivity(rng)), prob=self.degradation_prob)
            ),
            **maps,
        }


@lru_cache(maxsize=4096)
def _pixels(item: Item) -> Array:
    """The photograph (h, w, 3) uint8, cached: decoding it takes longer than a training step of so small a network."""
    return rgb(item)


def _sensitivity(rng: np.random.Generator) -> Float:
    """A random spectral sensitivity: shares of linear R, G and B, (3,) float32, sum 1."""
    return rng.dirichlet((1.0, 1.5, 1.0)).astype(np.float32)


def random_crop(rng: np.random.Generator, pixels: Array, faces: Array, size: int) -> tuple[Array, Array]:
    """A random crop (size, size), mirrored with probability 0.5, and the faces (n, 5) in its pixels.

    Most crops contain a face of 5 to 110 pixels; the logarithm of its width is uniformly distributed.
    """
    h, w = pixels.shape[:2]
    target_width = float(np.exp(rng.uniform(np.log(MIN_WIDTH), np.log(MAX_WIDTH))))
    scale, center = float(np.exp(rng.uniform(np.log(0.35), np.log(1.5)))), rng.uniform((0, 0), (w, h))
    if len(faces) and rng.random() >= RANDOM_CROP_PROB:
        x0, y0, x1, y1, _ = faces[int(rng.integers(len(faces)))]
        scale, center = target_width / float(max(1.0, x1 - x0)), np.array((x0 + x1, y0 + y1)) / 2
    scale = min(scale, MAX_SCALE)
    stretch = float(np.exp(rng.normal(0, 0.05)))
    target = rng.uniform(0.1, 0.9, 2) * size  # where the centre lies in the crop
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    sx, sy = mirror * scale * stretch, scale / stretch
    affine = np.array([[sx, 0, target[0] - sx * center[0]], [0, sy, target[1] - sy * center[1]]], np.float32)
    if scale < 0.8:  # blur before downsampling, against aliasing
        pixels = cv2.GaussianBlur(pixels, (0, 0), 0.4 / scale)
    if rng.random() < 0.7:  # usually move the crop so that as much as possible of it lies inside the photograph
        for axis, (scaled, side) in enumerate(((sx, w), (sy, h))):
            low, slack = affine[axis, 2] + min(0.0, scaled * side), size - abs(scaled) * side
            affine[axis, 2] += np.clip(low, min(0.0, slack), max(0.0, slack)) - low
    fill = [int(rng.integers(256))] * 3
    crop = cv2.warpAffine(pixels, affine, (size, size), flags=cv2.INTER_LINEAR, borderValue=fill)
    return crop, _transformed(faces, affine)


def _transformed(faces: Array, affine: Array) -> Array:
    x = faces[:, (0, 2)] * affine[0, 0] + affine[0, 2]
    y = faces[:, (1, 3)] * affine[1, 1] + affine[1, 2]
    return np.stack([x.min(axis=1), y.min(axis=1), x.max(axis=1), y.max(axis=1), faces[:, 4]], axis=1)


def targets(faces: Array, size: int) -> dict[str, Float]:
    """The maps of `FacePairs` for faces (n, 5) in pixels of a crop (size, size)."""
    cells = size // STRIDE
    maps = {name: np.zeros((k, cells, cells), np.float32) for name, k in (("heat", 1), ("size", 2), ("offset", 2))}
    heat_mask = np.ones((1, cells, cells), np.float32)
    rows = np.arange(cells, dtype=np.float32)
    for x0, y0, x1, y1, score in faces[np.argsort(-faces[:, 2] + faces[:, 0])]:  # small ones last: they win
        cx, cy = (x0 + x1) / 2 / STRIDE - 0.5, (y0 + y1) / 2 / STRIDE - 0.5
        width, height = (x1 - x0) / STRIDE, (y1 - y0) / STRIDE
        x, y = round(float(cx)), round(float(cy))
        inside = 0 <= x < cells and 0 <= y < cells
        if score < MIN_SCORE or x1 - x0 < MIN_WIDTH or not inside:
            top, left = (int(max(0, v / STRIDE)) for v in (y0, x0))
            heat_mask[0, top : max(0, int(y1 / STRIDE) + 1), left : max(0, int(x1 / STRIDE) + 1)] = 0
            continue
        variances = [2 * max(0.5, 0.1 * side) ** 2 for side in (height, width)]
        gaussian = np.exp(-((rows - y) ** 2)[:, None] / variances[0] - ((rows - x) ** 2)[None] / variances[1])
        maps["heat"][0] = np.maximum(maps["heat"][0], gaussian)
        maps["size"][:, y, x] = np.log((height, width))
        maps["offset"][:, y, x] = cy - y, cx - x
        heat_mask[0, y, x] = 1
    return {**maps, "heat_mask": heat_mask}
