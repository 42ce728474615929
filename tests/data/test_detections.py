"""Masks from outlines in COCO's format; pycocotools is the oracle of run lengths."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco

from handtint.data.detections import Annotation, mask, read
from handtint.errors import InputError
from handtint.types import AMBIGUOUS, OTHER, VOC, VOID

SOFA, CAT = VOC.index("sofa"), VOC.index("cat")


def square(x0: int, y0: int, x1: int, y1: int) -> list[list[int]]:
    return [[x0, y0, x1, y0, x1, y1, x0, y1]]


def write(tmp_path: Path, **changes: Any) -> Path:
    content = {
        "images": [{"id": 7, "file_name": "train/a.jpg"}],
        "categories": [{"id": 1, "name": "couch"}, {"id": 2, "name": "bed"}, {"id": 3, "name": "zebra"}],
        "annotations": [
            {"image_id": 7, "category_id": 1, "segmentation": square(0, 0, 9, 9)},
            {"image_id": 7, "category_id": 3, "segmentation": square(0, 0, 9, 9), "score": 0.3},
            {"image_id": 7, "category_id": 2, "segmentation": square(0, 0, 9, 9), "score": 0.4},
        ],
    }
    (tmp_path / "i.json").write_text(json.dumps(content | changes))
    return tmp_path / "i.json"


def test_a_coco_file_gives_annotations_by_photograph(tmp_path: Path) -> None:
    annotations = read(write(tmp_path))
    assert [(t.label, t.score) for t in annotations["a.jpg"]] == [(SOFA, 1.0), (OTHER, 0.3), (AMBIGUOUS, 0.4)]


@pytest.mark.parametrize(
    "changes", [{"images": []}, {"annotations": [1]}, {"categories": None}, {"annotations": [{"image_id": 7}]}]
)
def test_an_invalid_file_is_an_error_with_its_name(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"i\.json: not a COCO file"):
        read(write(tmp_path, **changes))


def test_smaller_objects_are_in_front_and_edges_are_void() -> None:
    sofa, cat = Annotation(SOFA, 0.9, square(5, 5, 55, 55)), Annotation(CAT, 0.6, square(20, 20, 40, 40))
    labels = mask([cat, sofa], (60, 60))
    assert labels is not None
    assert labels[30, 30] == CAT
    assert labels[10, 10] == SOFA
    assert labels[0, 0] == 0
    assert labels[30, 20] == labels[5, 30] == VOID
    assert set(np.unique(labels)) == {0, CAT, SOFA, VOID}


def test_uncertain_objects_are_void_and_other_classes_are_marked() -> None:
    sofa = Annotation(SOFA, 1.0, square(0, 0, 30, 60))
    unsure, zebra = Annotation(CAT, 0.3, square(40, 0, 50, 20)), Annotation(OTHER, 0.9, square(40, 30, 50, 50))
    labels = mask([sofa, unsure, zebra], (60, 60))
    assert labels is not None
    assert labels[10, 45] == VOID
    assert labels[40, 45] == OTHER
    assert labels[25, 45] == 0
    assert mask([unsure], (60, 60)) is None, "too little is certain"
    under = mask([sofa, Annotation(CAT, 0.3, square(10, 10, 20, 20))], (60, 60))
    assert under is not None
    assert under[15, 15] == SOFA, "a certain object takes precedence"


def test_run_lengths_are_read_like_polygons() -> None:
    plane = np.zeros((60, 40), np.uint8)
    plane[10:50, 5:35] = 1
    encoded = coco.encode(np.asfortranarray(plane))
    flat = plane.ravel(order="F")
    changes = np.flatnonzero(np.diff(flat, prepend=0, append=flat[-1])).tolist()
    counts = np.diff([0, *changes, flat.size]).tolist()
    for runs in ({**encoded, "counts": encoded["counts"].decode()}, {"size": [60, 40], "counts": counts}):
        labels = mask([Annotation(CAT, 1.0, runs)], (60, 40))
        assert labels is not None
        assert np.array_equal(labels[14:46, 9:31], np.full((32, 22), CAT))
        assert (labels == CAT).sum() < plane.sum(), "the edge is void"


@pytest.mark.parametrize("outline", [[[1, 2]], "x", {"size": [5, 5], "counts": [25]}, {"size": [60, 60]}, None])
def test_an_invalid_outline_is_rejected(outline: Any) -> None:
    with pytest.raises(ValueError, match="outline"):
        mask([Annotation(CAT, 1.0, outline)], (60, 60))
