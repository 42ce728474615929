"""Masks for training, made of outlines of objects in COCO's format, drawn by a detector or a person."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pycocotools import mask as coco

from handtint.data.pseudo import MIN_COVERAGE
from handtint.data.weak_labels import file_name
from handtint.errors import InputError
from handtint.types import AMBIGUOUS, OTHER, VOC, VOID, Array

MIN_SCORE = 0.5  # pixels of an object with a lower score are labelled unknown
OUTLINE_WIDTH = 5  # pixels: a band this wide along each outline is unknown, since detectors outline roughly
COCO_NAMES = {
    "airplane": "aeroplane",
    "couch": "sofa",
    "dining table": "diningtable",
    "motorcycle": "motorbike",
    "potted plant": "pottedplant",
    "tv": "tvmonitor",
}
AMBIGUOUS_NAMES = "truck", "bed", "bench"  # may pass for VOC's cars and buses, sofas, and chairs


@dataclass(frozen=True, slots=True)
class Annotation:
    """One object of a photograph. label: its VOC class, OTHER or AMBIGUOUS. score: 0..1, 1 if the file has none."""

    label: int
    score: float
    segmentation: Any  # polygons [x0, y0, x1, y1, ...] in pixels, or COCO's run lengths


def read(path: Path) -> dict[str, list[Annotation]]:
    """Read the annotations of each photograph, by file name, from a COCO instances file; they may have a `score` 0..1.

    Raises InputError.
    """
    annotations: dict[str, list[Annotation]] = {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        names = {image["id"]: file_name(image["file_name"]) for image in document["images"]}
        classes = {category["id"]: _label(category["name"]) for category in document["categories"]}
        for entry in document["annotations"]:
            annotation = Annotation(
                classes[entry["category_id"]], float(entry.get("score", 1.0)), entry["segmentation"]
            )
            annotations.setdefault(names[entry["image_id"]], []).append(annotation)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not a COCO file of instances: {error!r}") from error
    return annotations


def mask(annotations: list[Annotation], size: tuple[int, int]) -> Array | None:
    """A mask of objects: class labels (H, W) uint8, 255 for unknown. None if the objects cover too little.

    An object of none of VOC's classes is OTHER, or AMBIGUOUS if it may pass for one of them. Objects whose score is
    low are unknown, and so is a band along every outline. Where two objects overlap, the smaller one is taken to be in
    front. Raises ValueError for a segmentation that is neither polygons nor run lengths of that size.
    """
    labels = np.zeros(size, np.uint8)
    masks = [_decode(annotation.segmentation, size) for annotation in annotations]
    for annotation, covered in zip(annotations, masks, strict=True):
        if annotation.score < MIN_SCORE:
            labels[covered] = VOID
    confident = [(a, covered) for a, covered in zip(annotations, masks, strict=True) if a.score >= MIN_SCORE]
    for annotation, covered in sorted(confident, key=lambda pair: -int(pair[1].sum())):
        labels[covered] = annotation.label
    for _, covered in confident:
        labels[_outline(covered)] = VOID
    return labels if ((labels > 0) & (labels != VOID)).mean() >= MIN_COVERAGE else None


def _decode(segmentation: Any, size: tuple[int, int]) -> Array:
    """The pixels that an object covers, (H, W) bool."""
    if isinstance(segmentation, dict):
        return coco.decode(_run_lengths(segmentation, size)).astype(bool)
    if not _are_polygons(segmentation):
        raise ValueError("neither an outline of polygons nor one of run lengths")
    return coco.decode(coco.merge(coco.frPyObjects(segmentation, *size))).astype(bool)


def _run_lengths(segmentation: dict[str, Any], size: tuple[int, int]) -> dict[str, Any]:
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


def _are_polygons(segmentation: Any) -> bool:
    return (
        isinstance(segmentation, list)
        and bool(segmentation)
        and all(isinstance(p, list) and _is_polygon(p) for p in segmentation)
    )


def _is_polygon(points: list[Any]) -> bool:
    return len(points) >= 6 and len(points) % 2 == 0 and all(isinstance(v, int | float) for v in points)


def _outline(covered: Array) -> Array:
    kernel = np.ones((OUTLINE_WIDTH, OUTLINE_WIDTH), np.uint8)
    return cv2.morphologyEx(covered.astype(np.uint8), cv2.MORPH_GRADIENT, kernel) > 0


def _label(name: str) -> int:
    name = COCO_NAMES.get(name, name)
    if name in VOC[1:]:
        return VOC.index(name)
    return AMBIGUOUS if name in AMBIGUOUS_NAMES else OTHER
