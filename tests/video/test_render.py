"""Films from end to end, with simple networks: what comes through, what a stop costs, what is said of bad ones."""

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


def tint(source: Path, output: Path, stop_at: int = 0, **wishes: Any) -> Render:
    """Tint a film, or as far as some frame; how it went."""
    wishes.setdefault("options", Options())
    stop = Event()
    with Render(FilmJob(source=str(source), output=str(output), **wishes)) as run:
        for done in run.frames(stop):
            if done == stop_at:
                stop.set()
    return run


def stamps(path: Path) -> list[float]:
    return [float(frame.pts * frame.time_base) for frame in frames(path)]


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "webm", "avi", "gif"])
def test_every_container_has_the_colours_and_the_times(clip: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"out.{ending}"
    run = tint(clip, out, drop=("sound",))
    assert run.total == 20
    assert not Path(f"{out}.handtint").exists()
    shown = frames(out)
    assert len(shown) == 20
    assert np.allclose(np.diff(stamps(out)), 0.04, atol=0.001 if ending != "gif" else 0.011)
    red, _, blue = shown[7].to_ndarray(format="rgb24")[20:40, 10:30].mean(axis=(0, 1))
    assert red > blue + 20
    right = shown[7].to_ndarray(format="rgb24")[20:40, 80:92].mean(axis=(0, 1))
    assert right.max() - right.min() < 3


@pytest.mark.parametrize("ending", ["mp4", "mkv", "mov"])
def test_sound_is_the_same_packet_for_packet(clip: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"out.{ending}"
    tint(clip, out)
    before, after = packets(clip, "audio"), packets(out, "audio")
    assert [data for _, data in before] == [data for _, data in after]
    if ending != "mkv":
        assert before == after


def test_uneven_times_words_aspect_and_colours_come_through(tmp_path: Path) -> None:
    clip = Clip(
        steps=(512, 300, 900), colour=(1, 1, 1, 2), aspect=Fraction(4, 3), words={"title": "Home", "comment": "mine"}
    )
    source, out = clip.write(tmp_path / "in.mp4"), tmp_path / "out.mp4"
    tint(source, out)
    assert [frame.pts for frame in frames(out)] == clip.stamps()
    first = frames(out)[0]
    assert (int(first.colorspace), int(first.color_range), int(first.color_primaries)) == (1, 2, 1)
    with av.open(str(source)) as before, av.open(str(out)) as after:
        assert after.metadata["title"] == "Home"
        assert after.metadata["comment"].startswith("mine; colours predicted by handtint")
        assert after.streams.video[0].sample_aspect_ratio == Fraction(4, 3)
        assert after.streams.video[0].duration == before.streams.video[0].duration
        assert after.streams.video[0].time_base == before.streams.video[0].time_base


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_chapters_come_through_and_are_cut(tmp_path: Path, ending: str) -> None:
    source, cut = tmp_path / "in.mkv", tmp_path / f"cut.{ending}"
    Clip(chapters=((0, 300, "Arrival"), (300, 800, "Home"))).write(source)
    tint(source, tmp_path / f"out.{ending}")
    assert chapters(tmp_path / f"out.{ending}") == [(0, 0.3, "Arrival"), (0.3, 0.8, "Home")]
    tint(source, cut, start=0.2, end=0.6)
    assert chapters(cut) == [(0, pytest.approx(0.1), "Arrival"), (pytest.approx(0.1), pytest.approx(0.4), "Home")]


def test_lightness_is_kept(clip: Path, tmp_path: Path) -> None:
    tint(clip, tmp_path / "out.mkv", codec="ffv1", options=Options(keep="all"))
    for before, after in zip(frames(clip), frames(tmp_path / "out.mkv"), strict=True):
        pair = [lab.lightness(frame.to_ndarray(format="rgb24")) for frame in (before, after)]
        assert np.abs(pair[0] - pair[1]).mean() < 0.6


def test_a_turned_film_comes_out_upright(tmp_path: Path) -> None:
    source = Clip(turn=1).write(tmp_path / "in.mp4")
    tint(source, tmp_path / "out.mp4", options=Options(keep="person"))
    out = frames(tmp_path / "out.mp4")[3]
    assert (out.height, out.width, out.rotation) == (96, 64, 0)
    upright = np.rot90(frames(source)[3].to_ndarray(format="gray"), frames(source)[3].rotation // 90)
    assert np.corrcoef(upright.ravel(), out.to_ndarray(format="gray").ravel())[0, 1] > 0.97


def test_ten_bits_stay_ten(tmp_path: Path) -> None:
    source = Clip(format="yuv420p10le").write(tmp_path / "in.mp4")
    tint(source, tmp_path / "out.mp4")
    assert frames(tmp_path / "out.mp4")[0].format.name == "yuv420p10le"


def test_an_odd_size_is_kept(tmp_path: Path) -> None:
    source = Clip(size=(63, 95), format="yuv444p").write(tmp_path / "in.mp4")
    run = tint(source, tmp_path / "out.mp4")
    assert (frames(tmp_path / "out.mp4")[0].height, frames(tmp_path / "out.mp4")[0].width) == (63, 95)
    assert any("odd side" in note for note in run.notes)


@pytest.mark.parametrize("stop_at", [3, 8, 13, 20])
def test_a_film_that_was_stopped_goes_on_to_the_same_bytes(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_at: int
) -> None:
    monkeypatch.setattr(render, "PART_FRAMES", 8)
    whole, stopped = tmp_path / "a" / "out.mkv", tmp_path / "b" / "out.mkv"
    whole.parent.mkdir()
    stopped.parent.mkdir()
    tint(clip, whole, codec="ffv1")
    tint(clip, stopped, stop_at=stop_at, codec="ffv1")
    assert not stopped.exists()
    again = tint(clip, stopped, codec="ffv1")
    assert again.resumed == (20 if stop_at == 20 else stop_at // 8 * 8)
    assert stopped.read_bytes() == whole.read_bytes()


def test_another_wish_begins_anew(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "PART_FRAMES", 8)
    tint(clip, tmp_path / "out.mp4", stop_at=10)
    assert tint(clip, tmp_path / "out.mp4", options=Options(strength=0.5)).resumed == 0


def test_two_runs_do_not_share_a_journal(clip: Path, tmp_path: Path) -> None:
    order = FilmJob(source=str(clip), output=str(tmp_path / "out.mp4"), options=Options())
    with Render(order), pytest.raises(OutputError, match="another run"), Render(order):
        pass


def test_from_to_and_preview(clip: Path, tmp_path: Path) -> None:
    tint(clip, tmp_path / "out.mp4", start=0.2, end=0.4)
    assert stamps(tmp_path / "out.mp4") == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])
    tint(clip, tmp_path / "few.mp4", preview=0.12)
    assert len(frames(tmp_path / "few.mp4")) == 3
    with pytest.raises(InputError, match="no frames after 9 s"):
        tint(clip, tmp_path / "none.mp4", start=9)


def test_numbered_pictures(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    tint(clip, tmp_path / "frames" / "%05d.png", preview=0.2)
    assert sorted(path.name for path in (tmp_path / "frames").iterdir()) == [f"{n:05d}.png" for n in range(1, 6)]
    tint(tmp_path / "frames" / "%05d.png", tmp_path / "out.mp4", rate=Fraction(10))
    assert stamps(tmp_path / "out.mp4") == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    tint(tmp_path / "frames" / "%05d.png", tmp_path / "frames" / "t%d.jpg")
    assert (tmp_path / "frames" / "t5.jpg").exists()
    with pytest.raises(InputError, match="no such pictures"):
        tint(tmp_path / "frames" / "x%05d.png", tmp_path / "out.mp4")


def test_bad_films_are_one_line(clip: Path, tmp_path: Path) -> None:
    empty, broken, sound = tmp_path / "empty.mp4", tmp_path / "broken.mp4", tmp_path / "sound.mp4"
    empty.write_bytes(b"")
    broken.write_bytes(clip.read_bytes()[:3000])
    with av.open(str(sound), "w") as out:
        track = out.add_stream("aac", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), format="s16", layout="mono")
        frame.rate = 48000
        out.mux(track.encode(frame))
        out.mux(track.encode(None))
    for path, why in ((empty, "the file is empty"), (broken, "cannot be read as a film"), (sound, "only sound")):
        with pytest.raises(DecodeError, match=f"{path.name}: .*{why}"):
            tint(path, tmp_path / "out.mp4")
    with pytest.raises(InputError, match="no such file"):
        tint(tmp_path / "none.mp4", tmp_path / "out.mp4")
    assert not list(tmp_path.glob("out*"))


def test_a_film_that_ends_early_is_tinted_so_far_and_said_to(tmp_path: Path) -> None:
    clip = Clip(frames=100, options={"preset": "ultrafast", "crf": "10", "g": "10"})
    source = clip.write(tmp_path / "in.mkv")
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 3])
    run = tint(source, tmp_path / "out.mkv")
    assert 10 < len(frames(tmp_path / "out.mkv")) < 60
    assert any("ends at" in note or "cannot be read to its end" in note for note in run.notes)


