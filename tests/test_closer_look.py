"""Faces are decoded from the detector's maps, and a closer look changes their colours only."""

import numpy as np
import pytest

from handtint import closer_look
from handtint.closer_look import look_closer
from handtint.colorizer import colorize
from handtint.faces import Face, find_faces
from handtint.image.color import lab
from handtint.types import Array, Float

FACE = 11 * closer_look.STRENGTH  # a* of a face that CropPainter coloured


class Detector:
    """Finds one face in inputs 96 wide: 24 x 32 pixels around (50, 42)."""

    def run(self, x: Float) -> tuple[Float, ...]:
        h, w = x.shape[2] // 4, x.shape[3] // 4
        heat = np.full((1, 1, h, w), -9, np.float32)
        size, offset = (np.zeros((1, 2, h, w), np.float32) for _ in range(2))
        if w == 24:
            heat[0, 0, 10, 12] = 5
            heat[0, 0, 10, 13] = 4  # next to the peak
            size[0, :, 10, 12] = np.log((8, 6))
        return heat, size, offset


class CrowdDetector:
    """Finds `small_faces` small faces in inputs 384 wide, and one more in those of 768."""

    def __init__(self, small_faces: int) -> None:
        self.small_faces = small_faces

    def run(self, x: Float) -> tuple[Float, ...]:
        h, w = x.shape[2] // 4, x.shape[3] // 4
        heat = np.full((1, 1, h, w), -9, np.float32)
        size, offset = (np.zeros((1, 2, h, w), np.float32) for _ in range(2))
        size[:] = np.log(3 * w / 96)
        if w >= 96:
            heat[0, 0, h // 3, [w // 8 * (1 + i) for i in range(self.small_faces)]] = 5
        if w == 192:
            heat[0, 0, h // 2, 160] = 5
        return heat, size, offset


class CropPainter:
    """Predicts +11 a* and some b* for inputs of 192 x 192, gray for any other."""

    def __init__(self, b: float = 0.0) -> None:
        self.b = b
        self.shapes: list[tuple[int, ...]] = []

    def run(self, x: Float) -> tuple[Float, ...]:
        self.shapes.append(x.shape)
        ab = np.zeros((x.shape[0], 2, x.shape[2] // 2, x.shape[3] // 2), np.float32)
        if x.shape[2:] == (closer_look.CROP, closer_look.CROP):
            ab[:, 0], ab[:, 1] = 0.1, self.b / 110
        return (ab,)


@pytest.fixture
def photo() -> Array:
    return np.random.default_rng(0).integers(60, 200, (400, 600), dtype=np.uint8)


def ab_of(coefficients: object, photo: Array) -> Array:
    return np.stack(coefficients.planes(lab.lightness(photo) / 100, 0, len(photo)), axis=2)  # type: ignore[attr-defined]


def test_a_face_is_decoded_from_the_maps() -> None:
    (face,) = find_faces(np.full((96, 96), 128, np.uint8), Detector(), side=96)
    np.testing.assert_allclose((face.x0, face.y0, face.x1, face.y1), (38, 26, 62, 58), atol=1e-3)
    assert face.score == pytest.approx(1 / (1 + np.exp(-5)), abs=1e-4)


def test_face_boxes_are_in_pixels_of_the_photo() -> None:
    (face,) = find_faces(np.full((192, 192, 3), 128, np.uint8), Detector(), side=96)
    np.testing.assert_allclose((face.x0, face.y0, face.x1, face.y1), (76, 52, 124, 116), atol=1e-3)


@pytest.mark.parametrize(("small_faces", "expected"), [(0, 0), (1, 1), (2, 3), (3, 4)])
def test_two_small_faces_cause_a_second_detection_at_twice_the_size(small_faces: int, expected: int) -> None:
    faces = find_faces(np.full((384, 384), 128, np.uint8), CrowdDetector(small_faces), side=384)
    assert len(faces) == expected


def test_without_small_faces_the_colours_are_unchanged(photo: Array) -> None:
    engine = CropPainter()
    first = colorize(photo, engine, side=256)
    assert look_closer(photo, first, [], engine, gain=None) is first
    assert look_closer(photo, first, [Face(100, 50, 400, 400, 1.0)], engine, gain=None) is first
    assert len(engine.shapes) == 1


def test_a_small_face_gets_the_colours_of_its_crop_and_the_rest_is_unchanged(photo: Array) -> None:
    engine = CropPainter()
    first = colorize(photo, engine, side=256)
    ab = ab_of(look_closer(photo, first, [Face(280, 180, 304, 212, 1.0)], engine, gain=None), photo)
    assert ab[196, 292, 0] == pytest.approx(FACE, abs=0.1)
    assert np.abs(ab[..., 0]).max() <= FACE + 0.1
    elsewhere = np.ones(photo.shape, bool)
    elsewhere[150:245, 245:340] = False
    assert np.abs(ab[elsewhere]).max() < 1e-3
    steps = np.abs(np.diff(ab[..., 0], axis=1)).max()
    assert steps < 2.5, "the crop is blended in softly"


def test_many_small_faces_get_the_colours_of_their_crops(photo: Array) -> None:
    engine = CropPainter()
    faces = [Face(x, y, x + 12, y + 15, 1.0) for x in range(20, 560, 60) for y in range(20, 360, 60)]
    ab = ab_of(look_closer(photo, colorize(photo, engine, side=256), faces, engine, gain=None), photo)
    for face in faces[: closer_look.MAX_FACES]:
        x, y = (int(v) for v in face.center)
        assert ab[y, x, 0] == pytest.approx(FACE, abs=0.3)
    assert max(shape[0] for shape in engine.shapes) <= closer_look.BATCH
    assert sum(shape[0] for shape in engine.shapes) == closer_look.MAX_FACES + 1


def test_a_face_at_the_edge_is_coloured_up_to_the_edge(photo: Array) -> None:
    engine = CropPainter()
    face = Face(0, 0, 30, 36, 1.0)
    ab = ab_of(look_closer(photo, colorize(photo, engine, side=256), [face], engine, gain=None), photo)
    assert ab[2, 2, 0] > 0.75 * FACE


@pytest.mark.parametrize(("b", "is_face"), [(0.0, False), (11.0, True), (-11.0, False)])
def test_a_doubtful_face_is_accepted_if_its_crop_has_the_colours_of_skin(photo: Array, b: float, is_face: bool) -> None:
    engine, doubtful = CropPainter(b), np.full((40, 60), closer_look.MIN_PERSON + 0.01, np.float32)
    face = Face(280, 180, 304, 212, 1.0)
    first = colorize(photo, engine, side=256)
    coefficients = look_closer(photo, first, [face], engine, gain=None, people=doubtful)
    assert (coefficients is not first) == is_face
    assert ab_of(coefficients, photo)[196, 292, 0] == pytest.approx(FACE * is_face, abs=0.1)


def test_a_face_without_a_person_is_ignored(photo: Array) -> None:
    engine = CropPainter(11.0)
    first = colorize(photo, engine, side=256)
    people = np.zeros((40, 60), np.float32)
    people[:, 40:] = 1
    face = Face(280, 180, 304, 212, 1.0)
    assert look_closer(photo, first, [face], engine, gain=None, people=people) is first
    people[15:25, 26:34] = 1
    assert look_closer(photo, first, [face], engine, gain=None, people=people) is not first


def test_colours_of_a_face_stay_within_the_person(photo: Array) -> None:
    engine = CropPainter()
    people = np.zeros((400, 600), np.float32)
    people[:, 275:] = 1  # the face is at the left edge of a person
    face = Face(280, 180, 304, 212, 1.0)
    first = colorize(photo, engine, side=256)
    ab = ab_of(look_closer(photo, first, [face], engine, gain=None, people=people), photo)
    assert ab[196, 292, 0] == pytest.approx(FACE, abs=0.2)
    assert np.abs(ab[:, :265]).max() < 0.2
