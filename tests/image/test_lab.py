import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import color

from handtint.image.color import lab

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (64, 48, 3), dtype=np.uint8)


def test_split_equals_lab_of_scikit_image() -> None:
    L, ab = lab.split(RGB)
    oracle = color.rgb2lab(RGB)
    np.testing.assert_allclose(L, oracle[..., 0], atol=0.01)
    np.testing.assert_allclose(ab, oracle[..., 1:], atol=0.02)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_split_and_join_are_inverse(dtype: type) -> None:
    pixels = RNG.integers(0, np.iinfo(dtype).max + 1, (64, 48, 3)).astype(dtype)
    restored = lab.join(*lab.split(pixels), dtype)
    assert restored.dtype == dtype
    assert np.abs(restored.astype(int) - pixels).max() <= (0 if dtype == np.uint8 else 24)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_gray_level_is_preserved(dtype: type) -> None:
    levels = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)[None]
    L = lab.lightness(levels)
    assert L[0, 0] == pytest.approx(0, abs=1e-3)
    assert L[0, -1] == pytest.approx(100, abs=1e-3)
    assert np.abs(lab.gray(L, dtype).astype(int) - levels).max() <= (0 if dtype == np.uint8 else 1)
    joined = lab.join(L, np.zeros((*L.shape, 2), np.float32), dtype)
    assert np.abs(joined.astype(int) - levels[..., None]).max() <= (0 if dtype == np.uint8 else 1)


def test_grays_have_no_chroma() -> None:
    levels = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert np.abs(lab.split(levels)[1]).max() < 1e-3
    np.testing.assert_allclose(lab.split(levels)[0], lab.lightness(levels[..., 0]), atol=1e-3)


def test_lightness_of_floats_equals_that_of_levels() -> None:
    np.testing.assert_allclose(lab.lightness(RGB / 255.0), lab.lightness(RGB), atol=1e-3)


@given(st.floats(0, 100, width=32), st.floats(-128, 127, width=32), st.floats(-128, 127, width=32))
def test_the_gamut_fit_keeps_lightness_and_hue(L: float, a: float, b: float) -> None:
    planes = [np.full((2, 2), v, np.float32) for v in (L, a, b)]
    fitted = np.stack(lab.fit_gamut(*planes), axis=-1)
    pixels = lab.join(planes[0], np.stack(planes[1:], axis=-1), np.uint16)
    restored_L, restored_ab = lab.split(pixels)
    assert np.abs(restored_L - L).max() < 0.05
    assert np.hypot(*fitted[0, 0]) <= np.hypot(a, b) + 1e-3
    assert abs(fitted[0, 0, 0] * b - fitted[0, 0, 1] * a) < 1e-2 * (1 + np.hypot(a, b))
    assert np.abs(restored_ab - fitted).max() < 0.6


def test_colours_inside_the_gamut_are_unchanged() -> None:
    L, ab = lab.split(RGB)
    a, b = lab.fit_gamut(L, ab[..., 0], ab[..., 1])
    np.testing.assert_array_equal(a, ab[..., 0])
    np.testing.assert_array_equal(b, ab[..., 1])


def test_white_and_black_have_no_colour() -> None:
    for L in (0.0, 100.0):
        pixels = lab.join(np.full((1, 1), L, np.float32), np.full((1, 1, 2), 60, np.float32))
        assert np.ptp(pixels) <= 1
