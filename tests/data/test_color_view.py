"""The augmentation of colour training: old films, damage, faces, hints."""

from pathlib import Path

import numpy as np
import pytest
import torch

from handtint.data.augment import box_around
from handtint.data.cameras import PANCHROMATIC, film, recorded_lightness
from handtint.data.color_hints import hints
from handtint.data.damage import damage
from handtint.data.faces import read_faces
from handtint.data.pairs import ColorAugmentation, ColorPairs
from handtint.data.sources import open_sources
from handtint.errors import InputError
from handtint.image.color import lab

ROOT = Path(__file__).parents[2]
RED, BLUE, GRAY = np.uint8([[[200, 30, 30]]]), np.uint8([[[40, 60, 220]]]), np.uint8([[[128, 128, 128]]])


def test_panchromatic_film_records_lightness() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    ours = recorded_lightness(pixels, np.array(PANCHROMATIC, np.float32))
    np.testing.assert_allclose(ours, lab.lightness(pixels), atol=0.05)


def test_blue_sensitive_plates_darken_red_and_lighten_blue() -> None:
    plate = np.array((0.0, 0.12, 0.88), np.float32)
    assert recorded_lightness(RED, plate) < lab.lightness(RED) - 20
    assert recorded_lightness(BLUE, plate) > lab.lightness(BLUE) + 20
    np.testing.assert_allclose(recorded_lightness(GRAY, plate), lab.lightness(GRAY), atol=0.05)


def test_the_sensitivities_of_every_film_sum_to_one() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        shares = film(rng)
        assert shares.min() >= 0
        assert abs(shares.sum() - 1) < 1e-3


def test_damage_changes_colours_under_borders_only() -> None:
    ab = np.random.default_rng(2).normal(0, 20, (64, 64, 2)).astype(np.float32)
    for seed in range(40):
        L = np.random.default_rng(seed).uniform(0, 100, (64, 64)).astype(np.float32)
        damaged, damaged_ab = damage(np.random.default_rng(seed), L, ab, prob=0.7)
        assert damaged.min() >= 0
        assert damaged.max() <= 100
        assert damaged.dtype == damaged_ab.dtype == np.float32
        changed = np.any(damaged_ab != ab, axis=2)
        assert np.all(damaged_ab[changed] == 0)
        assert not changed[8:-8, 8:-8].any()
    unchanged, unchanged_ab = damage(np.random.default_rng(0), L, ab, prob=0.0)
    np.testing.assert_array_equal(unchanged, L)
    assert unchanged_ab is ab


def test_hints_are_true_colours_at_known_pixels() -> None:
    ab = np.empty((48, 48, 2), np.float32)
    ab[:, :24], ab[:, 24:] = (30, -10), (-20, 40)
    L = np.full((48, 48), 50, np.float32)
    kinds = set()
    for seed in range(200):
        values = hints(np.random.default_rng(seed), L, ab)
        known = values[..., 2]
        kinds.add("none" if not known.any() else "whole" if known.min() == np.float32(0.25) else "some")
        assert np.all(values[known == 0] == 0)
        left_half = values[:, :16][known[:, :16] == 1]
        np.testing.assert_allclose(left_half, np.broadcast_to([30, -10, 1], left_half.shape), atol=1e-4)
    assert kinds == {"none", "whole", "some"}


def test_a_crop_around_a_face_contains_its_centre() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        y, x, h, w = box_around(rng, 240, 320, (150, 100, 180, 140))
        assert h == w
        assert 0 <= y <= 240 - h
        assert 0 <= x <= 320 - w
        assert x <= 165 < x + w
        assert y <= 120 < y + h


def test_boxes_of_faces_are_read_by_name(tmp_path: Path) -> None:
    lines = tmp_path / "faces.jsonl"
    lines.write_text('{"file": "data/1.jpg", "faces": [[0, 0, 30, 40], [5, 5, 9, 9, 0.5]]}\n')
    assert {name: boxes.tolist() for name, boxes in read_faces(lines, 10).items()} == {"1": [[0, 0, 30, 40, 1]]}
    assert read_faces(lines)["1"].tolist() == [[0, 0, 30, 40, 1], [5, 5, 9, 9, 0.5]]
    broken = tmp_path / "broken.jsonl"
    broken.write_text("{}\n")
    with pytest.raises(InputError, match=r"broken\.jsonl"):
        read_faces(broken)


def test_an_augmented_pair_depends_on_seed_epoch_and_index_alone() -> None:
    items = open_sources([ROOT / "tests" / "photos"])
    faces = {items[0].stem: [(10.0, 10.0, 60.0, 60.0)]}
    view = ColorAugmentation(0.05, 0.5, 0.5, 0.9, with_hints=True, face_crop_prob=0.8, faces=faces)
    one, unchanged_ab = (ColorPairs(items, 64, seed=4, epoch=2, augmentation=view)[0] for _ in range(2))
    assert set(one) == {"L", "ab", "hints"}
    assert all(torch.equal(one[name], unchanged_ab[name]) for name in one)
    assert one["hints"].shape == (3, 64, 64)
