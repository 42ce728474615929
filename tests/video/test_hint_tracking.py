"""Hints in films: named in one frame, then followed; small faces, looked at again."""

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
    tracker, found = Tracker(tinter.networks, options), []
    for i in range(count):
        frame = pan("astronaut", SIZE, i / 25)
        seen = tracker.process(frame, i / 25)
        found.append(lab.split(tint_frame(Photo(frame), tinter.networks, seen, options).photo.pixels)[1])
    return found


def place(index: int, start: tuple[float, float]) -> tuple[int, int]:
    """(row, column) in a frame of what is at a place (x, y) of the first one."""
    first, now = (np.vstack([camera(SIZE, photo("astronaut").shape, i / 25), [0, 0, 1]]) for i in (0, index))
    x, y, _ = now @ np.linalg.inv(first) @ (*start, 1)
    return round(y), round(x)


def around(ab: Float, at: tuple[int, int]) -> Float:
    return np.asarray(ab[at[0] - 2 : at[0] + 3, at[1] - 2 : at[1] + 3].mean(axis=(0, 1)))


def test_a_points_colour_moves_with_what_it_lies_on(tinter: Tinter) -> None:
    start = (200.0, 100.0)
    hinted_at = replace(Options(keep="all"), hint=(f"@{start[0]:g},{start[1]:g}=#3050c0",))
    plain, told = (chroma(tinter, options, 26) for options in (Options(keep="all"), hinted_at))
    for i in (0, 5, 11, 12, 25):
        at = place(i, start)
        assert around(told[i], at)[1] < around(plain[i], at)[1] - 15, i
    assert np.hypot(place(25, start)[1] - start[0], place(25, start)[0] - start[1]) > 8


def test_a_hint_begins_in_the_frame_it_is_given_for(tinter: Tinter) -> None:
    options = replace(Options(keep="all"), hint=("@200,100@0.4s=#3050c0",))
    plain, told = (chroma(tinter, one, 14) for one in (Options(keep="all"), options))
    assert all(np.array_equal(plain[i], told[i]) for i in range(9))
    assert around(told[10], (100, 200))[1] < around(plain[10], (100, 200))[1] - 15


def test_a_person_has_the_colour_of_the_hint(tinter: Tinter) -> None:
    told = chroma(tinter, replace(Options(keep="all"), hint=("person:1=#3050c0",)), 14)
    for i in (0, 13):
        assert told[i][60:180, 20:140, 1].mean() < 0 < told[i][60:180, 220:340, 1].mean()


def test_a_point_that_leaves_the_frame_or_is_hidden_is_let_go() -> None:
    move, fits = np.zeros((40, 60, 2), np.float32), np.ones((40, 60), np.float32)
    move[..., 0] = 12  # everything has moved 12 to the left
    spots = hint_tracking.initial_points(
        [hint.point for hint in Options(hint=("@6,10=navy", "@30,10=navy")).hints if hint.point], (40, 60)
    )
    now = hint_tracking.track(spots, move, fits)
    assert [round(x * 60) for x, _ in now.values()] == [18]
    assert not hint_tracking.track(spots, move, fits * 0)


def test_hints_are_remembered(tinter: Tinter) -> None:
    tracker = Tracker(tinter.networks, replace(Options(keep="all"), hint=("@200,100=#3050c0",)))
    for i in range(14):
        tracker.process(pan("astronaut", SIZE, i / 25), i / 25)
    again = tracker_state.load(tracker_state.dump(tracker.state))
    assert again.keyframe
    assert tracker.state.keyframe
    assert again.keyframe.hint_points == tracker.state.keyframe.hint_points
    assert again.keyframe.hint_points
    assert again.resolved == tracker.state.resolved
    assert np.array_equal(again.keyframe.hint_change, tracker.state.keyframe.hint_change)


def test_a_page_is_refused() -> None:
    with pytest.raises(OptionError, match="a film has no pages"):
        FilmJob(source="a.mp4", output="b.mp4", options=Options(hint=("page:2 @1,2=navy",)))


class Blob:
    """A detector that finds a face where the film has a bright square, but not each time."""

    def __init__(self) -> None:
        self.calls = 0

    def run(self, x: Float) -> tuple[Float, ...]:
        self.calls += 1
        n, _, h, w = x.shape
        heat, size = np.full((n, 1, h // 4, w // 4), -9, np.float32), np.zeros((n, 2, h // 4, w // 4), np.float32)
        if (self.calls + 1) // 2 % 2:  # it is asked at two sizes for each look
            heat[0, 0, h // 8, w // 16] = 9
            size[:] = np.log(8)
        return heat, size, np.zeros_like(size)


def test_a_missed_face_is_no_flicker(
    tinter: Tinter, engines: dict[str, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sees:
        """Blue on a crop, which is square; red-brown on the whole."""

        def run(self, x: Float) -> tuple[Float, ...]:
            b = -0.3 if x.shape[2] == x.shape[3] else 0.2
            return (np.full((len(x), 2, x.shape[2] // 2, x.shape[3] // 2), b, np.float32),)

    blob = Blob()
    monkeypatch.setitem(engines, "color", Sees())
    monkeypatch.setitem(engines, "faces", blob)
    frame = np.asarray(cv2.resize(pan("astronaut", SIZE, 0), SIZE[::-1]))
    tracker, blue = Tracker(tinter.networks, Options(keep="all")), []
    for i in range(40):
        colors = tracker.process(frame, i / 25).colors
        assert colors is not None
        blue.append(float(colors.offset[..., 1].min()))
    assert blob.calls >= 6
    assert min(blue) < -15
    assert max(np.abs(np.diff(blue))) < 8


def test_without_the_closer_look_no_face_is_looked_for(
    tinter: Tinter, engines: dict[str, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = Blob()
    monkeypatch.setitem(engines, "faces", blob)
    tracker = Tracker(tinter.networks, Options(keep="all", closer_look="off"))
    frame: Array = pan("astronaut", SIZE, 0)
    tracker.process(frame, 0)
    assert blob.calls == 0


def test_no_note_on_points_that_move(tinter: Tinter) -> None:
    options = Options(keep="person", hint=("@300,100=#3050c0",))  # in the right half, where no colour is kept
    frame = pan("astronaut", SIZE, 0)
    analysis = Tracker(tinter.networks, options).process(frame, 0)
    assert "no colour is kept" in tinter.run(Photo(frame), options).note
    assert "no colour is kept" not in tint_frame(Photo(frame), tinter.networks, analysis, options).note
