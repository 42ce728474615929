"""Figures: positions and sizes of tiles, and captions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handtint import figures
from handtint.errors import InputError


def tile(height: int, width: int, value: int = 0) -> np.ndarray:
    return np.broadcast_to(marker_color(value), (height, width, 3)).copy()


def marker_color(value: int) -> np.ndarray:
    """A colour that captions do not have."""
    return np.array([value, 255 - value, 90], np.uint8)


def find(figure: np.ndarray, value: int) -> tuple[int, int, int, int]:
    """Top, left, height and width of the box around the tile of a value."""
    y, x = np.nonzero((figure == marker_color(value)).all(axis=2))
    return int(y.min()), int(x.min()), int(np.ptp(y)) + 1, int(np.ptp(x)) + 1


def test_panel_places_tiles_side_by_side_unchanged() -> None:
    rng = np.random.default_rng(0)
    gray, color = rng.integers(0, 256, (50, 80), dtype=np.uint8), rng.integers(0, 256, (50, 80, 3), dtype=np.uint8)
    figure = figures.panel([("Gray", gray), ("Colour", color)])
    assert figure.dtype == np.uint8
    assert figure.shape == (8 + 18 + 50 + 8, 8 + 80 + 8 + 80 + 8, 3)
    np.testing.assert_array_equal(figure[26:76, 8:88], np.repeat(gray[..., None], 3, axis=2))
    np.testing.assert_array_equal(figure[26:76, 96:176], color)


def test_captions_are_centred_above_their_tiles() -> None:
    white = np.full((150, 200), 255, np.uint8)
    figure = figures.panel([("Grayscale image", white), ("", white)])
    y, x = np.nonzero(figure[..., 0] < 128)
    assert y.min() > 0
    assert y.max() < 26
    assert (x.min() + x.max()) / 2 == pytest.approx(8 + 100, abs=2)


def test_long_captions_are_clipped() -> None:
    figure = figures.panel([("a caption wider\nthan its tile", tile(5, 5, 255)), ("b", tile(5, 5, 7))])
    assert (figure[:, :8] == 255).all()
    assert find(figure, 7)[2:] == (5, 5)


@pytest.mark.parametrize(
    ("shape", "height", "expected"),
    [
        ((1000, 500), 640, (640, 320)),
        ((500, 2000), 640, (160, 640)),
        ((2000, 2000), 5000, (640, 640)),
        ((300, 600), 100, (100, 200)),
        ((20, 30), 100, (20, 30)),
        ((1, 5000), 640, (1, 640)),
    ],
)
def test_tiles_are_shrunk_to_the_height_but_never_enlarged(
    shape: tuple[int, int], height: int, expected: tuple[int, int]
) -> None:
    figure = figures.panel([("", tile(*shape, 7))], height=height)
    assert find(figure, 7)[2:] == expected


def test_rows_align_their_tiles_in_columns() -> None:
    figure = figures.rows(
        [("Input", [tile(30, 40, 10), tile(30, 40, 20)]), ("Truth", [tile(30, 40, 30), tile(10, 20, 40)])]
    )
    boxes = {value: find(figure, value) for value in (10, 20, 30, 40)}
    assert boxes[10][0] == boxes[20][0]
    assert boxes[10][1] == boxes[30][1] > 20
    assert boxes[40][1] == boxes[20][1] + 10
    assert boxes[30][0] == boxes[10][0] + 30 + 8
    assert (figure[:, 8 : boxes[10][1]] < 128).any()


@settings(max_examples=20, deadline=None)
@given(count=st.integers(1, 9), columns=st.integers(1, 5))
def test_sheet_fills_row_by_row(count: int, columns: int) -> None:
    figure = figures.sheet([tile(12, 16, 10 * i) for i in range(count)], columns)
    lines = -(-count // columns)
    assert figure.shape == (8 + lines * 20, 8 + min(count, columns) * 24, 3)
    for i in range(count):
        assert find(figure, 10 * i) == (8 + i // columns * 20, 8 + i % columns * 24, 12, 16)


def test_figures_without_tiles_or_with_invalid_ones_are_errors() -> None:
    for draw in (lambda: figures.panel([]), lambda: figures.rows([("a", [])]), lambda: figures.sheet([], 3)):
        with pytest.raises(InputError, match="without tiles"):
            draw()
    with pytest.raises(InputError, match="0 columns"):
        figures.sheet([tile(2, 2)], 0)
    for invalid in (np.zeros((4, 4), np.float32), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4), np.uint8)):
        with pytest.raises(InputError, match="tile"):
            figures.sheet([invalid], 1)
