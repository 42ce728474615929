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


def test_instances_are_numbered_by_size_and_positioned_from_the_left(scene: Scene) -> None:
    people = instances.of(scene.segmentation, "person")
    assert [(p.number, p.position) for p in people] == [(1, 3), (2, 1), (3, 2)]
    assert [p.share for p in people] == sorted((p.share for p in people), reverse=True)
    assert people[0].share == pytest.approx((scene.owner == 1).mean(), rel=0.05)
    assert all(0.8 < p.confidence <= 1 for p in people)
    assert [i.name for i in instances.every(scene.segmentation)] == ["dog", "person", "person", "person"]
    assert instances.of(scene.segmentation, "cat") == []


def test_instances_divide_the_probability_of_their_class(scene: Scene) -> None:
    people = instances.of(scene.segmentation, "person")
    np.testing.assert_array_equal(sum(p.alpha for p in people), scene.segmentation.classes[VOC.index("person")])


def test_close_fragments_are_one_instance() -> None:
    divided = boxes((10, 10, 40, 70), (41, 10, 60, 70))
    assert len(instances.of(segmentation(divided), "person")) == 1
    hand = boxes((10, 10, 40, 70), (43, 30, 48, 36))
    assert len(instances.of(segmentation(hand), "person")) == 1
    separate = boxes((5, 10, 40, 70), (50, 10, 90, 70))
    assert len(instances.of(segmentation(separate), "person")) == 2


def test_small_regions_are_no_instances() -> None:
    assert instances.of(segmentation(boxes((90, 70, 92, 72))), "person") == []
    assert len(instances.of(segmentation(boxes((5, 10, 60, 70), (90, 70, 93, 73))), "person")) == 1


def test_detections_have_boxes_in_pixels(scene: Scene) -> None:
    detected = detections.detect(scene.segmentation, scene.pixels)
    assert [f.term for f in detected] == ["subject", "person:1", "person:2", "person:3", "dog:1"]
    for detection, truth in zip(
        detected[1:], ((530, 110, 711, 551), (90, 220, 211, 541), (370, 360, 431, 541)), strict=False
    ):
        np.testing.assert_allclose(detection.box, truth, atol=3)
    assert detected[0].share == pytest.approx((scene.labels > 0).mean(), rel=0.02)
    unknown = Segmentation(None, scene.segmentation.foreground, scene.segmentation.features)
    assert detections.detect(unknown, scene.pixels)[0].number == 0


def test_without_objects_there_are_no_detections() -> None:
    empty = np.zeros((20, 20), np.float32)
    classes = np.zeros((21, 20, 20), np.float32)
    classes[0] = 1
    pixels = np.zeros((50, 50), np.uint8)
    assert detections.detect(Segmentation(classes, empty, classes), pixels) == []
