"""Masks for training, made of outlines of objects in COCO's format, drawn by a detector or a person."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pycocotools import mask as coco

from handtint.data.pseudo import LEAST
from handtint.data.weak_labels import file_name
from handtint.errors import InputError
from handtint.types import AMBIGUOUS, OTHER, VOC, VOID, Array

SURE = 0.5  # score: less leaves what the object covers open
EDGE = 5  # pixels across: the band around an object's outline that stays open, since detectors outline roughly
COCO_NAMES = {
    "airplane": "aeroplane",
    "couch": "sofa",
    "dining table": "diningtable",
    "motorcycle": "motorbike",
    "potted plant": "pottedplant",
    "tv": "tvmonitor",
}
LIKE_ONE = "truck", "bed", "bench"  # VOC's cars and buses, sofas and chairs have their like among them


@dataclass(frozen=True, slots=True)
class Outlined:
    """One object. label: its VOC class, OTHER or AMBIGUOUS. score: 0..1, 1 where none is given."""

    label: int
    score: float
    segmentation: Any  # polygons [x0, y0, x1, y1, ...] in pixels, or COCO's run lengths


def read(path: Path) -> dict[str, list[Outlined]]:
    """Read the objects of each photograph, by file name, from a COCO instances file. Raises InputError.

    Annotations may have a `score` 0..1.
    """
    objects: dict[str, list[Outlined]] = {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        names = {image["id"]: file_name(image["file_name"]) for image in document["images"]}
        classes = {kind["id"]: _label(kind["name"]) for kind in document["categories"]}
        for one in document["annotations"]:
            thing = Outlined(classes[one["category_id"]], float(one.get("score", 1.0)), one["segmentation"])
            objects.setdefault(names[one["image_id"]], []).append(thing)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not a COCO file of instances: {error!r}") from error
    return objects


def mask(things: list[Outlined], size: tuple[int, int]) -> Array | None:
    """A mask of objects: class labels (H, W) uint8, 255 for unknown. None if the objects cover too little.

    An object of none of VOC's classes is OTHER, or AMBIGUOUS where it may pass for one of them. Objects whose score is
    low are unknown, and so is a band along every outline. Where two objects overlap, the smaller one is taken to be in
    front. Raises ValueError where an outline is none or not of that size.
    """
    labels = np.zeros(size, np.uint8)
    planes = [_plane(thing.segmentation, size) for thing in things]
    for thing, plane in zip(things, planes, strict=True):
        if thing.score < SURE:
            labels[plane] = VOID
    sure = [(t, p) for t, p in zip(things, planes, strict=True) if t.score >= SURE]
    for thing, plane in sorted(sure, key=lambda pair: -int(pair[1].sum())):
        labels[plane] = thing.label
    for _, plane in sure:
        labels[_edge(plane)] = VOID
    return labels if ((labels > 0) & (labels != VOID)).mean() >= LEAST else None


def _plane(segmentation: Any, size: tuple[int, int]) -> Array:
    """(H, W) bool."""
    if isinstance(segmentation, dict):
        return coco.decode(_runs(segmentation, size)).astype(bool)
    if not _polygons(segmentation):
        raise ValueError("neither an outline of polygons nor one of run lengths")
    return coco.decode(coco.merge(coco.frPyObjects(segmentation, *size))).astype(bool)


def _runs(segmentation: dict[str, Any], size: tuple[int, int]) -> dict[str, Any]:
    counts = segmentation.get("counts")
    if segmentation.get("size") != list(size):
        raise ValueError(f"an outline of {segmentation.get('size')} on a photograph of {list(size)}, height and width")
    if isinstance(counts, list):
        if not all(isinstance(n, int) and n >= 0 for n in counts) or sum(counts) != size[0] * size[1]:
            raise ValueError("an outline whose run lengths are not those of its size")
        return coco.frPyObjects(segmentation, *size)
    if not isinstance(counts, str):
        raise ValueError("an outline without run lengths")
    return segmentation


def _polygons(segmentation: Any) -> bool:
    return (
        isinstance(segmentation, list)
        and bool(segmentation)
        and all(isinstance(p, list) and _polygon(p) for p in segmentation)
    )


def _polygon(points: list[Any]) -> bool:
    return len(points) >= 6 and len(points) % 2 == 0 and all(isinstance(v, int | float) for v in points)


def _edge(plane: Array) -> Array:
    return cv2.morphologyEx(plane.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((EDGE, EDGE), np.uint8)) > 0


def _label(name: str) -> int:
    name = COCO_NAMES.get(name, name)
    if name in VOC[1:]:
        return VOC.index(name)
    return AMBIGUOUS if name in LIKE_ONE else OTHER
