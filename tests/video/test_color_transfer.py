"""Light, variants and references in films: the same in all frames of a scene."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from clips import pan

from handtint import Photo, variants
from handtint.errors import OptionError
from handtint.image.color import lab
from handtint.image.color.transfer import learn_shifts
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.types import Array, Float
from handtint.video import reference, tracker_state
from handtint.video.frame_tinting import tint_frame
from handtint.video.tracker import Tracker

SIZE = (120, 180)
ALL = Options(keep="all", provenance=False)


def film(count: int, *names: str) -> list[Array]:
    """So many frames of each photograph."""
    return [pan(name, SIZE, i / 25, grain=1) for name in names or ("astronaut",) for i in range(count)]


def chroma(tinter: Tinter, frames: list[Array], **settings: object) -> list[Float]:
    """The a*b* (h, w, 2) of each frame."""
    options = replace(ALL, **settings)  # type: ignore[arg-type]
    tracker, result = Tracker(tinter.networks, options), []
    for i, frame in enumerate(frames):
        analysis = tracker.process(frame, i / 25)
        result.append(lab.split(tint_frame(Photo(frame), tinter.networks, analysis, options).photo.pixels)[1])
    return result


def test_warmth_has_the_same_effect_as_on_a_photo_in_all_frames(tinter: Tinter) -> None:
    frames = film(14)
    warm = chroma(tinter, frames, warmth=0.8)
    for i in (0, 7, 13):
        alone = tinter.run(Photo(frames[i]), replace(ALL, warmth=0.8)).photo.pixels
        assert np.abs(warm[i] - lab.split(alone)[1]).mean() < 1.0, i


def test_a_variant_changes_each_frame_of_each_scene(tinter: Tinter) -> None:
    frames = film(14, "astronaut", "hopper")
    plain, blue = chroma(tinter, frames), chroma(tinter, frames, variant=1)
    changes = [float((frame - plain_frame)[..., 1].min()) for frame, plain_frame in zip(blue, plain, strict=True)]
    assert max(changes) < -15
    warm = chroma(tinter, frames, variant=4)
    assert all((frame - plain_frame)[..., 1].mean() > 1 for frame, plain_frame in zip(warm, plain, strict=True))


def test_a_variant_without_an_object_has_a_note(tinter: Tinter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handtint.video.variant.recolorable_point", lambda *_: None)
    tracker = Tracker(tinter.networks, replace(ALL, variant=2))
    assert "variant 2, red: no object" in tracker.process(film(1)[0], 0).note
    assert variants.VARIANTS[1].name == "red"


def test_a_reference_is_learned_once_per_scene(
    tinter: Tinter, color_photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    monkeypatch.setattr(reference.transfer, "learn_shifts", lambda *views: calls.append(1) or learn_shifts(*views))
    frames = film(14, "astronaut", "hopper")
    plain, transferred = chroma(tinter, frames), chroma(tinter, frames, reference=str(color_photo))
    assert len(calls) == 2
    assert all(np.abs(frame - plain_frame).mean() > 0.5 for frame, plain_frame in zip(transferred, plain, strict=True))
    alone = tinter.run(Photo(frames[0]), replace(ALL, reference=str(color_photo))).photo.pixels
    assert np.abs(transferred[0] - lab.split(alone)[1]).mean() < 1.0


def test_a_gray_reference_is_rejected(tinter: Tinter, sample: Path) -> None:
    with pytest.raises(OptionError, match="has no colours of its own"):
        Tracker(tinter.networks, replace(ALL, reference=str(sample)))


@pytest.mark.parametrize("settings", [{"variant": 1}, {"reference": "tests/photos/cat.jpg"}])
def test_a_restored_state_gives_the_same_colours(
    tinter: Tinter, settings: dict[str, object], color_photo: Path
) -> None:
    options = replace(ALL, **{k: str(color_photo) if k == "reference" else v for k, v in settings.items()})  # type: ignore[arg-type]
    frames = film(16)
    uninterrupted, first, second = (Tracker(tinter.networks, options) for _ in range(3))
    expected = [uninterrupted.process(frame, i / 25).colors for i, frame in enumerate(frames)]
    for i, frame in enumerate(frames[:9]):
        first.process(frame, i / 25)
    second.state = tracker_state.load(tracker_state.dump(first.state))
    for i, frame in enumerate(frames[9:], 9):
        colors, expected_colors = second.process(frame, i / 25).colors, expected[i]
        assert colors
        assert expected_colors
        assert np.array_equal(colors.offset, expected_colors.offset), i
