"""What is made of a network's sight and a hint; the sights here are drawn."""

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


def sight(areas: dict[int, tuple[slice, slice]], *, doubt: dict[int, float] | None = None) -> Segmentation:
    """8 x 8, background but for the areas of classes; doubt: a share of each pixel that is another class's."""
    classes = np.zeros((21, 8, 8), np.float32)
    classes[0] = 1
    for index, area in areas.items():
        classes[0][area], classes[index][area] = 0, 1
    for index, share in (doubt or {}).items():
        thing = classes[0] < 1
        classes[:, thing] *= 1 - share
        classes[index, thing] += share
    return Segmentation(classes, 1 - classes[0], np.zeros((1, 8, 8), np.float32))


def test_a_class_that_is_not_there_cannot_win() -> None:
    found = sight({HORSE: LEFT}, doubt={COW: 0.1})
    labels = pseudo.mask(found, WeakLabel({COW}), (8, 8))
    assert labels is not None
    assert (labels[LEFT] == COW).all()
    assert (labels[RIGHT] == 0).all()


def test_between_two_that_are_there_the_surer_wins_or_none() -> None:
    clear = pseudo.mask(sight({HORSE: LEFT, PERSON: RIGHT}), WeakLabel({HORSE, PERSON}), (8, 8))
    assert clear is not None
    assert (clear[LEFT] == HORSE).all()
    assert (clear[RIGHT] == PERSON).all()
    torn = pseudo.mask(sight({HORSE: LEFT}, doubt={PERSON: 0.45}), WeakLabel({HORSE, PERSON}), (8, 8))
    assert torn is None


def test_what_was_not_found_may_be_anywhere() -> None:
    labels = pseudo.mask(sight({HORSE: LEFT}), WeakLabel({HORSE, PERSON}), (8, 8))
    assert labels is not None
    assert (labels[LEFT] == HORSE).all()
    assert (labels[RIGHT] == VOID).all()


def test_what_hints_leave_out_stays_open() -> None:
    labels = pseudo.mask(sight({PERSON: LEFT, CHAIR: np.s_[:2, 4:]}), WeakLabel({PERSON}), (8, 8))
    assert labels is not None
    assert (labels[:2, 4:] == VOID).all()
    assert (labels[2:, 4:] == 0).all()


def test_a_class_stands_in_its_box_alone() -> None:
    hint = WeakLabel({COW}, boxes=[(COW, (0, 0, 16, 16))], ignored_boxes=[(24, 0, 32, 8)])
    labels = pseudo.mask(sight({COW: np.s_[:, :]}), hint, (32, 32))  # the boxes are in the photograph's pixels
    assert labels is not None
    assert (labels[:15, :15] == COW).all()
    assert not (labels[17:] == COW).any()
    assert (labels[:8, 24:] == VOID).all()


def test_of_two_the_first_weighs_more_and_the_second_decides_where_it_is_torn() -> None:
    alpha = np.tile(np.float32([0.9, 0.55, 0.45, 0.1])[None], (4, 1))
    first = Segmentation(None, alpha, alpha[None])
    yes, no = (Segmentation(None, np.full_like(alpha, value), alpha[None]) for value in (1.0, 0.0))
    assert pseudo.foreground(first, None, (4, 4))[0].tolist() == [1, VOID, VOID, 0]
    assert pseudo.foreground(first, yes, (4, 4))[0].tolist() == [1, 1, 1, VOID]
    assert pseudo.foreground(first, no, (4, 4))[0].tolist() == [VOID, 0, 0, 0]


def test_nothing_is_made_of_nothing() -> None:
    assert pseudo.mask(sight({}), WeakLabel({COW}), (8, 8)) is None
    with pytest.raises(ValueError, match="no classes"):
        pseudo.mask(
            Segmentation(None, np.zeros((8, 8), np.float32), np.zeros((1, 8, 8), np.float32)), WeakLabel({1}), (8, 8)
        )


@given(
    hnp.arrays(np.float32, (21, 6, 5), elements=st.floats(0.015625, 1, width=32)),
    st.sets(st.integers(1, 20), min_size=1),
)
def test_labels_are_hinted_at_background_or_open(powers: Array, told: set[int]) -> None:
    classes = powers / powers.sum(axis=0)
    found = Segmentation(classes, 1 - classes[0], powers[:1])
    labels = pseudo.mask(found, WeakLabel(told), (12, 10))
    if labels is not None:
        assert labels.shape == (12, 10)
        assert set(np.unique(labels)) <= told | {0, VOID}
