from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from handtint.data import balance
from handtint.data.labels import mask_pairs
from handtint.data.sources import open_sources
from handtint.types import VOC


def test_a_class_is_present_if_it_has_enough_pixels(tmp_path: Path) -> None:
    for part in ("images", "masks"):
        (tmp_path / part).mkdir()
    mask = np.zeros((100, 100), np.uint8)
    mask[:50] = 12
    mask[99, :19] = 3  # 19 pixels of 10,000 are too few of a bird
    mask[98, :20] = 5
    mask[97] = 255
    Image.new("L", (100, 100)).save(tmp_path / "images" / "a.png")
    Image.fromarray(mask).save(tmp_path / "masks" / "a.png")
    present_classes = balance.class_presence(mask_pairs(open_sources([tmp_path])))
    assert present_classes.shape == (1, 21)
    assert [VOC[i] for i in np.flatnonzero(present_classes)] == ["background", "bottle", "dog"]


def test_repeat_factors_are_square_roots_of_rarity() -> None:
    present = np.zeros((100, 21), bool)
    present[:, 0] = True
    present[:50, 15] = True  # half of all: not rare
    present[0, 3] = True  # one in a hundred, a quarter of a share of 4 in a hundred
    present[1:4, 4] = True
    factors = balance.repeat_factors(present, 0.04)
    assert factors[0] == np.float32(2)
    np.testing.assert_allclose(factors[1:4], np.sqrt(4 / 3), rtol=1e-6)
    assert (factors[4:] == 1).all()


@given(st.lists(st.floats(1, 9, width=32), min_size=1, max_size=50), st.integers(0, 99))
def test_each_picture_is_repeated_by_its_factor(factors: list[float], seed: int) -> None:
    drawn = balance.repeat(range(len(factors)), np.array(factors, np.float32), seed)
    times = np.bincount(drawn, minlength=len(factors))
    assert ((times == np.floor(factors)) | (times == np.ceil(factors))).all()
    assert drawn == balance.repeat(range(len(factors)), np.array(factors, np.float32), seed)
