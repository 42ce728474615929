"""Known colours spread over a picture, and the shortest paths that keep them on one thing."""

from __future__ import annotations

import heapq
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from handtint.image.arrays import layers, paths, resize
from handtint.image.color import spread
from handtint.types import Segmentation


def halves(h: int = 48, w: int = 64) -> spread.Scene:
    """A dark left half and a light right one, each of a class of its own."""
    L = np.full((h, w), 25, np.float32)
    L[:, w // 2 :] = 80
    classes, features = np.zeros((21, h // 4, w // 4), np.float32), np.zeros((6, h // 4, w // 4), np.float32)
    left = np.arange(w // 4) < w // 8
    classes[15], classes[0] = left, ~left
    features[0], features[1] = left, ~left
    return spread.Scene(L, np.zeros((h, w, 2), np.float32), Segmentation(classes, classes[15], features))


def things(spots: list[spread.Position]) -> np.ndarray:
    """The half of `halves` that each spot is on."""
    left = np.arange(16) < 8
    return np.stack([np.tile(left if x < 0.5 else ~left, (12, 1)).astype(np.float32) for x, _ in spots])


def over(spots: list[spread.Position], values: np.ndarray) -> np.ndarray:
    return spread.spread(halves(), spots, values, things(spots)).values


def test_a_large_difference_stays_on_the_thing() -> None:
    found = over([(0.25, 0.5)], np.array([[60.0, -40.0]], np.float32))
    np.testing.assert_allclose(found[24, 16], [60, -40], atol=2)
    np.testing.assert_allclose(found[5:-5, 4:28].mean((0, 1)), [60, -40], atol=8)
    assert np.abs(found[:, 36:]).max() < 1e-3


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 120), st.floats(0, 2 * np.pi), st.floats(0.05, 0.42), st.floats(0.05, 0.95))
def test_a_point_changes_other_things_by_2_at_most(size: float, hue: float, x: float, y: float) -> None:
    difference = size * np.array([[np.cos(hue), np.sin(hue)]], np.float32)
    found = np.linalg.norm(over([(x, y)], difference), axis=2)
    assert found[:, 36:].max() < 2 + 1e-3
    assert abs(found[int(48 * y), int(64 * x)] - size) < 0.1 * size + 2


def test_a_color_of_clothes_does_not_reach_the_face_above_them() -> None:
    plain = halves()
    told = replace(plain, segmentation=replace(plain.segmentation, faces=((0.1, 0.05, 0.4, 0.4),)))
    found, bare = (
        spread.spread(scene, [(0.25, 0.8)], np.array([[60.0, -40.0]], np.float32), things([(0.25, 0.8)])).values
        for scene in (told, plain)
    )
    assert np.abs(found[10, 14:18]).max() < 1
    assert np.abs(bare[10, 14:18]).max() > 30
    np.testing.assert_allclose(found[38, 16], [60, -40], atol=2)


def test_two_points_each_have_their_half() -> None:
    found = over([(0.25, 0.5), (0.75, 0.5)], np.array([[40.0, 0], [0.0, 40]], np.float32))
    np.testing.assert_allclose(found[24, [16, 48]], [[40, 0], [0, 40]], atol=3)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=12),
    st.integers(0, 2**16),
    st.floats(0.1, 80),
)
def test_what_is_spread_is_bounded_and_grows_with_what_is_known(
    spots: list[tuple[float, float]], seed: int, size: float
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.uniform(-size, size, (len(spots), 2)).astype(np.float32)
    found, limit = spread.spread(halves(), spots, values, things(spots))
    assert (np.linalg.norm(found, axis=2) <= np.maximum(limit, 1e-3) + 1e-3 * size).all()
    assert found.shape == (48, 64, 2)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 3 * size
    assert not over(spots, np.zeros_like(values)).any()


def dijkstra(across: np.ndarray, down: np.ndarray, seed: tuple[int, int]) -> np.ndarray:
    """The textbook's way."""
    h, w = across.shape[0], down.shape[1]
    costs, queue = np.full((h, w), np.inf), [(0.0, seed)]
    while queue:
        cost, (r, c) = heapq.heappop(queue)
        if cost >= costs[r, c]:
            continue
        costs[r, c] = cost
        steps = [(r, c + 1, across[r, c])] if c + 1 < w else []
        steps += [(r, c - 1, across[r, c - 1])] if c else []
        steps += [(r + 1, c, down[r, c])] if r + 1 < h else []
        steps += [(r - 1, c, down[r - 1, c])] if r else []
        for row, column, step in steps:
            heapq.heappush(queue, (cost + float(step), (row, column)))
    return costs


@settings(max_examples=30, deadline=None)
@given(
    arrays(np.float32, (6, 6), elements=st.floats(0, 5, width=32)),
    arrays(np.float32, (5, 7), elements=st.floats(0, 5, width=32)),
    st.integers(0, 5),
    st.integers(0, 6),
)
def test_shortest_ways_are_dijkstras(across: np.ndarray, down: np.ndarray, row: int, column: int) -> None:
    found = paths.shortest_path_costs(across, down, [(row, column)])[0]
    wanted = dijkstra(across, down, (row, column))
    assert (found > wanted - 1e-3).all()
    np.testing.assert_allclose(found, wanted, atol=1e-3)  # so small a picture asks for no more turns than there are


@pytest.mark.parametrize("size", [(40, 60), (80, 120)])
def test_layers_are_what_is_below_where_they_are_not(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    low, high = (resize.GuidedCoefficients(*(rng.normal(size=(2, 5, 6, 2)).astype(np.float32))) for _ in range(2))
    alpha = np.zeros((80, 120), np.uint8)
    alpha[20:60, 30:90] = 255
    both = layers.Layers(low, [layers.Layer(alpha, high)])
    L = rng.random(size, np.float32)
    here = resize.shrink(alpha, size)
    for top in range(0, size[0], 16):
        rows = slice(top, top + 16)
        found = both.planes(L[rows], top, size[0])
        for plane, below, above in zip(
            found, low.planes(L[rows], top, size[0]), high.planes(L[rows], top, size[0]), strict=True
        ):
            np.testing.assert_array_equal(plane[here[rows] == 0], below[here[rows] == 0])
            np.testing.assert_allclose(plane[here[rows] == 255], above[here[rows] == 255], atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**16), st.floats(0, 60), st.sampled_from([(9, 12), (18, 24), (37, 51)]), st.integers(1, 5))
def test_what_is_bounded_is_added_whole_up_to_its_limit(
    seed: int, size: float, shown: tuple[int, int], rows: int
) -> None:
    rng = np.random.default_rng(seed)
    flat = resize.GuidedCoefficients(np.zeros((1, 1, 2), np.float32), np.zeros((1, 1, 2), np.float32))
    lines = resize.GuidedCoefficients(*rng.normal(0, size, (2, 9, 12, 2)).astype(np.float32))
    limit = rng.uniform(0, 60, (9, 12)).astype(np.float32)
    L, both = rng.random(shown, np.float32), layers.LimitedSum(flat, lines, limit)
    for top in range(0, shown[0], rows):
        here = L[top : top + rows]
        found, added = (np.stack(planes.planes(here, top, shown[0])) for planes in (both, lines))
        highest = resize.enlarged_rows(limit, top, shown[0], here.shape)
        share = layers.limiting_factor(added[0], added[1], highest)
        assert (share <= 1).all()
        np.testing.assert_allclose(found, added * share, atol=1e-3)
        assert (np.hypot(*found) <= highest + 1e-3).all()
        np.testing.assert_array_equal(share[np.hypot(*added) < highest * 0.999], 1)
