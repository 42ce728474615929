import cv2
import numpy as np
import pytest

from handtint.errors import OptionError
from handtint.image.masks import masks
from handtint.types import VOC, Segmentation


def disc(size: int, radius: float) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return (np.hypot(y, x) < radius).astype(np.float32)


def test_refining_follows_the_edge_of_the_photo() -> None:
    shape = disc(600, 200)
    pixels = np.where(shape > 0, 180, 60).astype(np.uint8)
    coarse = cv2.resize(shape, (60, 60), interpolation=cv2.INTER_AREA)
    coarse = cv2.GaussianBlur(coarse, (0, 0), 1)
    alpha = masks.refine(coarse, pixels)
    assert alpha.dtype == np.uint8
    assert alpha.shape == pixels.shape
    inside, truth = alpha > 127, shape > 0
    assert (inside & truth).sum() / (inside | truth).sum() > 0.995
    assert alpha[0, 0] == 0
    assert alpha[300, 300] == 255


def test_probabilities_of_classes_are_added() -> None:
    scores = np.zeros((21, 2, 2), np.float32)
    scores[VOC.index("dog")] = 0.25
    scores[VOC.index("person")] = 0.5
    segmentation = Segmentation(scores, np.zeros((2, 2), np.float32), scores)
    assert masks.classes(segmentation, ("dog", "person")).max() == 0.75
    assert masks.classes(segmentation, ("cat",)).max() == 0


def test_classes_need_a_network_that_has_them() -> None:
    foreground = np.zeros((2, 2), np.float32)
    with pytest.raises(OptionError, match="knows no classes"):
        masks.classes(Segmentation(None, foreground, foreground[None]), ("dog",))
    with pytest.raises(OptionError, match="knows no classes"):
        masks.label(Segmentation(None, foreground, foreground[None]), (4, 4))


def test_small_holes_are_filled_and_gaps_remain() -> None:
    alpha = np.zeros((100, 100), np.float32)
    alpha[10:90, 0:90] = 0.9
    alpha[40:42, 40:42] = 0.1  # a pinhole
    alpha[50:70, 50:70] = 0  # between an arm and a body
    alpha[30:32, 0:2] = 0  # at the frame
    filled = masks.fill_holes(alpha)
    assert (filled[40:42, 40:42] == 1).all()
    alpha[40:42, 40:42] = 1
    np.testing.assert_array_equal(filled, alpha)
    np.testing.assert_array_equal(masks.fill_holes(np.zeros((5, 5), np.float32)), 0)
    np.testing.assert_array_equal(masks.fill_holes(np.ones((5, 5), np.float32)), 1)


def test_small_regions_are_removed_and_large_ones_remain() -> None:
    alpha = np.zeros((100, 100), np.float32)
    alpha[10:50, 10:50] = 1
    alpha[60:80, 60:80] = 0.9
    alpha[90:92, 5:7] = 1
    clean = masks.drop_specks(alpha)
    assert clean[90:92, 5:7].max() == 0
    np.testing.assert_array_equal(clean[:85], alpha[:85])


@pytest.mark.parametrize("radius", [1.0, 3.0, 40.0])
def test_feathering_widens_edges_by_about_the_radius(radius: float) -> None:
    alpha = np.zeros((50, 400), np.uint8)
    alpha[:, 200:] = 255
    feathered = masks.feather(alpha, radius)
    assert feathered.shape == alpha.shape
    edge = np.flatnonzero((feathered[25] > 5) & (feathered[25] < 250))
    assert radius < len(edge) < 4 * radius + 2
    assert feathered[25, 0] == 0
    assert feathered[25, -1] == 255


def test_feather_0_changes_nothing() -> None:
    alpha = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert masks.feather(alpha, 0) is alpha
    assert masks.feather(alpha, 5e-324) is alpha


def test_mask_files_of_every_kind_give_the_same_alpha() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    size = (16, 16)
    for pixels in (levels, levels.astype(np.uint16) * 257, np.repeat(levels[..., None], 3, axis=2)):
        np.testing.assert_array_equal(masks.from_pixels(pixels, None, size), levels)
    half = np.full_like(levels, 128)
    np.testing.assert_allclose(masks.from_pixels(levels, half, size), levels * (128 / 255), atol=0.6)
    assert masks.from_pixels(levels, None, (32, 40)).shape == (32, 40)