def test_a_film_of_one_frame(tmp_path: Path) -> None:
    source = Clip(frames=1).write(tmp_path / "in.mp4")
    tint(source, tmp_path / "out.mp4")
    assert len(frames(tmp_path / "out.mp4")) == 1


def test_what_does_not_go_together(clip: Path, tmp_path: Path) -> None:
    for words, why in (
        ({"output": tmp_path / "out.xyz"}, "the name has to end in"),
        ({"output": tmp_path / "out.mp4", "codec": "ffv1"}, ".mp4 does not support ffv1"),
        ({"output": tmp_path / "out.mp4", "crf": 60}, "takes 0 to 51"),
        ({"output": tmp_path / "out.webm"}, ".webm does not support sound track 1 .aac."),
        ({"output": clip}, "is the film itself"),
        ({"output": tmp_path / "out.mp4", "start": 2, "end": 1}, "is not after"),
        ({"output": tmp_path / "out.mp4", "options": replace(Options(), keep="@200,1")}, "outside"),
    ):
        with pytest.raises((OptionError, InputError), match=why):
            tint(clip, **words)


def test_a_single_frame_of_carrying_is_the_photo(clip: Path, tmp_path: Path, tinter: Tinter) -> None:
    tint(clip, tmp_path / "%d.png", preview=0.04)
    with Film(str(clip)) as film:
        alone = tinter.tint(next(film.frames()).photo).pixels
    assert np.array_equal(alone, Photo.read(tmp_path / "1.png").pixels)


def test_films_are_known_by_their_names(tmp_path: Path, clip: Path) -> None:
    assert is_film(str(clip))
    assert is_film("a/%05d.png")
    assert not is_film("a.png")
    tint(clip, tmp_path / "moving.gif")
    assert is_film(str(tmp_path / "moving.gif"))
