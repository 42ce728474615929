"""Motion, cuts, keyframes and tracked objects, on clips with known truth."""

import cv2
import numpy as np
import pytest
from clips import camera, pan, photo

from handtint import keep
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.types import VOC, Array, Engine, Float
from handtint.video import flow, object_tracking, tracker_state
from handtint.video.tracker import Tracker, is_cut

SIZE = (240, 360)


def shots(name: str, count: int, start: float = 0.0) -> list[Array]:
    return [pan(name, SIZE, start + i / 25) for i in range(count)]


def test_the_motion_is_that_of_the_camera() -> None:
    first, second = (flow.smoothed_lightness(pan("astronaut", SIZE, time), 256) for time in (0.4, 0.52))
    h, w = first.shape
    size = photo("astronaut").shape
    first_camera, second_camera = (np.vstack([camera(SIZE, size, time), [0, 0, 1]]) for time in (0.4, 0.52))
    transform = first_camera @ np.linalg.inv(second_camera)
    y, x = np.mgrid[:h, :w].astype(np.float64)
    points = np.stack([x * SIZE[1] / w, y * SIZE[0] / h, np.ones_like(x)])
    truth = np.tensordot(transform, points, 1)[:2] - points[:2]
    motion = flow.motion(second, first)
    error = np.hypot(motion[..., 0] * SIZE[1] / w - truth[0], motion[..., 1] * SIZE[0] / h - truth[1])
    assert np.median(error[10:-10, 10:-10]) < 0.5
    assert flow.mismatch(flow.confidence(second, first, motion)) < 0.1


def test_warped_values_move_with_the_motion() -> None:
    motion = np.zeros((40, 60, 2), np.float32)
    motion[..., 0] = 6
    values = np.tile(np.arange(30, dtype=np.float32), (20, 1))
    assert np.allclose(flow.warp(values, motion)[:, :26], values[:, :26] + 3, atol=0.01)


@pytest.mark.parametrize("pair", [("astronaut", "cat"), ("coffee", "hopper"), ("rocket", "temple"), ("cat", "flower")])
def test_cuts_are_detected_and_pans_are_not(pair: tuple[str, str]) -> None:
    views = [[flow.smoothed_lightness(frame, 256) for frame in shots(name, 2)] for name in pair]
    assert is_cut(views[1][0], views[0][1])
    assert not is_cut(views[0][1], views[0][0])
    assert not is_cut(views[1][1], views[1][0])


def test_a_fade_is_not_a_cut() -> None:
    before, current = shots("astronaut", 2)
    darker = np.round(current * 0.7).astype(np.uint8)
    assert not is_cut(flow.smoothed_lightness(darker, 256), flow.smoothed_lightness(before, 256))


def test_networks_run_at_keyframes_and_cuts_only(tinter: Tinter) -> None:
    tracker = Tracker(tinter.networks, Options())
    analyses = [tracker.process(frame, i / 25) for i, frame in enumerate([*shots("astronaut", 15), *shots("cat", 5)])]
    assert [i for i, first in enumerate(analyses) if first.starts_scene] == [0, 15]
    assert analyses[15].is_keyframe
    assert sum(first.is_keyframe for first in analyses) <= 6


def test_after_a_flash_the_scene_continues(tinter: Tinter) -> None:
    tracker = Tracker(tinter.networks, Options())
    film = shots("astronaut", 10)
    film[5] = np.full_like(film[5], 250)
    analyses = [tracker.process(frame, i / 25) for i, frame in enumerate(film)]
    assert analyses[5].starts_scene
    assert not any(first.starts_scene for first in analyses[6:])


def test_a_restored_state_gives_the_same_analysis(tinter: Tinter) -> None:
    film = shots("astronaut", 20)
    options = Options(keep="person:1 + @20%,50%")
    uninterrupted, first, second = (Tracker(tinter.networks, options) for _ in range(3))
    expected = [uninterrupted.process(frame, i / 25) for i, frame in enumerate(film)]
    for i, frame in enumerate(film[:9]):
        first.process(frame, i / 25)
    second.state = tracker_state.load(tracker_state.dump(first.state))
    for i, frame in enumerate(film[9:], 9):
        analysis = second.process(frame, i / 25)
        assert analysis.is_keyframe == expected[i].is_keyframe
        assert all(map(np.array_equal, analysis.layers, expected[i].layers))
        assert analysis.colors is not None
        assert expected[i].colors is not None
        assert np.array_equal(analysis.colors.offset, expected[i].colors.offset)


