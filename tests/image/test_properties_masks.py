"""What holds for every mask: cleaning, choosing, things found, strokes, blending."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import SEEDS, SIDES, alphas, pictures, segmentations, softs
from hypothesis import given, settings
from hypothesis import strategies as st

from handtint import keep
from handtint.errors import OptionError
from handtint.image.arrays import resize
from handtint.image.color import blend, lab
from handtint.image.masks import (
    detections,
    instances,
    likeliest,
    masks,
    overlay,
    people,
    points,
    selection,
    strokes,
    term_alphas,
)
from handtint.types import VOC, Float, Pixels, Segmentation

few = settings(max_examples=30, deadline=None)
shares = st.floats(0, 1)
spots = st.tuples(shares, shares)


@few
@given(softs(), st.floats(0, 0.4), st.floats(0.6, 1))
def test_cleaning_stays_an_alpha(alpha: Float, low: float, high: float) -> None:
    assert (masks.drop_specks(alpha) <= alpha).all()
    assert (masks.fill_holes(alpha) >= alpha).all()
    hard = masks.harden(alpha, low, high)
    for found in (masks.clean(alpha), hard):
        assert found.shape == alpha.shape
        assert 0 <= found.min() <= found.max() <= 1
    assert (hard[alpha <= low] == 0).all()
    assert (hard[alpha >= high] > 0.999).all()


@few
@given(softs(), pictures(), SEEDS, st.floats(0, 60))
def test_masks_come_to_the_size_of_the_photo(soft: Float, pixels: Pixels, seed: int, radius: float) -> None:
    size = pixels.shape[:2]
    lines = resize.guided_coefficients(soft, soft[..., None], radius=2, epsilon=1e-4)
    for alpha in (masks.refine(soft, pixels), masks.enlarge(lines, pixels), masks.from_pixels(pixels, None, (9, 7))):
        assert alpha.dtype == np.uint8
    assert masks.refine(soft, pixels).shape == masks.enlarge(lines, pixels).shape == size
    alpha = alphas(size, seed)
    soft_edged = masks.feather(alpha, radius)
    assert soft_edged.shape == size
    assert alpha.min() <= soft_edged.min() <= soft_edged.max() <= alpha.max()
    assert not masks.from_pixels(pixels, np.zeros_like(pixels[..., 0] if pixels.ndim == 3 else pixels), size).any()


@few
@given(segmentations(), SIDES, SIDES)
def test_classes_are_probabilities(found: Segmentation, h: int, w: int) -> None:
    if found.classes is None:
        for ask in (
            lambda: masks.class_probabilities(found),
            lambda: masks.classes(found, ["dog"]),
            lambda: masks.label(found, (h, w)),
        ):
            with pytest.raises(OptionError):
                ask()
        return
    assert masks.class_probabilities(found) is found.classes
    np.testing.assert_allclose(masks.classes(found, VOC), 1, atol=1e-3)
    labels = masks.label(found, (h, w))
    assert labels.shape == (h, w)
    assert labels.max() < len(VOC)


@few
@given(segmentations())
def test_classes_seen_are_listed_by_the_share_of_the_photo_they_cover(found: Segmentation) -> None:
    names = term_alphas.detected_classes(found)
    if found.classes is None:
        assert names == []
        return
    index = found.classes.argmax(axis=0)
    shares = [term_alphas.share(index == VOC.index(name)) for name in names]
    assert shares == sorted(shares, reverse=True)
    assert all(share > term_alphas.MIN_CLASS for share in shares)
    assert "background" not in names


@few
@given(segmentations(st.just(True)))
def test_things_are_numbered_and_share_their_class(found: Segmentation) -> None:
    every = list(instances.every(found))
    for name in {thing.name for thing in every}:
        things = instances.of(found, name)
        assert [t.number for t in things] == list(range(1, len(things) + 1))
        assert sorted(t.position for t in things) == [t.number for t in things]
        assert all(0 < t.share <= 1 and 0 <= t.confidence <= 1 + 1e-5 for t in things)
        assert sum(t.alpha for t in things).max() <= 1 + 1e-5
        assert [t.number for t in every if t.name == name] == [t.number for t in things]


@settings(max_examples=15, deadline=None)
@given(segmentations(), pictures())
def test_findings_lie_in_the_photo_and_can_be_drawn(found: Segmentation, pixels: Pixels) -> None:
    there = detections.detect(found, pixels)
    h, w = pixels.shape[:2]
    for detection in there:
        left, top, right, bottom = detection.box
        assert 0 <= left < right <= w or min(detection.alpha.shape) == 4
        assert 0 <= top < bottom <= h or min(detection.alpha.shape) == 4
        assert 0 < detection.share <= 1
        assert keep.parse(detection.term)
    drawn = overlay.draw(pixels, there)
    assert drawn.dtype == np.uint8
    assert drawn.shape[0] >= h
    assert drawn.shape[1] > w


@few
@given(segmentations(), st.lists(spots, min_size=1, max_size=3), st.lists(spots, max_size=2), st.booleans())
def test_a_region_is_an_alpha(
    found: Segmentation, inside: list[points.Position], outside: list[points.Position], boxed: bool
) -> None:
    box = (0.2, 0.1, 0.9, 0.7) if boxed else None
    alpha = points.region(found, points.Prompt(tuple(inside), tuple(outside), box))
    assert alpha.shape == found.features.shape[1:]
    assert np.isfinite(alpha).all()
    assert 0 <= alpha.min() <= alpha.max() <= 1


TERMS = ("subject", "person", "dog:1", "@50%,50%", "@1,0", "@10%,10%,80%,90%", "hue:20-50", "all=0.5")


@few
@given(
    segmentations(st.just(True)), pictures(), st.lists(st.sampled_from(TERMS), min_size=1, max_size=3), st.booleans()
)
def test_any_choice_is_a_mask_of_the_photo(found: Segmentation, pixels: Pixels, terms: list[str], away: bool) -> None:
    text = (" - " if away else " + ").join(["all", *terms] if away else terms)
    if pixels.shape[1] == 1:  # "@1,0" lies at its right edge, at most
        text = text.replace("@1,0", "@0,0")
    chosen = selection.select(keep.parse(text), pixels, found)
    seen = selection.soft_layers(keep.parse(text), pixels, found, known={})
    assert all(0 <= layer.min() <= layer.max() <= 1 for layer in seen.layers)
    assert all(keep.names_one(term) for term in seen.objects)
    assert chosen.alpha.shape == pixels.shape[:2]
    assert chosen.alpha.dtype == np.uint8
    assert "\n" not in chosen.note
    assert (selection.select(keep.parse("all"), pixels, None).alpha == 255).all()
    assert not selection.select(keep.parse("subject - all"), pixels, found).alpha.any()


coordinates = st.floats(-3, 3) | st.floats(-1e9, 1e9)
drawn_strokes = st.builds(
    strokes.Stroke,
    st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=4).map(tuple),
    st.floats(0, 2),
    st.booleans(),
)


@few
@given(SIDES, SIDES, SEEDS, st.lists(drawn_strokes, max_size=3))
def test_strokes_add_or_take_and_nothing_else(h: int, w: int, seed: int, some: list[strokes.Stroke]) -> None:
    alpha = alphas((h, w), seed)
    before = alpha.copy()
    painted = strokes.paint(alpha, some)
    np.testing.assert_array_equal(alpha, before)
    assert painted.shape == alpha.shape
    for erase, beyond in ((True, painted > alpha), (False, painted < alpha)):
        assert not beyond.any() or any(stroke.erase != erase for stroke in some)


@few
@given(
    pictures(), SEEDS, st.sampled_from(["original", "gray", "sepia", "dim"]), st.floats(0, 1.5), st.integers(-80, 80)
)
def test_blending_keeps_lightness_and_what_is_outside(
    pixels: Pixels, seed: int, backdrop: str, strength: float, a: int
) -> None:
    alpha = alphas(pixels.shape[:2], seed)
    lines = resize.GuidedCoefficients(np.zeros((4, 4, 2), np.float32), np.full((4, 4, 2), a, np.float32))
    out = blend.over(pixels, lines, alpha, backdrop=backdrop, strength=strength)
    behind = blend.render_backdrop(pixels, backdrop)
    for picture in (out, behind):
        assert picture.shape == (*pixels.shape[:2], 3)
        assert picture.dtype == pixels.dtype
    np.testing.assert_array_equal(out[alpha == 0], behind[alpha == 0])
    if backdrop != "dim":
        step = 0.7 if pixels.dtype == np.uint8 else 0.05
        assert np.abs(lab.lightness(out) - lab.lightness(pixels)).max() < step


@few
@given(segmentations(), pictures())
def test_the_likeliest_subject_is_an_alpha(found: Segmentation, pixels: Pixels) -> None:
    alpha = likeliest.subject(found, pixels)
    assert alpha.shape == found.features.shape[1:]
    assert np.isfinite(alpha).all()
    assert 0 <= alpha.min() <= alpha.max() <= 1


boxes = st.lists(st.tuples(*[st.floats(0, 0.9)] * 2, *[st.floats(0.01, 0.1)] * 2), max_size=6)


@few
@given(segmentations(st.just(True)), boxes)
def test_people_told_apart_share_what_they_stood_on(found: Segmentation, corners: list[tuple[float, ...]]) -> None:
    region = masks.classes(found, ["person"]) > 0.05
    parts = people.separate([region], [(x, y, x + w, y + h) for x, y, w, h in corners])
    np.testing.assert_array_equal(sum(part.astype(int) for part in parts), region)
