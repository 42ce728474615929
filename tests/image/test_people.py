import numpy as np
import pytest
from test_instances import boxes, segmentation

from handtint.image.masks import instances
from handtint.image.masks.people import separate
from handtint.types import Array, Segmentation

SIZE = 80, 100


def shares(*corners: tuple[float, float, float, float]) -> tuple[tuple[float, float, float, float], ...]:
    height, width = SIZE
    return tuple((left / width, top / height, right / width, bottom / height) for left, top, right, bottom in corners)


def with_faces(inside: Array, *faces: tuple[float, float, float, float]) -> Segmentation:
    plain = segmentation(inside)
    return Segmentation(plain.classes, plain.foreground, plain.features, shares(*faces))


def test_two_touching_people_are_separated() -> None:
    left, right = boxes((10, 10, 40, 70)), boxes((40, 10, 70, 70))
    people = instances.of(with_faces(left | right, (21, 12, 29, 22), (51, 12, 59, 22)), "person")
    assert len(people) == 2
    by_position = sorted(people, key=lambda person: person.position)
    for person, truth in zip(by_position, (left, right), strict=True):
        inside = person.alpha > 0.5
        assert (inside & truth).sum() / (inside | truth).sum() > 0.9


def test_a_child_in_front_of_its_mother_has_its_own_body() -> None:
    mother = (40, 8, 52, 22)  # her body goes on behind the child's
    child = (42, 42, 50, 51)
    first, second = separate([boxes((30, 5, 62, 78))], shares(mother, child))
    assert first[30, 46]
    assert not first[60, 46]
    assert second[60, 46]
    assert not second[30, 46]


def test_nine_people_are_separated() -> None:
    standing = [(6 + 20 * i, 12, 12 + 20 * i, 20) for i in range(5)]
    sitting = [(16 + 20 * i, 38, 22 + 20 * i, 46) for i in range(4)]
    people = instances.of(with_faces(boxes((2, 10, 98, 76)), *standing, *sitting), "person")
    assert len(people) == 9
    np.testing.assert_array_equal(sum((p.alpha > 0.5).astype(int) for p in people), boxes((2, 10, 98, 76)))


def test_overlapping_detections_of_a_face_are_one_person() -> None:
    overlapping = (21, 12, 31, 22), (24, 14, 30, 20)
    assert len(instances.of(with_faces(boxes((10, 10, 40, 70)), *overlapping), "person")) == 1


@pytest.mark.parametrize("faces", [(), ((21, 12, 29, 22),), ((21, 12, 29, 22), (90, 2, 95, 8))])
def test_a_region_with_at_most_one_face_is_not_divided(faces: tuple[tuple[float, float, float, float], ...]) -> None:
    assert len(instances.of(with_faces(boxes((10, 10, 70, 70)), *faces), "person")) == 1


def test_faces_divide_regions_of_people_only() -> None:
    inside = boxes((10, 10, 70, 70))
    plain = segmentation(inside, "dog")
    dogs = Segmentation(plain.classes, plain.foreground, plain.features, shares((21, 12, 29, 22), (51, 12, 59, 22)))
    assert len(instances.of(dogs, "dog")) == 1
