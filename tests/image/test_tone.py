from pathlib import Path

import cv2
import numpy as np
import pytest

from handtint.image.color import lab, tone
from handtint.image.photo import Photo


def test_kinds_of_gray_toned_and_colour_pictures(sample: Path, color_photo: Path) -> None:
    gray = cv2.imread(str(sample), cv2.IMREAD_GRAYSCALE)[::4, ::4]
    L = lab.lightness(gray)
    sepia = lab.join(L, np.stack([L * (100 - L) * 2e-3, L * (100 - L) * 6e-3], axis=-1))
    rgb = cv2.imread(str(color_photo))[::4, ::4, ::-1]
    assert tone.kind(gray) == "gray"
    assert tone.kind(np.repeat(gray[..., None], 3, axis=2)) == "gray"
    assert tone.kind(sepia) == "toned"
    assert tone.kind(np.ascontiguousarray(rgb)) == "color"


def test_automatic_gain_does_not_change_a_photo_of_full_range(samples: list[Path]) -> None:
    checked = 0
    for path in samples:
        L = lab.lightness(Photo.read(path).pixels)
        if np.percentile(L, 1) <= 12 and np.percentile(L, 99) >= 80:
            checked += 1
            assert tone.automatic(L) is L or np.mean(L > 98) > 0.08
    assert checked


def test_automatic_gain_stretches_a_faded_photo() -> None:
    L = np.linspace(0, 100, 10000, dtype=np.float32).reshape(100, 100)
    faded = L * 0.4 + 35
    stretched = tone.automatic(faded)
    assert np.ptp(stretched) > 85
    assert (np.diff(stretched.ravel()) >= 0).all()


def test_automatic_gain_darkens_an_overexposed_sky() -> None:
    L = np.full((100, 100), 40, np.float32)
    L[:30], L[-20:] = 100, 2
    assert tone.automatic(L).max() == pytest.approx(90)


@pytest.mark.parametrize("value", [0.0, 50.0, 100.0])
def test_automatic_gain_does_not_change_a_constant_photo(value: float) -> None:
    L = np.full((8, 8), value, np.float32)
    np.testing.assert_array_equal(tone.automatic(L), L)


def test_a_factor_multiplies_within_the_range() -> None:
    L = np.array([[10, 50, 90]], np.float32)
    np.testing.assert_allclose(tone.apply(L, 1.5), [[15, 75, 100]])
    np.testing.assert_array_equal(tone.apply(L, 1.0), L)


def test_automatic_gain_stretches_12_bits_in_16() -> None:
    ramp = np.linspace(0, 4095, 10000).astype(np.uint16).reshape(100, 100)
    stretched = tone.automatic(lab.lightness(ramp))
    assert np.ptp(stretched) > 85
    assert (np.diff(stretched.ravel()) >= 0).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_levels_are_stretched_from_black_to_white_and_keep_their_order(dtype: type) -> None:
    full = np.iinfo(dtype).max
    ramp = np.linspace(full * 0.2, full * 0.6, 10000).astype(dtype).reshape(100, 100)
    out = tone.stretched(ramp)
    assert (out.dtype, out.min(), out.max()) == (dtype, 0, full)
    assert (np.diff(out.ravel().astype(int)) >= 0).all()
    assert tone.stretched(out) is out


def test_channels_are_stretched_by_the_same_curve() -> None:
    pixels = np.random.default_rng(0).integers(40, 180, (50, 50, 3), np.uint8)
    out = tone.stretched(pixels)
    values = {(before, after) for before, after in zip(pixels.ravel().tolist(), out.ravel().tolist(), strict=True)}
    assert len({before for before, _ in values}) == len(values)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_constant_photo_is_not_stretched(value: int) -> None:
    flat = np.full((8, 8), value, np.uint8)
    assert tone.stretched(flat) is flat
