"""Pseudo-labels from a segmentation and weak labels; the segmentations are drawn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from handtint.data import pseudo
from handtint.data.weak_labels import WeakLabel
from handtint.types import VOID, Array, Segmentation

COW, HORSE, PERSON, CHAIR = 10, 13, 15, 9
LEFT, RIGHT = np.s_[:, :4], np.s_[:, 4:]


def segmentation(areas: dict[int, tuple[slice, slice]], *, doubt: dict[int, float] | None = None) -> Segmentation:
    """An 8 x 8 segmentation with areas of classes. doubt: the probability of other classes in these areas."""
    classes = np.zeros((21, 8, 8), np.float32)
    classes[0] = 1
    for index, area in areas.items():
        classes[0][area], classes[index][area] = 0, 1
    for index, share in (doubt or {}).items():
        object_pixels = classes[0] < 1
        classes[:, object_pixels] *= 1 - share
        classes[index, object_pixels] += share
    return Segmentation(classes, 1 - classes[0], np.zeros((1, 8, 8), np.float32))


def test_classes_outside_the_weak_labels_are_ignored() -> None:
    predicted = segmentation({HORSE: LEFT}, doubt={COW: 0.1})
    labels = pseudo.mask(predicted, WeakLabel({COW}), (8, 8))
    assert labels is not None
    assert (labels[LEFT] == COW).all()
    assert (labels[RIGHT] == 0).all()


def test_the_more_probable_class_is_chosen_unless_it_is_uncertain() -> None:
    labels = pseudo.mask(segmentation({HORSE: LEFT, PERSON: RIGHT}), WeakLabel({HORSE, PERSON}), (8, 8))
    assert labels is not None
    assert (labels[LEFT] == HORSE).all()
    assert (labels[RIGHT] == PERSON).all()
    uncertain = pseudo.mask(segmentation({HORSE: LEFT}, doubt={PERSON: 0.45}), WeakLabel({HORSE, PERSON}), (8, 8))
    assert uncertain is None


def test_if_a_labelled_class_is_missing_the_rest_is_void() -> None:
    labels = pseudo.mask(segmentation({HORSE: LEFT}), WeakLabel({HORSE, PERSON}), (8, 8))
    assert labels is not None
    assert (labels[LEFT] == HORSE).all()
    assert (labels[RIGHT] == VOID).all()


def test_areas_of_classes_without_label_are_void() -> None:
    labels = pseudo.mask(segmentation({PERSON: LEFT, CHAIR: np.s_[:2, 4:]}), WeakLabel({PERSON}), (8, 8))
    assert labels is not None
    assert (labels[:2, 4:] == VOID).all()
    assert (labels[2:, 4:] == 0).all()


def test_a_class_is_labelled_inside_its_box_only() -> None:
    hint = WeakLabel({COW}, boxes=[(COW, (0, 0, 16, 16))], ignored_boxes=[(24, 0, 32, 8)])
    labels = pseudo.mask(segmentation({COW: np.s_[:, :]}), hint, (32, 32))  # the boxes are in the photograph's pixels
    assert labels is not None
    assert (labels[:15, :15] == COW).all()
    assert not (labels[17:] == COW).any()
    assert (labels[:8, 24:] == VOID).all()


def test_a_second_segmentation_decides_where_the_first_is_uncertain() -> None:
    alpha = np.tile(np.float32([0.9, 0.55, 0.45, 0.1])[None], (4, 1))
    first = Segmentation(None, alpha, alpha[None])
    yes, no = (Segmentation(None, np.full_like(alpha, value), alpha[None]) for value in (1.0, 0.0))
    assert pseudo.foreground(first, None, (4, 4))[0].tolist() == [1, VOID, VOID, 0]
    assert pseudo.foreground(first, yes, (4, 4))[0].tolist() == [1, 1, 1, VOID]
    assert pseudo.foreground(first, no, (4, 4))[0].tolist() == [VOID, 0, 0, 0]


def test_an_empty_segmentation_gives_no_mask() -> None:
    assert pseudo.mask(segmentation({}), WeakLabel({COW}), (8, 8)) is None
    with pytest.raises(ValueError, match="no classes"):
        pseudo.mask(
            Segmentation(None, np.zeros((8, 8), np.float32), np.zeros((1, 8, 8), np.float32)), WeakLabel({1}), (8, 8)
        )


@given(
    hnp.arrays(np.float32, (21, 6, 5), elements=st.floats(0.015625, 1, width=32)),
    st.sets(st.integers(1, 20), min_size=1),
)
def test_labels_are_weak_labels_background_or_void(powers: Array, hinted: set[int]) -> None:
    classes = powers / powers.sum(axis=0)
    predicted = Segmentation(classes, 1 - classes[0], powers[:1])
    labels = pseudo.mask(predicted, WeakLabel(hinted), (12, 10))
    if labels is not None:
        assert labels.shape == (12, 10)
        assert set(np.unique(labels)) <= hinted | {0, VOID}
