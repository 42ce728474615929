import numpy as np
import pytest
from scenes import Scene

from handtint.image.masks import detections, instances
from handtint.types import VOC, Array, Segmentation


def segmentation(inside: Array, name: str = "person") -> Segmentation:
    classes = np.zeros((21, *inside.shape), np.float32)
    classes[VOC.index(name)] = inside * np.float32(0.9)
    classes[0] = 1 - classes.sum(axis=0)
    return Segmentation(classes, inside.astype(np.float32), classes)


def boxes(*corners: tuple[int, int, int, int], size: tuple[int, int] = (80, 100)) -> Array:
    inside = np.zeros(size, bool)
    for left, top, right, bottom in corners:
        inside[top:bottom, left:right] = True
    return inside


def test_numbers_go_by_size_and_positions_from_the_left(scene: Scene) -> None:
    people = instances.of(scene.found, "person")
    assert [(p.number, p.position) for p in people] == [(1, 3), (2, 1), (3, 2)]
    assert [p.share for p in people] == sorted((p.share for p in people), reverse=True)
    assert people[0].share == pytest.approx((scene.owner == 1).mean(), rel=0.05)
    assert all(0.8 < p.confidence <= 1 for p in people)
    assert [i.name for i in instances.every(scene.found)] == ["dog", "person", "person", "person"]
    assert instances.of(scene.found, "cat") == []


def test_instances_share_the_class_between_them(scene: Scene) -> None:
    people = instances.of(scene.found, "person")
    np.testing.assert_array_equal(sum(p.alpha for p in people), scene.found.classes[VOC.index("person")])


def test_fragments_are_joined() -> None:
    behind_a_pole = boxes((10, 10, 40, 70), (41, 10, 60, 70))
    assert len(instances.of(segmentation(behind_a_pole), "person")) == 1
    hand = boxes((10, 10, 40, 70), (43, 30, 48, 36))
    assert len(instances.of(segmentation(hand), "person")) == 1
    apart = boxes((5, 10, 40, 70), (50, 10, 90, 70))
    assert len(instances.of(segmentation(apart), "person")) == 2


def test_specks_are_none() -> None:
    assert instances.of(segmentation(boxes((90, 70, 92, 72))), "person") == []
    assert len(instances.of(segmentation(boxes((5, 10, 60, 70), (90, 70, 93, 73))), "person")) == 1


def test_findings_tell_of_boxes_in_pixels(scene: Scene) -> None:
    found = detections.detect(scene.found, scene.pixels)
    assert [f.term for f in found] == ["subject", "person:1", "person:2", "person:3", "dog:1"]
    for detection, truth in zip(
        found[1:], ((530, 110, 711, 551), (90, 220, 211, 541), (370, 360, 431, 541)), strict=False
    ):
        np.testing.assert_allclose(detection.box, truth, atol=3)
    assert found[0].share == pytest.approx((scene.labels > 0).mean(), rel=0.02)
    unknown = Segmentation(None, scene.found.foreground, scene.found.features)
    assert detections.detect(unknown, scene.pixels)[0].number == 0


def test_nothing_found() -> None:
    nothing = np.zeros((20, 20), np.float32)
    classes = np.zeros((21, 20, 20), np.float32)
    classes[0] = 1
    pixels = np.zeros((50, 50), np.uint8)
    assert detections.detect(Segmentation(classes, nothing, classes), pixels) == []
