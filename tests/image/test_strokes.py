import numpy as np
import pytest

from handtint.image.masks.strokes import Stroke, paint


def test_a_single_point_is_a_disc_of_the_radius() -> None:
    alpha = paint(np.zeros((200, 400), np.uint8), [Stroke(((0.25, 0.5),), 0.1)])
    assert alpha.sum() / 255 == pytest.approx(np.pi * 40**2, rel=0.05)
    rows, columns = np.nonzero(alpha > 127)
    assert (rows.mean(), columns.mean()) == pytest.approx((99.5, 99.5), abs=0.6)


def test_strokes_are_applied_in_order() -> None:
    line = ((0.1, 0.5), (0.9, 0.5))
    added, erased = Stroke(line, 0.05), Stroke(line, 0.05, erase=True)
    blank, full = np.zeros((100, 100), np.uint8), np.full((100, 100), 255, np.uint8)
    assert paint(blank, [erased, added])[50, 50] == 255
    assert paint(full, [added, erased])[50, 50] == 0
    assert blank.max() == 0
    assert full.min() == 255
    np.testing.assert_array_equal(paint(full, [erased]), 255 - paint(blank, [added]))


def test_strokes_scale_with_the_size() -> None:
    strokes = [Stroke(((0.2, 0.3), (0.6, 0.7), (0.8, 0.2)), 0.03)]
    small, large = (paint(np.zeros((n, 2 * n), np.uint8), strokes) for n in (100, 800))
    assert abs(small.mean() - large.mean()) < 3


@pytest.mark.parametrize("point", [(-1.0, -1.0), (2.0, 2.0), (0.0, 1.0)])
def test_a_stroke_may_leave_the_picture(point: tuple[float, float]) -> None:
    alpha = paint(np.zeros((50, 70), np.uint8), [Stroke(((0.5, 0.5), point), 0.02)])
    assert alpha[25, 35] == 255
    assert alpha.shape == (50, 70)


def test_the_thinnest_stroke_paints_at_least_a_pixel() -> None:
    assert paint(np.zeros((9, 9), np.uint8), [Stroke(((0.5, 0.5),), 1e-9)]).any()
