"""Hints in films: given in one frame, then tracked; the closer look at small faces."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from clips import camera, pan, photo

from handtint import Photo
from handtint.errors import OptionError
from handtint.image.color import lab
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.types import Array, Engine, Float
from handtint.video import hint_tracking, tracker_state
from handtint.video.frame_tinting import tint_frame
from handtint.video.job import FilmJob
from handtint.video.tracker import Tracker

SIZE = (240, 360)


def chroma(tinter: Tinter, options: Options, count: int) -> list[Float]:
    """The a*b* (h, w, 2) of each frame of a clip."""
    tracker, result = Tracker(tinter.networks, options), []
    for i in range(count):
        frame = pan("astronaut", SIZE, i / 25)
        analysis = tracker.process(frame, i / 25)
        result.append(lab.split(tint_frame(Photo(frame), tinter.networks, analysis, options).photo.pixels)[1])
    return result


def tracked_position(index: int, start: tuple[float, float]) -> tuple[int, int]:
    """(row, column) in a frame of the point (x, y) of the first one."""
    first, current = (np.vstack([camera(SIZE, photo("astronaut").shape, i / 25), [0, 0, 1]]) for i in (0, index))
    x, y, _ = current @ np.linalg.inv(first) @ (*start, 1)
    return round(y), round(x)


def mean_ab(ab: Float, position: tuple[int, int]) -> Float:
    return np.asarray(ab[position[0] - 2 : position[0] + 3, position[1] - 2 : position[1] + 3].mean(axis=(0, 1)))


def test_the_colour_of_a_point_moves_with_its_object(tinter: Tinter) -> None:
    start = (200.0, 100.0)
    hinted_options = replace(Options(keep="all"), hint=(f"@{start[0]:g},{start[1]:g}=#3050c0",))
    plain, hinted = (chroma(tinter, options, 26) for options in (Options(keep="all"), hinted_options))
    for i in (0, 5, 11, 12, 25):
        position = tracked_position(i, start)
        assert mean_ab(hinted[i], position)[1] < mean_ab(plain[i], position)[1] - 15, i
    assert np.hypot(tracked_position(25, start)[1] - start[0], tracked_position(25, start)[0] - start[1]) > 8


def test_a_hint_starts_in_the_frame_of_its_time(tinter: Tinter) -> None:
    options = replace(Options(keep="all"), hint=("@200,100@0.4s=#3050c0",))
    plain, hinted = (chroma(tinter, setting, 14) for setting in (Options(keep="all"), options))
    assert all(np.array_equal(plain[i], hinted[i]) for i in range(9))
    assert mean_ab(hinted[10], (100, 200))[1] < mean_ab(plain[10], (100, 200))[1] - 15


def test_a_hint_for_a_person_colours_the_person_only(tinter: Tinter) -> None:
    hinted = chroma(tinter, replace(Options(keep="all"), hint=("person:1=#3050c0",)), 14)
    for i in (0, 13):
        assert hinted[i][60:180, 20:140, 1].mean() < 0 < hinted[i][60:180, 220:340, 1].mean()


def test_points_that_leave_the_frame_or_are_hidden_are_dropped() -> None:
    motion, confidence = np.zeros((40, 60, 2), np.float32), np.ones((40, 60), np.float32)
    motion[..., 0] = 12  # everything has moved 12 to the left
    points = hint_tracking.initial_points(
        [hint.point for hint in Options(hint=("@6,10=navy", "@30,10=navy")).hints if hint.point], (40, 60)
    )
    current = hint_tracking.track(points, motion, confidence)
    assert [round(x * 60) for x, _ in current.values()] == [18]
    assert not hint_tracking.track(points, motion, confidence * 0)


def test_hints_are_part_of_the_saved_state(tinter: Tinter) -> None:
    tracker = Tracker(tinter.networks, replace(Options(keep="all"), hint=("@200,100=#3050c0",)))
    for i in range(14):
        tracker.process(pan("astronaut", SIZE, i / 25), i / 25)
    restored = tracker_state.load(tracker_state.dump(tracker.state))
    assert restored.keyframe
    assert tracker.state.keyframe
    assert restored.keyframe.hint_points == tracker.state.keyframe.hint_points
    assert restored.keyframe.hint_points
    assert restored.resolved == tracker.state.resolved
    assert np.array_equal(restored.keyframe.hint_change, tracker.state.keyframe.hint_change)


def test_a_hint_for_a_page_is_rejected() -> None:
    with pytest.raises(OptionError, match="a film has no pages"):
        FilmJob(source="a.mp4", output="b.mp4", options=Options(hint=("page:2 @1,2=navy",)))


class FlickeringDetector:
    """A detector that finds a face in every second analysis only."""

    def __init__(self) -> None:
        self.calls = 0

    def run(self, x: Float) -> tuple[Float, ...]:
        self.calls += 1
        n, _, h, w = x.shape
        heat, size = np.full((n, 1, h // 4, w // 4), -9, np.float32), np.zeros((n, 2, h // 4, w // 4), np.float32)
        if (self.calls + 1) // 2 % 2:  # it runs at two sizes for each analysis
            heat[0, 0, h // 8, w // 16] = 9
            size[:] = np.log(8)
        return heat, size, np.zeros_like(size)


def test_a_missed_face_causes_no_flicker(
    tinter: Tinter, engines: dict[str, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    class CropColor:
        """Blue for a crop, which is square; red-brown for the whole frame."""

        def run(self, x: Float) -> tuple[Float, ...]:
            b = -0.3 if x.shape[2] == x.shape[3] else 0.2
            return (np.full((len(x), 2, x.shape[2] // 2, x.shape[3] // 2), b, np.float32),)

    detector = FlickeringDetector()
    monkeypatch.setitem(engines, "color", CropColor())
    monkeypatch.setitem(engines, "faces", detector)
    frame = np.asarray(cv2.resize(pan("astronaut", SIZE, 0), SIZE[::-1]))
    tracker, blue = Tracker(tinter.networks, Options(keep="all")), []
    for i in range(40):
        colors = tracker.process(frame, i / 25).colors
        assert colors is not None
        blue.append(float(colors.offset[..., 1].min()))
    assert detector.calls >= 6
    assert min(blue) < -15
    assert max(np.abs(np.diff(blue))) < 8


def test_without_the_closer_look_the_detector_does_not_run(
    tinter: Tinter, engines: dict[str, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = FlickeringDetector()
    monkeypatch.setitem(engines, "faces", detector)
    tracker = Tracker(tinter.networks, Options(keep="all", closer_look="off"))
    frame: Array = pan("astronaut", SIZE, 0)
    tracker.process(frame, 0)
    assert detector.calls == 0


def test_points_in_films_have_no_note_on_the_mask(tinter: Tinter) -> None:
    options = Options(keep="person", hint=("@300,100=#3050c0",))  # in the right half, where no colour is kept
    frame = pan("astronaut", SIZE, 0)
    analysis = Tracker(tinter.networks, options).process(frame, 0)
    assert "no colour is kept" in tinter.run(Photo(frame), options).note
    assert "no colour is kept" not in tint_frame(Photo(frame), tinter.networks, analysis, options).note