class BrightPersons:
    """A network that finds two persons where the film has bright squares; the right one grows to be the larger."""

    def run(self, x: Float) -> tuple[Float, ...]:
        n, _, h, w = x.shape
        small = cv2.resize(x[0, 0], (w // 4, h // 4), interpolation=cv2.INTER_AREA)
        classes = np.zeros((n, 21, h // 4, w // 4), np.float32)
        classes[:, 0] = 5
        classes[:, VOC.index("person")] = np.where(small > 0.2, 15, 0)
        foreground = cv2.resize(np.where(small > 0.2, 9, -9).astype(np.float32), (w // 2, h // 2))
        return classes, foreground[None, None], classes


def squares(index: int) -> Array:
    """A frame in which the left square shrinks and the right one grows, on a textured background."""
    frame = np.random.default_rng(0).integers(20, 90, (60, 90)).astype(np.uint8)
    frame = cv2.resize(frame, SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    for centre, side in ((90, 60 - index), (270, 40 + index)):
        frame[120 - side : 120 + side, centre - side : centre + side] = 230
    return frame


def halves(layer: Float) -> tuple[float, float]:
    return float(layer[:, : layer.shape[1] // 2].mean()), float(layer[:, layer.shape[1] // 2 :].mean())


@pytest.mark.parametrize(("keep_", "left"), [("person:1", True), ("person:2", False), ("@25%,50%", True)])
def test_one_object_is_tracked(
    tinter: Tinter, engines: dict[str, Engine], monkeypatch: pytest.MonkeyPatch, keep_: str, left: bool
) -> None:
    monkeypatch.setitem(engines, "mask", BrightPersons())
    tracker = Tracker(tinter.networks, Options(keep=keep_))
    for i in range(30):
        sides = halves(tracker.process(squares(i), i / 25).layers[0])
        assert (sides[0] > 5 * sides[1]) == left, i


class HairAndClothes:
    """Predicts hair in the upper half of each person and clothes in the lower."""

    def run(self, x: Float) -> tuple[Float, ...]:
        logits = np.full((1, 4, x.shape[2] // 4, x.shape[3] // 4), -8, np.float32)
        half = logits.shape[2] // 2
        logits[:, 2, :half], logits[:, 3, half:] = 8, 8
        return (logits,)


def test_parts_of_people_are_selected_in_every_frame(
    tinter: Tinter, engines: dict[str, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engines, "mask", BrightPersons())
    monkeypatch.setitem(engines, "parts", HairAndClothes())
    tracker = Tracker(tinter.networks, Options(keep="person.clothes"))
    for i in range(20):
        layer = tracker.process(squares(i), i / 25).layers[0]
        upper, lower = (float(half.mean()) for half in np.array_split(layer, 2))
        assert lower > 0.05, i
        assert lower > 5 * upper, i


def test_a_point_selects_an_object_from_its_frame_on(
    tinter: Tinter, engines: dict[str, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engines, "mask", BrightPersons())
    tracker = Tracker(tinter.networks, Options(keep="@75%,50%@0.4s"))
    shares = [halves(tracker.process(squares(i), i / 25).layers[0]) for i in range(20)]
    assert max(max(sides) for sides in shares[:10]) == 0
    assert all(right > 0.05 and left < right / 5 for left, right in shares[10:])


def test_an_object_that_is_not_detected_fades() -> None:
    term = keep.parse("person:1")[0].term
    before = np.zeros((40, 60), np.float32)
    before[10:20, 10:20] = 1
    classes = np.zeros((21, 40, 60), np.float32)
    classes[0] = 1
    from handtint.types import Segmentation

    segmentation = Segmentation(classes, classes[1], classes[:3])
    assert object_tracking.redetect(term, before, segmentation).max() == pytest.approx(object_tracking.FADE)
    assert object_tracking.is_lost(np.zeros((4, 4), np.float32))


class AlternatingColor:
    """A colour network whose prediction changes its sign each time."""

    def __init__(self) -> None:
        self.sign = 1.0

    def run(self, x: Float) -> tuple[Float, ...]:
        self.sign = -self.sign
        return (np.full((1, 2, x.shape[2] // 2, x.shape[3] // 2), 0.3 * self.sign, np.float32),)


def test_changed_predictions_are_blended_in(
    tinter: Tinter, engines: dict[str, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engines, "color", AlternatingColor())
    tracker, offsets = Tracker(tinter.networks, Options(keep="all")), []
    for i, frame in enumerate(shots("astronaut", 30)):
        colors = tracker.process(frame, i / 25).colors
        assert colors is not None
        offsets.append(float(np.median(colors.offset)))
    assert max(offsets) - min(offsets) > 20  # 66 apart, half of it at the second keyframe
    assert np.abs(np.diff(offsets)).max() < 10
