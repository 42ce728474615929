"""Properties of every mask: cleaning, selection, instances, strokes, blending."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_strategies import SEEDS, SIDES, alphas, pictures, segmentations, soft_masks

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

few_examples = settings(max_examples=30, deadline=None)
shares = st.floats(0, 1)
positions = st.tuples(shares, shares)


@few_examples
@given(soft_masks(), st.floats(0, 0.4), st.floats(0.6, 1))
def test_cleaned_masks_are_alphas(alpha: Float, low: float, high: float) -> None:
    assert (masks.drop_specks(alpha) <= alpha).all()
    assert (masks.fill_holes(alpha) >= alpha).all()
    hard = masks.harden(alpha, low, high)
    for cleaned in (masks.clean(alpha), hard):
        assert cleaned.shape == alpha.shape
        assert 0 <= cleaned.min() <= cleaned.max() <= 1
    assert (hard[alpha <= low] == 0).all()
    assert (hard[alpha >= high] > 0.999).all()


@few_examples
@given(soft_masks(), pictures(), SEEDS, st.floats(0, 60))
def test_masks_are_enlarged_to_the_size_of_the_photo(mask: Float, pixels: Pixels, seed: int, radius: float) -> None:
    size = pixels.shape[:2]
    coefficients = resize.guided_coefficients(mask, mask[..., None], radius=2, epsilon=1e-4)
    for alpha in (
        masks.refine(mask, pixels),
        masks.enlarge(coefficients, pixels),
        masks.from_pixels(pixels, None, (9, 7)),
    ):
        assert alpha.dtype == np.uint8
    assert masks.refine(mask, pixels).shape == masks.enlarge(coefficients, pixels).shape == size
    alpha = alphas(size, seed)
    feathered = masks.feather(alpha, radius)
    assert feathered.shape == size
    assert alpha.min() <= feathered.min() <= feathered.max() <= alpha.max()
    assert not masks.from_pixels(pixels, np.zeros_like(pixels[..., 0] if pixels.ndim == 3 else pixels), size).any()


@few_examples
@given(segmentations(), SIDES, SIDES)
def test_classes_are_probabilities(segmentation: Segmentation, h: int, w: int) -> None:
    if segmentation.classes is None:
        for call in (
            lambda: masks.class_probabilities(segmentation),
            lambda: masks.classes(segmentation, ["dog"]),
            lambda: masks.label(segmentation, (h, w)),
        ):
            with pytest.raises(OptionError):
                call()
        return
    assert masks.class_probabilities(segmentation) is segmentation.classes
    np.testing.assert_allclose(masks.classes(segmentation, VOC), 1, atol=1e-3)
    labels = masks.label(segmentation, (h, w))
    assert labels.shape == (h, w)
    assert labels.max() < len(VOC)


@few_examples
@given(segmentations())
def test_detected_classes_are_ordered_by_their_share(segmentation: Segmentation) -> None:
    names = term_alphas.detected_classes(segmentation)
    if segmentation.classes is None:
        assert names == []
        return
    index = segmentation.classes.argmax(axis=0)
    shares = [term_alphas.share(index == VOC.index(name)) for name in names]
    assert shares == sorted(shares, reverse=True)
    assert all(share > term_alphas.MIN_CLASS for share in shares)
    assert "background" not in names


@few_examples
@given(segmentations(st.just(True)))
def test_instances_are_numbered_and_divide_their_class(segmentation: Segmentation) -> None:
    all_instances = list(instances.every(segmentation))
    for name in {instance.name for instance in all_instances}:
        same_class = instances.of(segmentation, name)
        assert [t.number for t in same_class] == list(range(1, len(same_class) + 1))
        assert sorted(t.position for t in same_class) == [t.number for t in same_class]
        assert all(0 < t.share <= 1 and 0 <= t.confidence <= 1 + 1e-5 for t in same_class)
        assert sum(t.alpha for t in same_class).max() <= 1 + 1e-5
        assert [t.number for t in all_instances if t.name == name] == [t.number for t in same_class]


@settings(max_examples=15, deadline=None)
@given(segmentations(), pictures())
def test_detections_are_inside_the_photo_and_can_be_drawn(segmentation: Segmentation, pixels: Pixels) -> None:
    detected = detections.detect(segmentation, pixels)
    h, w = pixels.shape[:2]
    for detection in detected:
        left, top, right, bottom = detection.box
        assert 0 <= left < right <= w or min(detection.alpha.shape) == 4
        assert 0 <= top < bottom <= h or min(detection.alpha.shape) == 4
        assert 0 < detection.share <= 1
        assert keep.parse(detection.term)
    figure = overlay.draw(pixels, detected)
    assert figure.dtype == np.uint8
    assert figure.shape[0] >= h
    assert figure.shape[1] > w


@few_examples
@given(segmentations(), st.lists(positions, min_size=1, max_size=3), st.lists(positions, max_size=2), st.booleans())
def test_a_region_is_an_alpha(
    segmentation: Segmentation, inside: list[points.Position], outside: list[points.Position], boxed: bool
) -> None:
    box = (0.2, 0.1, 0.9, 0.7) if boxed else None
    alpha = points.region(segmentation, points.Prompt(tuple(inside), tuple(outside), box))
    assert alpha.shape == segmentation.features.shape[1:]
    assert np.isfinite(alpha).all()
    assert 0 <= alpha.min() <= alpha.max() <= 1


TERMS = ("subject", "person", "dog:1", "@50%,50%", "@1,0", "@10%,10%,80%,90%", "hue:20-50", "all=0.5")


@few_examples
@given(
    segmentations(st.just(True)), pictures(), st.lists(st.sampled_from(TERMS), min_size=1, max_size=3), st.booleans()
)
def test_any_selection_is_a_mask_of_the_photo(
    segmentation: Segmentation, pixels: Pixels, terms: list[str], subtract: bool
) -> None:
    text = (" - " if subtract else " + ").join(["all", *terms] if subtract else terms)
    if pixels.shape[1] == 1:  # "@1,0" would be outside
        text = text.replace("@1,0", "@0,0")
    selected = selection.select(keep.parse(text), pixels, segmentation)
    layers = selection.soft_layers(keep.parse(text), pixels, segmentation, precomputed={})
    assert all(0 <= layer.min() <= layer.max() <= 1 for layer in layers.layers)
    assert all(keep.names_one(term) for term in layers.objects)
    assert selected.alpha.shape == pixels.shape[:2]
    assert selected.alpha.dtype == np.uint8
    assert "\n" not in selected.note
    assert (selection.select(keep.parse("all"), pixels, None).alpha == 255).all()
    assert not selection.select(keep.parse("subject - all"), pixels, segmentation).alpha.any()


coordinates = st.floats(-3, 3) | st.floats(-1e9, 1e9)
drawn_strokes = st.builds(
    strokes.Stroke,
    st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=4).map(tuple),
    st.floats(0, 2),
    st.booleans(),
)


@few_examples
@given(SIDES, SIDES, SEEDS, st.lists(drawn_strokes, max_size=3))
def test_strokes_only_add_or_only_erase(h: int, w: int, seed: int, strokes_: list[strokes.Stroke]) -> None:
    alpha = alphas((h, w), seed)
    before = alpha.copy()
    painted = strokes.paint(alpha, strokes_)
    np.testing.assert_array_equal(alpha, before)
    assert painted.shape == alpha.shape
    for erase, changed in ((True, painted > alpha), (False, painted < alpha)):
        assert not changed.any() or any(stroke.erase != erase for stroke in strokes_)


@few_examples
@given(
    pictures(), SEEDS, st.sampled_from(["original", "gray", "sepia", "dim"]), st.floats(0, 1.5), st.integers(-80, 80)
)
def test_blending_preserves_lightness_and_the_background(
    pixels: Pixels, seed: int, backdrop: str, strength: float, a: int
) -> None:
    alpha = alphas(pixels.shape[:2], seed)
    coefficients = resize.GuidedCoefficients(np.zeros((4, 4, 2), np.float32), np.full((4, 4, 2), a, np.float32))
    out = blend.over(pixels, coefficients, alpha, backdrop=backdrop, strength=strength)
    background = blend.render_backdrop(pixels, backdrop)
    for picture in (out, background):
        assert picture.shape == (*pixels.shape[:2], 3)
        assert picture.dtype == pixels.dtype
    np.testing.assert_array_equal(out[alpha == 0], background[alpha == 0])
    if backdrop != "dim":
        step = 0.7 if pixels.dtype == np.uint8 else 0.05
        assert np.abs(lab.lightness(out) - lab.lightness(pixels)).max() < step


@few_examples
@given(segmentations(), pictures())
def test_the_likeliest_subject_is_an_alpha(segmentation: Segmentation, pixels: Pixels) -> None:
    alpha = likeliest.subject(segmentation, pixels)
    assert alpha.shape == segmentation.features.shape[1:]
    assert np.isfinite(alpha).all()
    assert 0 <= alpha.min() <= alpha.max() <= 1


boxes = st.lists(st.tuples(*[st.floats(0, 0.9)] * 2, *[st.floats(0.01, 0.1)] * 2), max_size=6)


@few_examples
@given(segmentations(st.just(True)), boxes)
def test_separated_people_divide_their_region(segmentation: Segmentation, corners: list[tuple[float, ...]]) -> None:
    region = masks.classes(segmentation, ["person"]) > 0.05
    parts = people.separate([region], [(x, y, x + w, y + h) for x, y, w, h in corners])
    np.testing.assert_array_equal(sum(part.astype(int) for part in parts), region)
