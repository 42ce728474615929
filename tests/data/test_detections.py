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


def written(tmp_path: Path, **changes: Any) -> Path:
    told = {
        "images": [{"id": 7, "file_name": "train/a.jpg"}],
        "categories": [{"id": 1, "name": "couch"}, {"id": 2, "name": "bed"}, {"id": 3, "name": "zebra"}],
        "annotations": [
            {"image_id": 7, "category_id": 1, "segmentation": square(0, 0, 9, 9)},
            {"image_id": 7, "category_id": 3, "segmentation": square(0, 0, 9, 9), "score": 0.3},
            {"image_id": 7, "category_id": 2, "segmentation": square(0, 0, 9, 9), "score": 0.4},
        ],
    }
    (tmp_path / "i.json").write_text(json.dumps(told | changes))
    return tmp_path / "i.json"


def test_a_file_of_instances(tmp_path: Path) -> None:
    found = read(written(tmp_path))
    assert [(t.label, t.score) for t in found["a.jpg"]] == [(SOFA, 1.0), (OTHER, 0.3), (AMBIGUOUS, 0.4)]


@pytest.mark.parametrize(
    "changes", [{"images": []}, {"annotations": [1]}, {"categories": None}, {"annotations": [{"image_id": 7}]}]
)
def test_a_wrong_file_is_named(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"i\.json: not a COCO file"):
        read(written(tmp_path, **changes))


def test_the_smaller_is_in_front_and_edges_stay_open() -> None:
    sofa, cat = Annotation(SOFA, 0.9, square(5, 5, 55, 55)), Annotation(CAT, 0.6, square(20, 20, 40, 40))
    labels = mask([cat, sofa], (60, 60))
    assert labels is not None
    assert labels[30, 30] == CAT
    assert labels[10, 10] == SOFA
    assert labels[0, 0] == 0
    assert labels[30, 20] == labels[5, 30] == VOID
    assert set(np.unique(labels)) == {0, CAT, SOFA, VOID}


def test_what_is_unsure_stays_open_and_what_is_of_no_class_is_a_thing() -> None:
    sofa = Annotation(SOFA, 1.0, square(0, 0, 30, 60))
    unsure, zebra = Annotation(CAT, 0.3, square(40, 0, 50, 20)), Annotation(OTHER, 0.9, square(40, 30, 50, 50))
    labels = mask([sofa, unsure, zebra], (60, 60))
    assert labels is not None
    assert labels[10, 45] == VOID
    assert labels[40, 45] == OTHER
    assert labels[25, 45] == 0
    assert mask([unsure], (60, 60)) is None, "of nothing is enough to be seen"
    under = mask([sofa, Annotation(CAT, 0.3, square(10, 10, 20, 20))], (60, 60))
    assert under is not None
    assert under[15, 15] == SOFA, "what is sure wins"


def test_run_lengths_are_as_good_as_polygons() -> None:
    plane = np.zeros((60, 40), np.uint8)
    plane[10:50, 5:35] = 1
    packed = coco.encode(np.asfortranarray(plane))
    flat = plane.ravel(order="F")
    changes = np.flatnonzero(np.diff(flat, prepend=0, append=flat[-1])).tolist()
    counts = np.diff([0, *changes, flat.size]).tolist()
    for runs in ({**packed, "counts": packed["counts"].decode()}, {"size": [60, 40], "counts": counts}):
        labels = mask([Annotation(CAT, 1.0, runs)], (60, 40))
        assert labels is not None
        assert np.array_equal(labels[14:46, 9:31], np.full((32, 22), CAT))
        assert (labels == CAT).sum() < plane.sum(), "the edge is open"


@pytest.mark.parametrize("outline", [[[1, 2]], "x", {"size": [5, 5], "counts": [25]}, {"size": [60, 60]}, None])
def test_a_wrong_outline_is_refused(outline: Any) -> None:
    with pytest.raises(ValueError, match="outline"):
        mask([Annotation(CAT, 1.0, outline)], (60, 60))
