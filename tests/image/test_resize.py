import cv2
import numpy as np
import pytest

from handtint.image.arrays import resize


@pytest.mark.parametrize("size", [(3000, 4000), (10, 10), (1, 5000), (5000, 3), (257, 255)])
def test_fit_keeps_the_area_and_gives_multiples_of_four(size: tuple[int, int]) -> None:
    h, w = resize.fit(size, 256)
    assert h % 4 == w % 4 == 0
    assert min(h, w) >= 4
    assert max(h, w) <= 16 * 256
    if min(size) > 200:
        assert h * w == pytest.approx(256 * 256, rel=0.05)
        assert h / w == pytest.approx(size[0] / size[1], rel=0.05)


def test_pad_reaches_multiples_of_32_and_repeats_edges() -> None:
    L = np.arange(36 * 40, dtype=np.float32).reshape(36, 40)
    padded = resize.pad(L)
    assert padded.shape == (1, 1, 64, 64)
    np.testing.assert_array_equal(padded[0, 0, :36, :40], L)
    assert (padded[0, 0, 36:, :40] == L[-1]).all()


def test_coefficients_by_strips_equal_the_enlargement_of_opencv() -> None:
    rng = np.random.default_rng(1)
    coefficients = resize.GuidedCoefficients(
        rng.normal(size=(20, 30, 2)).astype(np.float32), rng.normal(size=(20, 30, 2)).astype(np.float32)
    )
    L = rng.random((133, 207), np.float32)
    slope, offset = (
        cv2.resize(m, (207, 133), interpolation=cv2.INTER_LINEAR) for m in (coefficients.slope, coefficients.offset)
    )
    expected = slope * L[..., None] + offset
    for top in range(0, 133, 40):
        a, b = coefficients.planes(L[top : top + 40], top, 133, slice(5, 100))
        np.testing.assert_allclose(a, expected[top : top + 40, 5:100, 0], atol=1e-5)
        np.testing.assert_allclose(b, expected[top : top + 40, 5:100, 1], atol=1e-5)


def test_guided_coefficients_reproduce_values_linear_in_lightness() -> None:
    guide = np.random.default_rng(2).random((40, 50), np.float32)
    values = np.stack([3 * guide - 1, np.full_like(guide, 0.25)], axis=-1)
    coefficients = resize.guided_coefficients(guide, values, radius=3, epsilon=1e-7)
    a, b = coefficients.planes(guide, 0, 40)
    np.testing.assert_allclose(a, values[..., 0], atol=2e-3)
    np.testing.assert_allclose(b, values[..., 1], atol=1e-5)


def test_guided_coefficients_sharpen_a_blurred_edge() -> None:
    guide = np.zeros((64, 64), np.float32)
    guide[:, 32:] = 1
    blurred = cv2.GaussianBlur(guide, (0, 0), 3)[..., None]
    (sharp,) = resize.guided_coefficients(guide, blurred, radius=6, epsilon=1e-4).planes(guide, 0, 64)
    step = sharp[:, 32] - sharp[:, 31]
    assert (step > 0.5).all()
    assert (blurred[:, 32, 0] - blurred[:, 31, 0] < 0.2).all()
