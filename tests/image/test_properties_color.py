"""What holds for every picture: colour arithmetic, tones, sizes, the networks' view."""

from __future__ import annotations

import numpy as np
import pyvips
from drawn import SEEDS, SIDES, pictures, planes, softs
from hypothesis import given, settings
from hypothesis import strategies as st

from handtint.image.arrays import resize, samples
from handtint.image.color import eight_bit, hues, lab, palette, srgb, tone, view
from handtint.image.masks import saliency
from handtint.image.metadata import profile
from handtint.types import Float, Pixels

few = settings(max_examples=30, deadline=None)
P3: bytes = pyvips.Operation.call("profile_load", "p3")


@few
@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=50))
def test_the_srgb_curve_and_its_inverse(values: list[float]) -> None:
    encoded = np.array(values, np.float32)
    linear = srgb.decode_srgb(encoded)
    np.testing.assert_allclose(srgb.encode_srgb(linear), encoded, atol=1e-5)
    assert (np.diff(srgb.decode_srgb(np.sort(encoded))) >= 0).all()
    for dtype in (np.uint8, np.uint16):
        shown = lab.encode_pixels(linear, dtype)
        assert shown.dtype == dtype
        off = np.abs(shown / np.iinfo(dtype).max - encoded).max()
        assert off <= (0.6 / 255 if dtype == np.uint8 else 1e-5 + 0.5 / 65535)


@few
@given(pictures())
def test_tables_give_what_formulas_give(pixels: Pixels) -> None:
    encoded = pixels / np.float32(np.iinfo(pixels.dtype).max)
    table = srgb.linear_table(pixels.dtype.itemsize)
    looked_up = srgb.lookup(table, pixels)
    assert looked_up.shape == pixels.shape
    np.testing.assert_array_equal(looked_up, table[pixels])
    np.testing.assert_array_equal(srgb.decode_srgb(pixels), looked_up)
    np.testing.assert_allclose(srgb.decode_srgb(encoded), looked_up, atol=1e-6)
    np.testing.assert_allclose(srgb.encode_srgb(looked_up), encoded, atol=1e-5)


@few
@given(planes())
def test_eight_bits_in_few_passes_are_those_of_the_formulas(colors: tuple[Float, Float, Float]) -> None:
    L, a, b = colors
    joined = eight_bit.lab_to_srgb(L, a, b)
    assert joined.shape == (*L.shape, 3)
    assert joined.dtype == np.uint8
    exact = 255 * srgb.encode_srgb(np.stack(lab.to_linear(L, *lab.fit_gamut(L, a, b, steps=20)), axis=-1))
    assert np.abs(lab.lightness(joined) - L).max() < 0.5
    apart = np.abs(joined - exact).max(axis=-1)
    assert (apart >= 3).sum() <= 1 + apart.size // 1000  # strong yellows graze the gamut's edge: both ends of that fit
    inside = np.stack(lab.to_linear(L, a, b), axis=-1)
    shown = ((inside >= 0) & (inside <= 1)).all(axis=-1)
    assert np.abs(joined - exact)[shown].max(initial=0) < 0.6


@few
@given(pictures())
def test_lightness_is_kept_by_its_gray(pixels: Pixels) -> None:
    L = lab.lightness(pixels)
    assert L.shape == pixels.shape[:2]
    assert L.dtype == np.float32
    assert L.min() >= -1e-3
    assert L.max() <= 100 + 1e-3
    np.testing.assert_allclose(lab.split(pixels)[0], L, atol=1e-3)
    np.testing.assert_allclose(lab.lightness(lab.gray(L, np.uint16)), L, atol=0.02)


@few
@given(planes())
def test_planes_joined_are_shown_at_their_lightness(colors: tuple[Float, Float, Float]) -> None:
    L, a, b = colors
    joined = lab.join_planes(L, a, b, np.uint16)
    assert np.array_equal(joined, lab.join(L, np.stack([a, b], axis=-1), np.uint16))
    np.testing.assert_allclose(lab.lightness(joined), L, atol=0.05)
    linear = lab.to_linear(L, *lab.fit_gamut(L, a, b))
    assert all(plane.min() >= -1e-3 and plane.max() <= 1 + 1e-3 for plane in linear)


@few
@given(pictures())
def test_eight_bits_are_the_nearest(pixels: Pixels) -> None:
    shown = samples.eight_bits(pixels)
    assert shown.dtype == np.uint8
    scale = 257 if pixels.dtype == np.uint16 else 1
    assert np.abs(shown - pixels / scale).max() <= 0.5


@few
@given(pictures(), SEEDS)
def test_the_kind_of_a_picture_is_that_of_its_pixels(pixels: Pixels, seed: int) -> None:
    flat = pixels.reshape(1, -1, *pixels.shape[2:])
    mixed = flat[:, np.random.default_rng(seed).permutation(flat.shape[1])]
    assert tone.kind(pixels) == tone.kind(mixed)
    assert pixels.ndim == 3 or tone.kind(pixels) == "gray"
    L, ab = lab.split(pixels)
    assert tone.deviation_from_tone(L.ravel(), ab.reshape(-1, 2)) >= 0
    toned = np.repeat(np.float32([[4.0, 9.0]]), L.size, axis=0)
    assert tone.deviation_from_tone(L.ravel(), toned) < 1e-3


