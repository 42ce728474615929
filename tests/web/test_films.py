"""The API for films: some frames, a render in a process of its own, and what is said of bad files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from starlette.testclient import TestClient

from handtint.image.io import codec
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.video import source
from handtint.web import app, film_frames

BASE = "http://127.0.0.1:8756"


def film(path: Path, frames: int = 10, scenes: int = 2, sound: bool = False) -> Path:
    """A small film of gray steps, in scenes of one brightness each."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=10)
        video.height, video.width, video.pix_fmt = 64, 96, "yuv420p"
        video.codec_context.options = {"preset": "ultrafast"}
        for index in range(frames):
            gray = np.linspace(20, 120, 96, dtype=np.float32) + 100 * (index * scenes // frames % 2)
            picture = av.VideoFrame.from_ndarray(np.tile(gray.astype(np.uint8), (64, 1)), format="gray")
            out.mux(video.encode(picture.reformat(format="yuv420p")))
        out.mux(video.encode(None))
    return path


def tone(path: Path) -> Path:
    """A film's file with sound alone."""
    with av.open(str(path), "w") as out:
        track = out.add_stream("aac", rate=48000, layout="mono")
        heard = av.AudioFrame.from_ndarray(np.zeros((1, 9600), np.int16), format="s16", layout="mono")
        heard.rate = 48000
        for packet in (*track.encode(heard), *track.encode(None)):
            out.mux(packet)
    return path


@pytest.fixture
def page(tinter: Tinter) -> Iterator[TestClient]:
    made = app.create(tinter, film_limits=codec.Limits(pixels=50_000_000, bytes=200_000))
    with TestClient(made, base_url=BASE, raise_server_exceptions=False) as client:
        yield client
    made.state.films.close_all()


def upload(page: TestClient, path: Path) -> Any:
    return page.post("/api/films", params={"name": path.name}, content=path.read_bytes())


def test_frames_are_spread_and_one_of_each_scene_comes_first(page: TestClient, tmp_path: Path) -> None:
    opened = upload(page, film(tmp_path / "in.mp4", frames=40)).json()
    assert (opened["width"], opened["height"]) == (96, 64)
    times = opened["times"]
    assert len(times) == film_frames.SHOWN
    assert times == sorted(times)
    assert times[0] < 2 <= times[-1] < 4


def test_a_frame_has_the_options_of_the_moment(page: TestClient, tmp_path: Path) -> None:
    key = upload(page, film(tmp_path / "in.mp4")).json()["id"]
    pictures = []
    for options in ({"keep": "all"}, {"keep": "all", "strength": 0.2}, {"keep": "person", "hint": ["person:1=navy"]}):
        answer = page.post(f"/api/films/{key}/frames/1", json={"options": options})
        assert answer.status_code == 200, answer.text
        ab = np.ptp(Photo.read(answer.content).pixels.astype(int), axis=2)
        pictures.append((ab[:, :40].mean(), ab[:, 60:].mean()))
    assert pictures[0][1] > 2 * pictures[1][1] > 2
    assert pictures[2][0] > 10 > pictures[2][1]
    assert page.post(f"/api/films/{key}/frames/99", json={}).status_code == 404


def test_what_is_named_in_another_frame_is_left_out(page: TestClient, tmp_path: Path) -> None:
    opened = upload(page, film(tmp_path / "in.mp4")).json()
    time_ = opened["times"][2]
    options = Options(keep=f"@10%,50%@{time_}s", hint=(f"@10%,50%@{time_}s=#000080",))
    assert film_frames.at_time(options, time_) == options
    other = film_frames.at_time(options, 0.0)
    assert str(film_frames.NEVER)[:3] not in options.keep
    assert other != options
    answer = page.post(f"/api/films/{opened['id']}/frames/0", json={"options": {"keep": options.keep}})
    assert np.ptp(Photo.read(answer.content).pixels.astype(int), axis=2).max() < 6


@pytest.mark.parametrize(
    ("name", "said"),
    [("empty.mp4", "empty.mp4: the file is empty"), ("noise.mp4", "noise.mp4: cannot be read as a film"),
     ("cut.mp4", "cut.mp4: cannot be read as a film"), ("tone.mp4", "tone.mp4: is not a film: it contains only sound"),
     ("large.mp4", "large.mp4: larger than the limit of 0.2 MB")],
)  # fmt: skip
def test_what_is_no_film_is_one_line_and_leaves_no_file(page: TestClient, tmp_path: Path, name: str, said: str) -> None:
    path, noise = tmp_path / name, np.random.default_rng(0).bytes(3000)
    whole = film(tmp_path / "whole.mp4").read_bytes()
    data = {"empty.mp4": b"", "noise.mp4": noise, "cut.mp4": whole[: len(whole) // 2], "large.mp4": noise * 100}
    path = tone(path) if name == "tone.mp4" else path
    if name in data:
        path.write_bytes(data[name])
    answer = upload(page, path)
    assert answer.status_code == (413 if name == "large.mp4" else 400)
    assert answer.json()["detail"].startswith(said)
    assert "\n" not in answer.json()["detail"]
    home = Path(page.app.state.films._home)  # type: ignore[attr-defined]
    assert list(home.iterdir()) == []


def test_without_the_extra_it_says_what_to_install(
    page: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(source.OptionError):
        source.library()
    assert "pip install 'handtint[video]'" in page.get("/api/about").json()["films"]["missing"]
    answer = page.post("/api/films", params={"name": "a.mp4"}, content=b"x")
    assert "pip install 'handtint[video]'" in answer.json()["detail"]


def wait(page: TestClient, key: str) -> dict[str, Any]:
    end = time.monotonic() + 300
    while (told := page.get(f"/api/films/{key}").json()["render"])["state"] in ("waiting", "running"):
        assert time.monotonic() < end, told
        time.sleep(0.1)
    return dict(told)


def test_a_render_gives_all_frames_and_closing_removes_them(page: TestClient, tmp_path: Path) -> None:
    key = upload(page, film(tmp_path / "in.mp4", frames=6)).json()["id"]
    begun = page.post(f"/api/films/{key}/render", json={"options": {"keep": "all"}, "start": 0.2})
    assert begun.status_code == 202, begun.text
    assert page.post(f"/api/films/{key}/render", json={}).status_code == 409
    told = wait(page, key)
    assert (told["state"], told["done"], told["name"]) == ("done", 4, "in.handtint.mp4"), told
    answer = page.get(f"/api/films/{key}/result", headers={"Range": "bytes=0-9"})
    assert (answer.status_code, len(answer.content)) == (206, 10)
    whole = tmp_path / "out.mp4"
    whole.write_bytes(page.get(f"/api/films/{key}/result").content)
    with av.open(str(whole)) as made:
        assert len(list(made.decode(video=0))) == 4
    assert page.delete(f"/api/films/{key}").status_code == 204
    assert page.get(f"/api/films/{key}").status_code == 410
    assert list(Path(page.app.state.films._home).iterdir()) == []  # type: ignore[attr-defined]


def test_a_render_is_cancelled(page: TestClient, tmp_path: Path) -> None:
    key = upload(page, film(tmp_path / "in.mp4")).json()["id"]
    page.post(f"/api/films/{key}/render", json={"options": {"keep": "all"}})
    assert page.delete(f"/api/films/{key}/render").json()["render"]["state"] == "cancelled"
    assert page.get(f"/api/films/{key}/result").status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"start": -1}, {"end": "x"}, {"start": 3, "end": 2}, {"options": {"levels": "auto"}}]
)
def test_a_render_that_cannot_be_is_refused_at_once(page: TestClient, tmp_path: Path, wrong: dict[str, Any]) -> None:
    key = upload(page, film(tmp_path / "in.mp4")).json()["id"]
    answer = page.post(f"/api/films/{key}/render", json=wrong)
    assert answer.status_code == 400
    assert page.get(f"/api/films/{key}").json()["render"] is None
