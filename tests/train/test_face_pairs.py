"""Crops to train the face detector on: boxes move with the pixels, and become target maps."""

import json
from pathlib import Path

import numpy as np
import pytest

from handtint.data.face_pairs import FacePairs, random_crop, targets, with_faces
from handtint.data.faces import read_faces
from handtint.data.sources import open_sources
from handtint.errors import InputError

SQUARE = np.array([[60, 40, 90, 80, 0.9]], np.float32)


def test_boxes_move_with_the_pixels() -> None:
    pixels = np.zeros((120, 160, 3), np.uint8)
    pixels[40:80, 60:90] = 255
    checked = 0
    for seed in range(40):
        crop, faces = random_crop(np.random.default_rng(seed), pixels, SQUARE, 160)
        x0, y0, x1, y1 = (round(float(v)) for v in faces[0, :4])
        if x1 - x0 < 12 or min(x0, y0) < 0 or max(x1, y1) > 160:
            continue
        inside = crop[y0 + 4 : y1 - 4, x0 + 4 : x1 - 4]
        assert inside.mean() > 200
        checked += 1
    assert checked > 10


def test_target_maps_have_the_centre_and_size_of_a_face() -> None:
    maps = targets(np.array([[40, 60, 72, 100, 0.9]], np.float32), 160)
    (y,), (x,) = np.nonzero(maps["heat"][0] == 1)
    offset, size = maps["offset"][:, y, x], np.exp(maps["size"][:, y, x]) * 4
    np.testing.assert_allclose(((x + 0.5 + offset[1]) * 4, (y + 0.5 + offset[0]) * 4), (56, 80), atol=1e-4)
    np.testing.assert_allclose(size, (40, 32), rtol=1e-5)
    assert maps["heat_mask"].all()


@pytest.mark.parametrize("box", [(40, 60, 72, 100, 0.45), (40, 60, 43, 64, 0.9), (-40, 60, 20, 100, 0.9)])
def test_uncertain_small_and_cut_faces_are_masked(box: tuple[float, ...]) -> None:
    maps = targets(np.array([box], np.float32), 160)
    assert maps["heat"].max() == 0
    assert not maps["heat_mask"].all()


def test_pairs_depend_on_seed_epoch_and_index_alone(photos: Path, tmp_path: Path) -> None:
    lines = [{"file": f"crop_{i}.png", "faces": [[10, 10, 40, 45, 0.9]] if i % 2 else []} for i in range(20)]
    (tmp_path / "faces.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    examples = with_faces(open_sources([photos]), read_faces(tmp_path / "faces.jsonl"))
    assert len(examples) == 10 + 3  # all with faces, one in four of the others
    one, other = (FacePairs(examples, 64, seed=1, epoch=2)[3] for _ in range(2))
    assert one.keys() == {"L", "heat", "size", "offset", "heat_mask"}
    assert all((one[name] == other[name]).all() for name in one)


def test_other_files_are_rejected(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text("[1]\n")
    with pytest.raises(InputError, match=r"x\.jsonl: not JSON lines of files and their faces"):
        read_faces(tmp_path / "x.jsonl")
