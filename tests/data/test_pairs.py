from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from handtint.data.augment import crop_box, degrade, squash
from handtint.data.dataset import Labelling
from handtint.data.ground_truth import rgb
from handtint.data.labels import labels, mask_pairs, read_mask
from handtint.data.pairs import ColorAugmentation, ColorPairs, MaskPairs, SquashedPairs
from handtint.data.sources import Item, open_sources
from handtint.errors import DecodeError
from handtint.image.color import lab

ROOT = Path(__file__).parents[2]


def test_pairs_depend_on_seed_epoch_and_index_alone() -> None:
    items = open_sources([ROOT / "tests" / "photos"])
    one, same, other = (ColorPairs(items, 64, seed=1, epoch=t)[0] for t in (0, 0, 1))
    assert torch.equal(one["L"], same["L"])
    assert torch.equal(one["ab"], same["ab"])
    assert not torch.equal(one["ab"], other["ab"])
    assert one["L"].shape == (1, 64, 64)
    assert one["ab"].shape == (2, 64, 64)
    assert one["L"].abs().max() <= 1


def test_a_pair_has_the_colours_of_the_photograph() -> None:
    items = open_sources([ROOT / "tests" / "photos"])
    pair = ColorPairs(items, 96, seed=1, epoch=0, augmentation=ColorAugmentation(degradation_prob=0.0))[0]
    L, ab = (pair["L"][0].numpy() + 1) * 50, pair["ab"].numpy().transpose(1, 2, 0) * 110
    restored_L, restored_ab = lab.split(lab.join(L, ab))
    assert np.abs(restored_L - L).max() < 0.5
    assert np.abs(restored_ab - ab).mean() < 0.5
    assert ab.std() > 3


def test_masks_are_read_as_palette_indices(tmp_path: Path) -> None:
    indices = np.array([[0, 15], [255, 7]], np.uint8)
    picture = Image.fromarray(indices).convert("P")
    picture.putpalette([(i * 37) % 256 for i in range(768)])
    picture.save(tmp_path / "m.png")
    np.testing.assert_array_equal(read_mask(Item("m.png", str(tmp_path / "m.png"))), indices)


@pytest.mark.parametrize(
    ("rule", "mask", "classes", "front"),
    [
        (Labelling(), [0, 12, 255], [0, 12, 255], [0, 1, 255]),
        (Labelling("person"), [0, 1, 1], [0, 15, 15], [0, 1, 1]),
        (Labelling("person"), [0, 1, 255], [0, 15, 255], [0, 1, 255]),
        (Labelling("horse"), [0, 200, 0], [0, 13, 0], [0, 1, 0]),
        (Labelling("unknown"), [0, 1, 0], [255, 255, 255], [0, 1, 0]),
        (Labelling(foreground=False), [0, 7, 255], [0, 7, 255], [255, 255, 255]),
        (Labelling(partial=True), [0, 9, 255], [255, 9, 255], [0, 1, 255]),
    ],
)
def test_labels_follow_the_rules_of_the_dataset(
    rule: Labelling, mask: list[int], classes: list[int], front: list[int]
) -> None:
    planes = labels(Item("x/images/x_1.webp", "", labelling=rule), np.array([mask], np.uint8))
    assert [f.tolist() for f in planes] == [[classes], [front]]
    assert all(f.dtype == np.uint8 for f in planes)


@pytest.mark.parametrize("folder", ["person_binary", "horse_binary", "salient_binary", "camvid"])
@pytest.mark.parametrize("name", ["x", "furn_1", "davis_1"])
def test_names_of_folders_and_files_have_no_effect_on_labels(folder: str, name: str) -> None:
    planes = labels(Item(f"{folder}/images/{name}.webp", ""), np.array([[0, 2, 255]], np.uint8))
    assert [f.tolist() for f in planes] == [[[0, 2, 255]], [[0, 1, 255]]]


def test_a_mask_with_unknown_classes_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(DecodeError, match="37"):
        labels(Item("voc/images/x.png", ""), np.array([[0, 37, 255]], np.uint8))
    Image.new("RGB", (2, 2)).save(tmp_path / "m.png")
    with pytest.raises(DecodeError, match=r"m\.png: .*RGB"):
        read_mask(Item("m.png", str(tmp_path / "m.png")))


@pytest.mark.parametrize("allowed", [True, False])
def test_pasted_objects_have_their_labels_and_need_permission(allowed: bool, tmp_path: Path) -> None:
    for folder, name, value in (("voc", "voc_1", 0), ("rare", "car_1", 7)):
        for part in ("images", "masks"):
            (tmp_path / folder / part).mkdir(parents=True)
        mask = np.zeros((80, 80), np.uint8)
        mask[20:60, 20:60] = value
        cv2.imwrite(
            str(tmp_path / folder / "images" / f"{name}.png"),
            np.full((80, 80, 3), 40 + 200 * (mask > 0)[..., None], np.uint8),
        )
        cv2.imwrite(str(tmp_path / folder / "masks" / f"{name}.png"), mask)
    if allowed:
        (tmp_path / "rare" / "dataset.toml").write_text("[[files]]\npaste = true\n")
    pairs = sorted(mask_pairs(open_sources([tmp_path])), key=lambda p: p[0].stem, reverse=True)
    plain, pasted = (MaskPairs(pairs, 64, seed=3, epoch=0, copy_paste_prob=p)[0] for p in (0.0, 1.0))
    assert plain["foreground"].max() == 0
    pasted_pixels = pasted["foreground"] == 1
    assert pasted_pixels.any() == allowed, "a name alone is no permission"
    assert (pasted["classes"][pasted_pixels] == 7).all()


def test_crops_stay_inside_and_degraded_lightness_in_range() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        height, width = rng.integers(1, 300, 2)
        y, x, h, w = crop_box(rng, int(height), int(width), min_scale=0.3)
        assert 0 <= y <= y + h <= height
        assert 0 <= x <= x + w <= width
        assert min(h, w) >= 0
    L = rng.uniform(0, 100, (20, 20)).astype(np.float32)
    for _ in range(50):
        degraded = degrade(rng, L, prob=1.0)
        assert degraded.dtype == np.float32
        assert 0 <= degraded.min() <= degraded.max() <= 100


def test_squashed_pairs_are_whole_photographs_about_half_mirrored() -> None:
    items = open_sources([ROOT / "tests" / "photos"]) * 5
    plain = SquashedPairs(items, 32, seed=1, epoch=0, flip=False)
    flipped = [SquashedPairs(items, 32, seed=1, epoch=t)[i] for t in (0, 1) for i in range(len(items))]
    same = [torch.allclose(pair["ab"], plain[i % len(items)]["ab"], atol=1e-5) for i, pair in enumerate(flipped)]
    mirrored = [
        torch.allclose(pair["ab"].flip(2), plain[i % len(items)]["ab"], atol=1e-5) for i, pair in enumerate(flipped)
    ]
    assert all(a != b for a, b in zip(same, mirrored, strict=True))
    assert 0.2 < np.mean(same) < 0.8
    L, ab = lab.split(squash(rgb(items[0]), 32))
    np.testing.assert_allclose(plain[0]["L"][0].numpy(), L / 50 - 1, atol=1e-6)
    np.testing.assert_allclose(plain[0]["ab"].numpy(), np.moveaxis(ab, -1, 0) / 110, atol=1e-6)
