"""Properties of every picture: colour arithmetic, tones, sizes, inputs of networks."""

from __future__ import annotations

import numpy as np
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_strategies import SEEDS, SIDES, pictures, planes, soft_masks

from handtint.image.arrays import resize, samples
from handtint.image.color import eight_bit, hues, lab, palette, srgb, tone, view
from handtint.image.masks import saliency
from handtint.image.metadata import profile
from handtint.types import Float, Pixels

few_examples = settings(max_examples=30, deadline=None)
P3: bytes = pyvips.Operation.call("profile_load", "p3")


@few_examples
@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=50))
def test_the_srgb_curve_has_an_inverse(values: list[float]) -> None:
    encoded = np.array(values, np.float32)
    linear = srgb.decode_srgb(encoded)
    np.testing.assert_allclose(srgb.encode_srgb(linear), encoded, atol=1e-5)
    assert (np.diff(srgb.decode_srgb(np.sort(encoded))) >= 0).all()
    for dtype in (np.uint8, np.uint16):
        pixels = lab.encode_pixels(linear, dtype)
        assert pixels.dtype == dtype
        error = np.abs(pixels / np.iinfo(dtype).max - encoded).max()
        assert error <= (0.6 / 255 if dtype == np.uint8 else 1e-5 + 0.5 / 65535)


@few_examples
@given(pictures())
def test_tables_equal_their_formulas(pixels: Pixels) -> None:
    encoded = pixels / np.float32(np.iinfo(pixels.dtype).max)
    table = srgb.linear_table(pixels.dtype.itemsize)
    actual = srgb.lookup(table, pixels)
    assert actual.shape == pixels.shape
    np.testing.assert_array_equal(actual, table[pixels])
    np.testing.assert_array_equal(srgb.decode_srgb(pixels), actual)
    np.testing.assert_allclose(srgb.decode_srgb(encoded), actual, atol=1e-6)
    np.testing.assert_allclose(srgb.encode_srgb(actual), encoded, atol=1e-5)


@few_examples
@given(planes())
def test_fast_eight_bits_equal_the_formulas(colors: tuple[Float, Float, Float]) -> None:
    L, a, b = colors
    joined = eight_bit.lab_to_srgb(L, a, b)
    assert joined.shape == (*L.shape, 3)
    assert joined.dtype == np.uint8
    exact = 255 * srgb.encode_srgb(np.stack(lab.to_linear(L, *lab.fit_gamut(L, a, b, steps=20)), axis=-1))
    assert np.abs(lab.lightness(joined) - L).max() < 0.5
    differences = np.abs(joined - exact).max(axis=-1)
    assert (
        differences >= 3
    ).sum() <= 1 + differences.size // 1000  # strong yellows at the edge of the gamut have two solutions
    inside = np.stack(lab.to_linear(L, a, b), axis=-1)
    in_gamut = ((inside >= 0) & (inside <= 1)).all(axis=-1)
    assert np.abs(joined - exact)[in_gamut].max(initial=0) < 0.6


@few_examples
@given(pictures())
def test_the_gray_of_a_lightness_has_it(pixels: Pixels) -> None:
    L = lab.lightness(pixels)
    assert L.shape == pixels.shape[:2]
    assert L.dtype == np.float32
    assert L.min() >= -1e-3
    assert L.max() <= 100 + 1e-3
    np.testing.assert_allclose(lab.split(pixels)[0], L, atol=1e-3)
    np.testing.assert_allclose(lab.lightness(lab.gray(L, np.uint16)), L, atol=0.02)


@few_examples
@given(planes())
def test_joined_planes_have_their_lightness(colors: tuple[Float, Float, Float]) -> None:
    L, a, b = colors
    joined = lab.join_planes(L, a, b, np.uint16)
    assert np.array_equal(joined, lab.join(L, np.stack([a, b], axis=-1), np.uint16))
    np.testing.assert_allclose(lab.lightness(joined), L, atol=0.05)
    linear = lab.to_linear(L, *lab.fit_gamut(L, a, b))
    assert all(plane.min() >= -1e-3 and plane.max() <= 1 + 1e-3 for plane in linear)


@few_examples
@given(pictures())
def test_eight_bits_are_the_nearest_values(pixels: Pixels) -> None:
    actual = samples.eight_bits(pixels)
    assert actual.dtype == np.uint8
    scale = 257 if pixels.dtype == np.uint16 else 1
    assert np.abs(actual - pixels / scale).max() <= 0.5


@few_examples
@given(pictures(), SEEDS)
def test_the_kind_of_a_picture_does_not_depend_on_positions(pixels: Pixels, seed: int) -> None:
    flat = pixels.reshape(1, -1, *pixels.shape[2:])
    mixed = flat[:, np.random.default_rng(seed).permutation(flat.shape[1])]
    assert tone.kind(pixels) == tone.kind(mixed)
    assert pixels.ndim == 3 or tone.kind(pixels) == "gray"
    L, ab = lab.split(pixels)
    assert tone.deviation_from_tone(L.ravel(), ab.reshape(-1, 2)) >= 0
    toned = np.repeat(np.float32([[4.0, 9.0]]), L.size, axis=0)
    assert tone.deviation_from_tone(L.ravel(), toned) < 1e-3


