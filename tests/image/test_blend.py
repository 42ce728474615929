import numpy as np
import pytest

from handtint.image.arrays import resize
from handtint.image.color import blend, lab

RNG = np.random.default_rng(3)


def constant_colors(a: float, b: float) -> resize.GuidedCoefficients:
    offset = np.broadcast_to(np.array([a, b], np.float32), (4, 5, 2)).copy()
    return resize.GuidedCoefficients(np.zeros_like(offset), offset)


def photo(dtype: type = np.uint8, bands: int = 1) -> np.ndarray:
    shape = (150, 90) if bands == 1 else (150, 90, bands)
    return RNG.integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype)


ALPHA = np.zeros((150, 90), np.uint8)
ALPHA[20:130, 30:70] = 255
ALPHA[20:130, 25:30] = 100


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("backdrop", ["original", "gray", "sepia"])
def test_the_lightness_of_the_photo_is_preserved_everywhere(dtype: type, bands: int, backdrop: str) -> None:
    pixels = photo(dtype, bands)
    out = blend.over(pixels, constant_colors(40, -35), ALPHA, backdrop=backdrop)
    assert np.abs(lab.lightness(out) - lab.lightness(pixels)).max() < 0.5


@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("backdrop", ["original", "gray", "sepia", "dim"])
def test_outside_the_mask_the_pixels_are_those_of_the_backdrop(bands: int, backdrop: str) -> None:
    pixels = photo(bands=bands)
    out = blend.over(pixels, constant_colors(40, -35), ALPHA, backdrop=backdrop)
    outside = ALPHA == 0
    np.testing.assert_array_equal(out[outside], blend.render_backdrop(pixels, backdrop)[outside])
    if backdrop == "original" or (backdrop == "gray" and bands == 1):
        expected = pixels if bands == 3 else np.repeat(pixels[..., None], 3, axis=2)
        np.testing.assert_array_equal(out[outside], expected[outside])


def test_inside_the_mask_the_colour_is_the_given_one() -> None:
    pixels = np.full((150, 90), 120, np.uint8)
    _, ab = lab.split(blend.over(pixels, constant_colors(25, 30), ALPHA, backdrop="gray"))
    np.testing.assert_allclose(ab[ALPHA == 255].mean(axis=0), [25, 30], atol=0.5)
    np.testing.assert_allclose(ab[ALPHA == 100].mean(axis=0), np.array([25, 30]) * 100 / 255, atol=0.7)


def test_strength_scales_chroma() -> None:
    pixels = np.full((150, 90), 120, np.uint8)
    _, ab = lab.split(blend.over(pixels, constant_colors(20, 10), None, backdrop="gray", strength=1.5))
    np.testing.assert_allclose(ab.mean(axis=(0, 1)), [30, 15], atol=0.5)
    np.testing.assert_array_equal(
        blend.over(pixels, constant_colors(20, 10), None, backdrop="gray", strength=0),
        np.repeat(pixels[..., None], 3, axis=2),
    )


def test_a_toned_photo_keeps_its_tone_at_strength_0() -> None:
    L = lab.lightness(photo())
    toned = lab.join(L, np.stack([L * 0 + 5, L * 0 + 15], axis=-1))
    out = blend.over(toned, constant_colors(-30, -30), ALPHA, backdrop="original", strength=0)
    assert np.abs(out.astype(int) - toned).max() <= 1


def test_dim_darkens_the_background_only() -> None:
    pixels = np.full((150, 90), 200, np.uint8)
    out = blend.over(pixels, constant_colors(0, 0), ALPHA, backdrop="dim")
    assert out[0, 0].max() < 120
    assert (out[60, 50] == 200).all()


def test_without_coefficients_the_photos_own_colours_are_kept() -> None:
    pixels = photo(bands=3)
    out = blend.over(pixels, None, ALPHA, backdrop="gray")
    inside = ALPHA == 255
    assert np.abs(out[inside].astype(int) - pixels[inside]).max() <= 1


def test_strips_have_no_seams() -> None:
    pixels = np.tile(np.arange(90, dtype=np.uint8), (150, 1))
    gradient = resize.GuidedCoefficients(
        np.zeros((6, 4, 2), np.float32), RNG.normal(0, 20, (6, 4, 2)).astype(np.float32)
    )
    ab = lab.split(blend.over(pixels.astype(np.uint16) * 257 + 20000, gradient, None, backdrop="gray"))[1]
    steps = np.abs(np.diff(ab, axis=0))
    seam = steps[blend.STRIP - 1].max()
    assert seam < 2 * np.median(steps.max(axis=(1, 2))) + 0.2
