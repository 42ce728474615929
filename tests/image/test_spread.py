"""Known colours spread over a picture, and the shortest paths that keep them on one object."""

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


def objects(positions: list[spread.Position]) -> np.ndarray:
    """The half of `halves` at each position."""
    left = np.arange(16) < 8
    return np.stack([np.tile(left if x < 0.5 else ~left, (12, 1)).astype(np.float32) for x, _ in positions])


def spread_over(positions: list[spread.Position], values: np.ndarray) -> np.ndarray:
    return spread.spread(halves(), positions, values, objects(positions)).values


def test_a_large_difference_stays_on_the_object() -> None:
    result = spread_over([(0.25, 0.5)], np.array([[60.0, -40.0]], np.float32))
    np.testing.assert_allclose(result[24, 16], [60, -40], atol=2)
    np.testing.assert_allclose(result[5:-5, 4:28].mean((0, 1)), [60, -40], atol=8)
    assert np.abs(result[:, 36:]).max() < 1e-3


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 120), st.floats(0, 2 * np.pi), st.floats(0.05, 0.42), st.floats(0.05, 0.95))
def test_a_point_changes_other_objects_by_at_most_2(size: float, hue: float, x: float, y: float) -> None:
    difference = size * np.array([[np.cos(hue), np.sin(hue)]], np.float32)
    result = np.linalg.norm(spread_over([(x, y)], difference), axis=2)
    assert result[:, 36:].max() < 2 + 1e-3
    assert abs(result[int(48 * y), int(64 * x)] - size) < 0.1 * size + 2


def test_the_colour_of_clothes_does_not_reach_the_face() -> None:
    without_face = halves()
    with_face = replace(without_face, segmentation=replace(without_face.segmentation, faces=((0.1, 0.05, 0.4, 0.4),)))
    result, result_without_face = (
        spread.spread(scene, [(0.25, 0.8)], np.array([[60.0, -40.0]], np.float32), objects([(0.25, 0.8)])).values
        for scene in (with_face, without_face)
    )
    assert np.abs(result[10, 14:18]).max() < 1
    assert np.abs(result_without_face[10, 14:18]).max() > 30
    np.testing.assert_allclose(result[38, 16], [60, -40], atol=2)


def test_two_points_each_colour_their_half() -> None:
    result = spread_over([(0.25, 0.5), (0.75, 0.5)], np.array([[40.0, 0], [0.0, 40]], np.float32))
    np.testing.assert_allclose(result[24, [16, 48]], [[40, 0], [0, 40]], atol=3)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=12),
    st.integers(0, 2**16),
    st.floats(0.1, 80),
)
def test_the_spread_is_finite_and_bounded(positions: list[tuple[float, float]], seed: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    values = rng.uniform(-size, size, (len(positions), 2)).astype(np.float32)
    result, limit = spread.spread(halves(), positions, values, objects(positions))
    assert (np.linalg.norm(result, axis=2) <= np.maximum(limit, 1e-3) + 1e-3 * size).all()
    assert result.shape == (48, 64, 2)
    assert result.dtype == np.float32
    assert np.isfinite(result).all()
    assert np.abs(result).max() < 3 * size
    assert not spread_over(positions, np.zeros_like(values)).any()


def dijkstra(across: np.ndarray, down: np.ndarray, seed: tuple[int, int]) -> np.ndarray:
    """Shortest path costs by Dijkstra's algorithm with a heap."""
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
def test_shortest_path_costs_equal_those_of_dijkstra(
    across: np.ndarray, down: np.ndarray, row: int, column: int
) -> None:
    result = paths.shortest_path_costs(across, down, [(row, column)])[0]
    expected = dijkstra(across, down, (row, column))
    assert (result > expected - 1e-3).all()
    np.testing.assert_allclose(
        result, expected, atol=1e-3
    )  # so small a picture needs no more iterations than there are


@pytest.mark.parametrize("size", [(40, 60), (80, 120)])
def test_layers_replace_the_coefficients_inside_their_alpha_only(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    low, high = (resize.GuidedCoefficients(*(rng.normal(size=(2, 5, 6, 2)).astype(np.float32))) for _ in range(2))
    alpha = np.zeros((80, 120), np.uint8)
    alpha[20:60, 30:90] = 255
    combined = layers.Layers(low, [layers.Layer(alpha, high)])
    L = rng.random(size, np.float32)
    shrunk_alpha = resize.shrink(alpha, size)
    for top in range(0, size[0], 16):
        rows = slice(top, top + 16)
        result = combined.planes(L[rows], top, size[0])
        for plane, below, above in zip(
            result, low.planes(L[rows], top, size[0]), high.planes(L[rows], top, size[0]), strict=True
        ):
            np.testing.assert_array_equal(plane[shrunk_alpha[rows] == 0], below[shrunk_alpha[rows] == 0])
            np.testing.assert_allclose(plane[shrunk_alpha[rows] == 255], above[shrunk_alpha[rows] == 255], atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**16), st.floats(0, 60), st.sampled_from([(9, 12), (18, 24), (37, 51)]), st.integers(1, 5))
def test_a_limited_sum_is_exact_up_to_its_limit(seed: int, size: float, shape: tuple[int, int], rows: int) -> None:
    rng = np.random.default_rng(seed)
    flat = resize.GuidedCoefficients(np.zeros((1, 1, 2), np.float32), np.zeros((1, 1, 2), np.float32))
    coefficients = resize.GuidedCoefficients(*rng.normal(0, size, (2, 9, 12, 2)).astype(np.float32))
    limit = rng.uniform(0, 60, (9, 12)).astype(np.float32)
    L, combined = rng.random(shape, np.float32), layers.LimitedSum(flat, coefficients, limit)
    for top in range(0, shape[0], rows):
        strip = L[top : top + rows]
        result, added = (np.stack(planes.planes(strip, top, shape[0])) for planes in (combined, coefficients))
        highest = resize.enlarged_rows(limit, top, shape[0], strip.shape)
        share = layers.limiting_factor(added[0], added[1], highest)
        assert (share <= 1).all()
        np.testing.assert_allclose(result, added * share, atol=1e-3)
        assert (np.hypot(*result) <= highest + 1e-3).all()
        np.testing.assert_array_equal(share[np.hypot(*added) < highest * 0.999], 1)
