"""Films end to end, with simple networks: what is preserved, how they resume, errors of bad ones."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from threading import Event
from typing import Any

import av
import numpy as np
import pytest
from clips import Clip, chapters, frames, packets

from handtint import Photo
from handtint.errors import DecodeError, InputError, OptionError, OutputError
from handtint.image.color import lab
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.video import render
from handtint.video.job import FilmJob, is_film
from handtint.video.render import Render
from handtint.video.source import Film


def tint(source: Path, output: Path, stop_at: int = 0, **settings: Any) -> Render:
    """Tint a film, up to a frame if `stop_at` is given, and return its render."""
    settings.setdefault("options", Options())
    stop = Event()
    with Render(FilmJob(source=str(source), output=str(output), **settings)) as run:
        for count in run.frames(stop):
            if count == stop_at:
                stop.set()
    return run


def times(path: Path) -> list[float]:
    return [float(frame.pts * frame.time_base) for frame in frames(path)]


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "webm", "avi", "gif"])
def test_every_container_has_the_colours_and_times_of_all_frames(clip: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"out.{ending}"
    run = tint(clip, out, drop=("sound",))
    assert run.total == 20
    assert not Path(f"{out}.handtint").exists()
    out_frames = frames(out)
    assert len(out_frames) == 20
    assert np.allclose(np.diff(times(out)), 0.04, atol=0.001 if ending != "gif" else 0.011)
    red, _, blue = out_frames[7].to_ndarray(format="rgb24")[20:40, 10:30].mean(axis=(0, 1))
    assert red > blue + 20
    right = out_frames[7].to_ndarray(format="rgb24")[20:40, 80:92].mean(axis=(0, 1))
    assert right.max() - right.min() < 3


@pytest.mark.parametrize("ending", ["mp4", "mkv", "mov"])
def test_sound_packets_are_copied(clip: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"out.{ending}"
    tint(clip, out)
    before, after = packets(clip, "audio"), packets(out, "audio")
    assert [data for _, data in before] == [data for _, data in after]
    if ending != "mkv":
        assert before == after


def test_variable_frame_times_metadata_aspect_and_colour_tags_are_preserved(tmp_path: Path) -> None:
    clip = Clip(
        steps=(512, 300, 900), colour=(1, 1, 1, 2), aspect=Fraction(4, 3), metadata={"title": "Home", "comment": "mine"}
    )
    source, out = clip.write(tmp_path / "in.mp4"), tmp_path / "out.mp4"
    tint(source, out)
    assert [frame.pts for frame in frames(out)] == clip.time_stamps()
    first = frames(out)[0]
    assert (int(first.colorspace), int(first.color_range), int(first.color_primaries)) == (1, 2, 1)
    with av.open(str(source)) as before, av.open(str(out)) as after:
        assert after.metadata["title"] == "Home"
        assert after.metadata["comment"].startswith("mine; colours predicted by handtint")
        assert after.streams.video[0].sample_aspect_ratio == Fraction(4, 3)
        assert after.streams.video[0].duration == before.streams.video[0].duration
        assert after.streams.video[0].time_base == before.streams.video[0].time_base


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_chapters_are_preserved_and_clipped(tmp_path: Path, ending: str) -> None:
    source, cut = tmp_path / "in.mkv", tmp_path / f"cut.{ending}"
    Clip(chapters=((0, 300, "Arrival"), (300, 800, "Home"))).write(source)
    tint(source, tmp_path / f"out.{ending}")
    assert chapters(tmp_path / f"out.{ending}") == [(0, 0.3, "Arrival"), (0.3, 0.8, "Home")]
    tint(source, cut, start=0.2, end=0.6)
    assert chapters(cut) == [(0, pytest.approx(0.1), "Arrival"), (pytest.approx(0.1), pytest.approx(0.4), "Home")]


def test_the_lightness_is_preserved(clip: Path, tmp_path: Path) -> None:
    tint(clip, tmp_path / "out.mkv", codec="ffv1", options=Options(keep="all"))
    for before, after in zip(frames(clip), frames(tmp_path / "out.mkv"), strict=True):
        pair = [lab.lightness(frame.to_ndarray(format="rgb24")) for frame in (before, after)]
        assert np.abs(pair[0] - pair[1]).mean() < 0.6


def test_a_rotated_film_is_written_upright(tmp_path: Path) -> None:
    source = Clip(rotation=1).write(tmp_path / "in.mp4")
    tint(source, tmp_path / "out.mp4", options=Options(keep="person"))
    out = frames(tmp_path / "out.mp4")[3]
    assert (out.height, out.width, out.rotation) == (96, 64, 0)
    upright = np.rot90(frames(source)[3].to_ndarray(format="gray"), frames(source)[3].rotation // 90)
    assert np.corrcoef(upright.ravel(), out.to_ndarray(format="gray").ravel())[0, 1] > 0.97


def test_ten_bits_are_preserved(tmp_path: Path) -> None:
    source = Clip(format="yuv420p10le").write(tmp_path / "in.mp4")
    tint(source, tmp_path / "out.mp4")
    assert frames(tmp_path / "out.mp4")[0].format.name == "yuv420p10le"


def test_an_odd_size_is_preserved_with_a_note(tmp_path: Path) -> None:
    source = Clip(size=(63, 95), format="yuv444p").write(tmp_path / "in.mp4")
    run = tint(source, tmp_path / "out.mp4")
    assert (frames(tmp_path / "out.mp4")[0].height, frames(tmp_path / "out.mp4")[0].width) == (63, 95)
    assert any("odd side" in note for note in run.notes)


@pytest.mark.parametrize("stop_at", [3, 8, 13, 20])
def test_a_stopped_film_is_resumed_to_the_same_bytes(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_at: int
) -> None:
    monkeypatch.setattr(render, "PART_FRAMES", 8)
    uninterrupted, stopped = tmp_path / "a" / "out.mkv", tmp_path / "b" / "out.mkv"
    uninterrupted.parent.mkdir()
    stopped.parent.mkdir()
    tint(clip, uninterrupted, codec="ffv1")
    tint(clip, stopped, stop_at=stop_at, codec="ffv1")
    assert not stopped.exists()
    resumed = tint(clip, stopped, codec="ffv1")
    assert resumed.resumed == (20 if stop_at == 20 else stop_at // 8 * 8)
    assert stopped.read_bytes() == uninterrupted.read_bytes()


def test_other_options_restart_the_film(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "PART_FRAMES", 8)
    tint(clip, tmp_path / "out.mp4", stop_at=10)
    assert tint(clip, tmp_path / "out.mp4", options=Options(strength=0.5)).resumed == 0


def test_two_runs_at_once_are_an_error(clip: Path, tmp_path: Path) -> None:
    job = FilmJob(source=str(clip), output=str(tmp_path / "out.mp4"), options=Options())
    with Render(job), pytest.raises(OutputError, match="another run"), Render(job):
        pass


def test_ranges_and_previews_have_their_frames_only(clip: Path, tmp_path: Path) -> None:
    tint(clip, tmp_path / "out.mp4", start=0.2, end=0.4)
    assert times(tmp_path / "out.mp4") == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])
    tint(clip, tmp_path / "few.mp4", preview=0.12)
    assert len(frames(tmp_path / "few.mp4")) == 3
    with pytest.raises(InputError, match="no frames after 9 s"):
        tint(clip, tmp_path / "none.mp4", start=9)


def test_numbered_pictures_are_read_and_written(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    tint(clip, tmp_path / "frames" / "%05d.png", preview=0.2)
    assert sorted(path.name for path in (tmp_path / "frames").iterdir()) == [f"{n:05d}.png" for n in range(1, 6)]
    tint(tmp_path / "frames" / "%05d.png", tmp_path / "out.mp4", rate=Fraction(10))
    assert times(tmp_path / "out.mp4") == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    tint(tmp_path / "frames" / "%05d.png", tmp_path / "frames" / "t%d.jpg")
    assert (tmp_path / "frames" / "t5.jpg").exists()
    with pytest.raises(InputError, match="no such pictures"):
        tint(tmp_path / "frames" / "x%05d.png", tmp_path / "out.mp4")


def test_bad_films_are_errors_with_their_reason(clip: Path, tmp_path: Path) -> None:
    empty, broken, sound = tmp_path / "empty.mp4", tmp_path / "broken.mp4", tmp_path / "sound.mp4"
    empty.write_bytes(b"")
    broken.write_bytes(clip.read_bytes()[:3000])
    with av.open(str(sound), "w") as out:
        track = out.add_stream("aac", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), format="s16", layout="mono")
        frame.rate = 48000
        out.mux(track.encode(frame))
        out.mux(track.encode(None))
    for path, message in ((empty, "the file is empty"), (broken, "cannot be read as a film"), (sound, "only sound")):
        with pytest.raises(DecodeError, match=f"{path.name}: .*{message}"):
            tint(path, tmp_path / "out.mp4")
    with pytest.raises(InputError, match="no such file"):
        tint(tmp_path / "none.mp4", tmp_path / "out.mp4")
    assert not list(tmp_path.glob("out*"))


def test_a_truncated_film_is_tinted_to_its_end_with_a_note(tmp_path: Path) -> None:
    clip = Clip(frames=100, options={"preset": "ultrafast", "crf": "10", "g": "10"})
    source = clip.write(tmp_path / "in.mkv")
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 3])
    run = tint(source, tmp_path / "out.mkv")
    assert 10 < len(frames(tmp_path / "out.mkv")) < 60
    assert any("ends at" in note or "cannot be read to its end" in note for note in run.notes)


def test_a_film_of_one_frame_is_tinted(tmp_path: Path) -> None:
    source = Clip(frames=1).write(tmp_path / "in.mp4")
    tint(source, tmp_path / "out.mp4")
    assert len(frames(tmp_path / "out.mp4")) == 1


def test_contradicting_settings_are_errors(clip: Path, tmp_path: Path) -> None:
    for changes, message in (
        ({"output": tmp_path / "out.xyz"}, "the name has to end in"),
        ({"output": tmp_path / "out.mp4", "codec": "ffv1"}, ".mp4 does not support ffv1"),
        ({"output": tmp_path / "out.mp4", "crf": 60}, "takes 0 to 51"),
        ({"output": tmp_path / "out.webm"}, ".webm does not support sound track 1 .aac."),
        ({"output": clip}, "is the film itself"),
        ({"output": tmp_path / "out.mp4", "start": 2, "end": 1}, "is not after"),
        ({"output": tmp_path / "out.mp4", "options": replace(Options(), keep="@200,1")}, "outside"),
    ):
        with pytest.raises((OptionError, InputError), match=message):
            tint(clip, **changes)


def test_the_first_frame_is_tinted_like_a_photo(clip: Path, tmp_path: Path, tinter: Tinter) -> None:
    tint(clip, tmp_path / "%d.png", preview=0.04)
    with Film(str(clip)) as film:
        expected = tinter.tint(next(film.frames()).photo).pixels
    assert np.array_equal(expected, Photo.read(tmp_path / "1.png").pixels)


def test_films_are_recognised_by_their_names(tmp_path: Path, clip: Path) -> None:
    assert is_film(str(clip))
    assert is_film("a/%05d.png")
    assert not is_film("a.png")
    tint(clip, tmp_path / "moving.gif")
    assert is_film(str(tmp_path / "moving.gif"))