@few
@given(planes(), st.none() | st.floats(0.1, 10))
def test_gain_keeps_the_order_of_lightness(colors: tuple[Float, Float, Float], factor: float | None) -> None:
    seen = tone.apply(colors[0], factor)
    assert seen.shape == colors[0].shape
    assert seen.min() >= 0
    assert seen.max() <= 100
    order = np.argsort(colors[0], axis=None)
    assert (np.diff(seen.ravel()[order]) >= -1e-4).all()
    assert tone.apply(colors[0], 1.0) is colors[0]
    np.testing.assert_array_equal(tone.apply(colors[0], None), tone.automatic(colors[0]))


@few
@given(pictures(), st.sampled_from([32, 64]), st.none() | st.floats(0.1, 10), st.booleans())
def test_networks_see_what_they_were_trained_on(pixels: Pixels, side: int, gain: float | None, square: bool) -> None:
    L, x = view.network_view(pixels, side, gain, square=square)
    assert x.dtype == np.float32
    assert x.shape[:2] == (1, 1)
    assert x.shape[2] % 32 == x.shape[3] % 32 == 0
    assert -1 - 1e-4 <= x.min() <= x.max() <= 1 + 1e-4
    assert -1e-3 <= L.min() <= L.max() <= 100 + 1e-3
    own, rgb = view.color_view(pixels, L.shape, gain)
    np.testing.assert_allclose(own, L, atol=1e-3)
    assert rgb.shape == (1, 3, *L.shape)
    assert 0 <= rgb.min() <= rgb.max() <= 1
    np.testing.assert_allclose(view.normalized(rgb) * view.STD + view.MEAN, rgb, atol=1e-6)


@few
@given(pictures(), SIDES, SIDES)
def test_sizes_change_and_values_stay_between(pixels: Pixels, h: int, w: int) -> None:
    small = resize.shrink(pixels, (h, w))
    assert small.shape[:2] == (h, w)
    assert small.dtype == pixels.dtype
    assert pixels.min() <= small.min() <= small.max() <= pixels.max()
    size = resize.fit(pixels.shape[:2], 8 * h)
    assert all(side % 4 == 0 and 4 <= side <= 128 * h for side in size)
    padded = resize.pad(pixels.reshape(pixels.shape[0], -1).astype(np.float32))
    assert padded.shape[2] % resize.STRIDE == padded.shape[3] % resize.STRIDE == 0
    assert padded.min() == pixels.min()


@few
@given(softs(), st.floats(-50, 50, width=32), st.integers(1, 6))
def test_a_constant_is_a_constant_at_any_size(guide: Float, value: float, radius: int) -> None:
    lines = resize.guided_coefficients(
        guide, np.full((*guide.shape, 1), value, np.float32), radius=radius, epsilon=1e-4
    )
    (plane,) = lines.planes(np.zeros((50, 30), np.float32), 0, 50)
    np.testing.assert_allclose(plane, value, atol=1e-2 + abs(value) * 1e-3)


@few
@given(pictures(), st.integers(0, 359), st.integers(1, 359))
def test_two_ranges_of_hues_make_the_circle(pixels: Pixels, low: int, width: int) -> None:
    high = (low + width) % 360
    here, rest = hues.hue_mask(pixels, low, high), hues.hue_mask(pixels, high, low)
    assert here.shape == pixels.shape[:2]
    np.testing.assert_array_equal(np.maximum(here, rest), hues.hue_mask(pixels, 0, 360))
    assert pixels.ndim == 3 or not here.any()


@few
@given(planes())
def test_what_stands_out_is_an_alpha(colors: tuple[Float, Float, Float]) -> None:
    alpha = saliency.saliency(colors[0])
    assert alpha.shape == (saliency.SIDE, saliency.SIDE)
    assert 0 <= alpha.min() <= alpha.max() <= 1


@settings(max_examples=15, deadline=None)
@given(pictures(bands=(3,)))
def test_a_wide_profile_and_back(pixels: Pixels) -> None:
    there = profile.to_profile(pixels, P3)
    assert there.dtype == pixels.dtype
    off = np.abs(profile.to_srgb(there, P3).astype(int) - pixels) / np.iinfo(pixels.dtype).max
    assert off.mean() < 0.02
    assert profile.is_usable(P3)
    assert not profile.is_srgb(P3)


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=40), st.integers(0, len(P3)), pictures(bands=(1,)))
def test_a_damaged_profile_is_used_or_not(noise: bytes, at: int, pixels: Pixels) -> None:
    icc = P3[:at] + noise + P3[at + len(noise) :]
    if profile.kind(icc) == "rgb" and profile.is_usable(icc):
        assert profile.is_srgb(icc) in (True, False)
    same = profile.gray_to_srgb(pixels, icc)
    assert (same.shape, same.dtype) == (pixels.shape, pixels.dtype)


@few
@given(st.integers(0, 255), st.integers(0, 255))
def test_every_label_has_a_color_of_its_own(one: int, other: int) -> None:
    colors = palette.voc_colors()
    assert tuple(colors[one]) == palette.voc_color(one)
    assert (palette.voc_color(one) == palette.voc_color(other)) == (one == other)


@few
@given(planes(), st.one_of(st.none(), st.floats(0.2, 3)))
def test_adjusted_lightness_is_what_the_networks_see(colors: tuple[Float, Float, Float], factor: float | None) -> None:
    L = colors[0]
    seen = tone.adjusted(L, tone.adjustment(L, factor))
    np.testing.assert_array_equal(seen, tone.apply(L, factor))
    assert seen.min() >= -1e-3
    assert seen.max() <= 100 + 1e-3
    order = np.argsort(L, axis=None)
    assert (np.diff(seen.ravel()[order]) >= -1e-3).all()
