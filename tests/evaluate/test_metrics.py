"""Per-picture measures against scikit-image, Sharma's published table and known values."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from handtint.errors import InputError
from handtint.evaluate.metrics import ciede2000, colorfulness, psnr, ssim

# Sharma, Wu and Dalal 2005, table 1: L* a* b* of both colours and their difference.
SHARMA = """
50.0000 2.6772 -79.7751 50.0000 0.0000 -82.7485 2.0425
50.0000 3.1571 -77.2803 50.0000 0.0000 -82.7485 2.8615
50.0000 2.8361 -74.0200 50.0000 0.0000 -82.7485 3.4412
50.0000 -1.3802 -84.2814 50.0000 0.0000 -82.7485 1.0000
50.0000 -1.1848 -84.8006 50.0000 0.0000 -82.7485 1.0000
50.0000 -0.9009 -85.5211 50.0000 0.0000 -82.7485 1.0000
50.0000 0.0000 0.0000 50.0000 -1.0000 2.0000 2.3669
50.0000 -1.0000 2.0000 50.0000 0.0000 0.0000 2.3669
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0009 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0010 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0011 7.2195
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0012 7.2195
50.0000 -0.0010 2.4900 50.0000 0.0009 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0010 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0011 -2.4900 4.7461
50.0000 2.5000 0.0000 50.0000 0.0000 -2.5000 4.3065
50.0000 2.5000 0.0000 73.0000 25.0000 -18.0000 27.1492
50.0000 2.5000 0.0000 61.0000 -5.0000 29.0000 22.8977
50.0000 2.5000 0.0000 56.0000 -27.0000 -3.0000 31.9030
50.0000 2.5000 0.0000 58.0000 24.0000 15.0000 19.4535
50.0000 2.5000 0.0000 50.0000 3.1736 0.5854 1.0000
50.0000 2.5000 0.0000 50.0000 3.2972 0.0000 1.0000
50.0000 2.5000 0.0000 50.0000 1.8634 0.5757 1.0000
50.0000 2.5000 0.0000 50.0000 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""


def noise(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def test_ciede2000_equals_the_published_pairs() -> None:
    table = np.array([line.split() for line in SHARMA.split("\n") if line], float)
    assert table.shape == (34, 7)
    first, second, expected = table[:, :3], table[:, 3:6], table[:, 6]
    actual = ciede2000(first[:, 0], first[:, 1:], second[:, 0], second[:, 1:])
    np.testing.assert_allclose(actual, expected, atol=5.1e-5)
    np.testing.assert_allclose(actual, ciede2000(second[:, 0], second[:, 1:], first[:, 0], first[:, 1:]), atol=1e-9)


@pytest.mark.parametrize(("dtype", "atol"), [(np.float64, 1e-9), (np.float32, 2e-3)])
def test_ciede2000_equals_that_of_scikit_image(dtype: type, atol: float) -> None:
    rng = np.random.default_rng(1)
    low, high = [0, -110, -110], [100, 110, 110]
    first, second = (rng.uniform(low, high, (40, 50, 3)).astype(dtype) for _ in range(2))
    first[0, :, 1:] = 0
    actual = ciede2000(first[..., 0], first[..., 1:], second[..., 0], second[..., 1:])
    assert actual.dtype == dtype
    np.testing.assert_allclose(actual, deltaE_ciede2000(first, second), atol=atol)


def test_psnr_equals_that_of_scikit_image() -> None:
    truth, prediction = noise((9, 7, 3)), noise((9, 7, 3), 1)
    assert psnr(prediction, truth) == pytest.approx(peak_signal_noise_ratio(truth, prediction, data_range=255))


def test_psnr_of_equal_pictures_is_finite() -> None:
    truth = noise((4, 4, 3))
    off_by_one = truth.copy()
    off_by_one.flat[0] ^= 1
    assert psnr(off_by_one, truth) <= psnr(truth, truth) == pytest.approx(58.92, abs=0.01)


@pytest.mark.parametrize("size", [(11, 11), (24, 37)])
def test_ssim_equals_that_of_scikit_image(size: tuple[int, int]) -> None:
    truth = np.cumsum(noise((*size, 3)) // 20, axis=1).clip(0, 255).astype(np.uint8)
    prediction = (truth // 2 + noise((*size, 3), 1) // 4).astype(np.uint8)
    oracle = structural_similarity(
        truth,
        prediction,
        channel_axis=2,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
    )
    assert ssim(prediction, truth) == pytest.approx(oracle, abs=1e-9)


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (10, 12), (20, 20)])
def test_ssim_of_equal_pictures_is_one(size: tuple[int, int]) -> None:
    truth = noise((*size, 3))
    assert ssim(truth, truth) == pytest.approx(1)


def test_pictures_of_different_shapes_are_rejected() -> None:
    for measure in (psnr, ssim):
        with pytest.raises(InputError, match="shape"):
            measure(noise((4, 4, 3)), noise((4, 5, 3)))


def test_gray_has_no_colorfulness() -> None:
    assert colorfulness(np.repeat(noise((8, 8, 1)), 3, axis=2)) == 0


def test_colorfulness_equals_that_by_hand() -> None:
    red = np.zeros((1, 1, 3), np.uint8)
    red[..., 0] = 100  # opponent axes: R - G = 100, (R + G) / 2 - B = 50, no spread
    assert colorfulness(red) == pytest.approx(0.3 * np.hypot(100, 50))
    both = np.concatenate([red, np.zeros_like(red)], axis=1)  # means and deviations: 50, 25
    assert colorfulness(both) == pytest.approx(1.3 * np.hypot(50, 25))
