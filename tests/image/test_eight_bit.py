"""The fast conversion to 8 bits against its formulas, and the blending that uses it."""

from __future__ import annotations

import numpy as np
import pytest

from handtint.image.arrays.resize import GuidedCoefficients
from handtint.image.color import blend, eight_bit, lab, srgb
from handtint.types import Array, Float

RNG = np.random.default_rng(5)
SIZE = 150, 90


def by_formulas(L: Float, a: Float, b: Float) -> Float:
    """The sRGB values without rounding: (H, W, 3) in 0..255."""
    return 255 * srgb.encode_srgb(np.stack(lab.to_linear(L, *lab.fit_gamut(L, a, b, steps=20)), axis=-1))


def colours(spread: float) -> tuple[Float, Float, Float]:
    """L*, a*, b* planes, evenly light and dark."""
    L = RNG.uniform(0, 100, (200, 300)).astype(np.float32)
    a, b = (RNG.normal(0, spread, L.shape).astype(np.float32) for _ in range(2))
    return L, a, b


@pytest.mark.parametrize("spread", [0, 5, 15, 30])
def test_the_error_is_about_half_a_level(spread: float) -> None:
    L, a, b = colours(spread)
    error = np.abs(eight_bit.lab_to_srgb(L, a, b) - by_formulas(L, a, b))
    assert np.percentile(error, 99.9) <= 0.6
    assert error.max() <= (1 if spread < 20 else 4)  # 4 at bright yellow and blue, where the gamut's edge has a corner


def test_every_gray_level_is_exact() -> None:
    levels = np.arange(256, dtype=np.uint8)[None]
    L = lab.lightness(levels)
    zeros = np.zeros_like(L)
    np.testing.assert_array_equal(eight_bit.lab_to_srgb(L, zeros, zeros), np.repeat(levels[..., None], 3, axis=2))


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5])
def test_few_pixels_keep_their_shape(width: int) -> None:
    L, a, b = (np.full((1, width), value, np.float32) for value in (50, 20, -120))
    actual = eight_bit.lab_to_srgb(L, a, b)
    assert actual.shape == (1, width, 3)
    assert np.abs(actual - by_formulas(L, a, b)).max() < 1


def test_the_tables_for_older_opencv_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    planes = colours(20)
    expected = eight_bit.lab_to_srgb(*planes)
    monkeypatch.setattr(eight_bit, "_WIDE_TABLES", False)
    np.testing.assert_array_equal(eight_bit.lab_to_srgb(*planes), expected)


def blended_by_formulas(
    pixels: Array, colors: GuidedCoefficients, alpha: Array, backdrop: str, strength: float
) -> Float:
    """Colours over a backdrop by the formulas, without strips: (H, W, 3) in 0..255."""
    L, ab = lab.split(pixels)
    a, b = colors.planes(L * np.float32(0.01), 0, len(L))
    opacity = alpha.astype(np.float32) / 255
    background = {"sepia": np.stack(blend.SEPIA) * (L * (100 - L) * 4e-4)[..., None], "original": ab}.get(
        backdrop, 0 * ab
    )
    background_L = L * blend.DIM if backdrop == "dim" else L
    remaining = 1 - opacity * min(strength, 1)
    a, b = (plane * opacity * strength + background[..., i] * remaining for i, plane in enumerate((a, b)))
    exact = by_formulas(*(plane.astype(np.float32) for plane in (background_L + (L - background_L) * opacity, a, b)))
    original = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
    return np.where((alpha == 0)[..., None] & (backdrop == "original"), original, exact)


@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("backdrop", ["original", "gray", "sepia", "dim"])
@pytest.mark.parametrize("strength", [0.7, 1.0, 1.4])
def test_blending_is_that_of_the_formulas(bands: int, backdrop: str, strength: float) -> None:
    pixels = RNG.integers(0, 256, SIZE if bands == 1 else (*SIZE, bands)).astype(np.uint8)
    alpha = RNG.integers(0, 256, SIZE).astype(np.uint8)
    alpha[:40], alpha[40:80] = 0, 255
    maps = (RNG.normal(0, 12, (8, 5, 2)).astype(np.float32) for _ in range(2))
    colors = GuidedCoefficients(*maps)
    out = blend.over(pixels, colors, alpha, backdrop=backdrop, strength=strength)
    error = np.abs(out - blended_by_formulas(pixels, colors, alpha, backdrop, strength))
    assert np.percentile(error, 99.5) <= 0.65
    assert error.max() <= 4