@few_examples
@given(planes(), st.none() | st.floats(0.1, 10))
def test_gain_preserves_the_order_of_lightness(colors: tuple[Float, Float, Float], factor: float | None) -> None:
    adjusted = tone.apply(colors[0], factor)
    assert adjusted.shape == colors[0].shape
    assert adjusted.min() >= 0
    assert adjusted.max() <= 100
    order = np.argsort(colors[0], axis=None)
    assert (np.diff(adjusted.ravel()[order]) >= -1e-4).all()
    assert tone.apply(colors[0], 1.0) is colors[0]
    np.testing.assert_array_equal(tone.apply(colors[0], None), tone.automatic(colors[0]))


@few_examples
@given(pictures(), st.sampled_from([32, 64]), st.none() | st.floats(0.1, 10), st.booleans())
def test_inputs_of_networks_have_their_range_and_size(
    pixels: Pixels, side: int, gain: float | None, square: bool
) -> None:
    L, x = view.network_view(pixels, side, gain, square=square)
    assert x.dtype == np.float32
    assert x.shape[:2] == (1, 1)
    assert x.shape[2] % 32 == x.shape[3] % 32 == 0
    assert -1 - 1e-4 <= x.min() <= x.max() <= 1 + 1e-4
    assert -1e-3 <= L.min() <= L.max() <= 100 + 1e-3
    lightness, rgb = view.color_view(pixels, L.shape, gain)
    np.testing.assert_allclose(lightness, L, atol=1e-3)
    assert rgb.shape == (1, 3, *L.shape)
    assert 0 <= rgb.min() <= rgb.max() <= 1
    np.testing.assert_allclose(view.normalized(rgb) * view.STD + view.MEAN, rgb, atol=1e-6)


@few_examples
@given(pictures(), SIDES, SIDES)
def test_resizing_keeps_the_range_of_values(pixels: Pixels, h: int, w: int) -> None:
    small = resize.shrink(pixels, (h, w))
    assert small.shape[:2] == (h, w)
    assert small.dtype == pixels.dtype
    assert pixels.min() <= small.min() <= small.max() <= pixels.max()
    size = resize.fit(pixels.shape[:2], 8 * h)
    assert all(side % 4 == 0 and 4 <= side <= 128 * h for side in size)
    padded = resize.pad(pixels.reshape(pixels.shape[0], -1).astype(np.float32))
    assert padded.shape[2] % resize.STRIDE == padded.shape[3] % resize.STRIDE == 0
    assert padded.min() == pixels.min()


@few_examples
@given(soft_masks(), st.floats(-50, 50, width=32), st.integers(1, 6))
def test_constants_are_constant_at_any_size(guide: Float, value: float, radius: int) -> None:
    coefficients = resize.guided_coefficients(
        guide, np.full((*guide.shape, 1), value, np.float32), radius=radius, epsilon=1e-4
    )
    (plane,) = coefficients.planes(np.zeros((50, 30), np.float32), 0, 50)
    np.testing.assert_allclose(plane, value, atol=1e-2 + abs(value) * 1e-3)


@few_examples
@given(pictures(), st.integers(0, 359), st.integers(1, 359))
def test_two_ranges_of_hues_cover_all_hues(pixels: Pixels, low: int, width: int) -> None:
    high = (low + width) % 360
    inside, outside = hues.hue_mask(pixels, low, high), hues.hue_mask(pixels, high, low)
    assert inside.shape == pixels.shape[:2]
    np.testing.assert_array_equal(np.maximum(inside, outside), hues.hue_mask(pixels, 0, 360))
    assert pixels.ndim == 3 or not inside.any()


@few_examples
@given(planes())
def test_saliency_is_an_alpha(colors: tuple[Float, Float, Float]) -> None:
    alpha = saliency.saliency(colors[0])
    assert alpha.shape == (saliency.SIDE, saliency.SIDE)
    assert 0 <= alpha.min() <= alpha.max() <= 1


@settings(max_examples=15, deadline=None)
@given(pictures(bands=(3,)))
def test_a_wide_profile_can_be_inverted(pixels: Pixels) -> None:
    converted = profile.to_profile(pixels, P3)
    assert converted.dtype == pixels.dtype
    error = np.abs(profile.to_srgb(converted, P3).astype(int) - pixels) / np.iinfo(pixels.dtype).max
    assert error.mean() < 0.02
    assert profile.is_usable(P3)
    assert not profile.is_srgb(P3)


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=40), st.integers(0, len(P3)), pictures(bands=(1,)))
def test_damaged_profiles_raise_no_error(noise: bytes, offset: int, pixels: Pixels) -> None:
    icc = P3[:offset] + noise + P3[offset + len(noise) :]
    if profile.kind(icc) == "rgb" and profile.is_usable(icc):
        assert profile.is_srgb(icc) in (True, False)
    result = profile.gray_to_srgb(pixels, icc)
    assert (result.shape, result.dtype) == (pixels.shape, pixels.dtype)


@few_examples
@given(st.integers(0, 255), st.integers(0, 255))
def test_every_label_has_its_own_colour(first: int, second: int) -> None:
    colors = palette.voc_colors()
    assert tuple(colors[first]) == palette.voc_color(first)
    assert (palette.voc_color(first) == palette.voc_color(second)) == (first == second)


@few_examples
@given(planes(), st.one_of(st.none(), st.floats(0.2, 3)))
def test_adjusted_lightness_equals_the_applied_gain(colors: tuple[Float, Float, Float], factor: float | None) -> None:
    L = colors[0]
    adjusted = tone.adjusted(L, tone.adjustment(L, factor))
    np.testing.assert_array_equal(adjusted, tone.apply(L, factor))
    assert adjusted.min() >= -1e-3
    assert adjusted.max() <= 100 + 1e-3
    order = np.argsort(L, axis=None)
    assert (np.diff(adjusted.ravel()[order]) >= -1e-3).all()
