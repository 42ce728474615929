"""Parts of people: the network runs on each person alone, and its maps are placed at that person."""

from pathlib import Path

import numpy as np
import pytest

from handtint.errors import OptionError
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.parts import find_parts
from handtint.pipeline import Tinter
from handtint.types import PARTS, VOC, Float, Segmentation

ROOT = Path(__file__).parents[1]
HEIGHT, WIDTH = 200, 300
BOXES = ((20, 180, 30, 110), (60, 140, 180, 250))  # top, bottom, left, right of two people


class HairAndClothes:
    """Predicts hair in the upper half of its input and clothes in the lower."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def run(self, x: Float) -> tuple[Float, ...]:
        self.shapes.append(x.shape)
        logits = np.full((1, 4, x.shape[2] // 4, x.shape[3] // 4), -8, np.float32)
        half = logits.shape[2] // 2
        logits[:, 2, :half], logits[:, 3, half:] = 8, 8
        return (logits,)


def segmentation_of(*boxes: tuple[int, int, int, int]) -> Segmentation:
    classes = np.zeros((len(VOC), HEIGHT // 2, WIDTH // 2), np.float32)
    for top, bottom, left, right in boxes:
        classes[VOC.index("person"), top // 2 : bottom // 2, left // 2 : right // 2] = 1
    classes[0] = 1 - classes[VOC.index("person")]
    return Segmentation(classes, 1 - classes[0], classes)


def parts(segmentation: Segmentation, engine: HairAndClothes) -> Float:
    return find_parts(np.full((HEIGHT, WIDTH), 90, np.uint8), engine, segmentation, side=64, gain=None)


def test_the_network_runs_on_each_person_alone() -> None:
    engine = HairAndClothes()
    maps = parts(segmentation_of(*BOXES), engine)
    assert len(engine.shapes) == 2
    assert maps.shape[0] == len(PARTS)
    rows, columns = (n / m for n, m in zip(maps.shape[1:], (HEIGHT, WIDTH), strict=True))
    for top, bottom, left, right in BOXES:
        x = int((left + right) / 2 * columns)
        upper, lower = (int((top + share * (bottom - top)) * rows) for share in (0.2, 0.8))
        assert maps[:, upper, x].argmax() == PARTS.index("hair")
        assert maps[:, lower, x].argmax() == PARTS.index("clothes")
        np.testing.assert_allclose(maps[:, [upper, lower], x].sum(axis=0), 1, atol=1e-3)


def test_without_people_there_are_no_parts() -> None:
    engine = HairAndClothes()
    assert not parts(segmentation_of(), engine).any()
    assert engine.shapes == []


def test_the_packages_network_separates_skin_and_clothes() -> None:
    photo = Photo.read(ROOT / "tests" / "photos" / "astronaut.jpg")
    tinter = Tinter()
    face = tinter.networks.find_faces(photo.pixels, None)[0]
    x, y = (round(v) for v in face.center)
    chest = round(face.y1 + 1.5 * face.height)
    skin, clothes = (tinter.run(photo, Options(keep=f"person:1.{part}")).alpha for part in ("skin", "clothes"))
    assert (skin[y, x], clothes[y, x]) == (255, 0)
    assert (skin[chest, x], clothes[chest, x]) == (0, 255)


def test_parts_need_a_network_with_classes() -> None:
    foreground = np.ones((4, 4), np.float32)
    with pytest.raises(OptionError, match="knows no classes"):
        parts(Segmentation(None, foreground, foreground[None]), HairAndClothes())
