"""The API for films: previews of some frames, a render in a process of its own, and the errors for bad files."""

from __future__ import annotations

import errno
import tempfile
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
from handtint.web import app, film_frames, film_render, film_store

BASE = "http://127.0.0.1:8756"


def film(path: Path, frames: int = 10, scenes: int = 2) -> Path:
    """A small film of a gray gradient, in scenes that differ in brightness."""
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
    """An MP4 file with sound but no pictures."""
    with av.open(str(path), "w") as out:
        track = out.add_stream("aac", rate=48000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 9600), np.int16), format="s16", layout="mono")
        sound.rate = 48000
        for packet in (*track.encode(sound), *track.encode(None)):
            out.mux(packet)
    return path


@pytest.fixture
def page(tinter: Tinter) -> Iterator[TestClient]:
    """A client of the page, which accepts films of up to 200 kB."""
    application = app.create(tinter, film_limits=codec.Limits(pixels=50_000_000, bytes=200_000))
    with TestClient(application, base_url=BASE, raise_server_exceptions=False) as client:
        yield client
    application.state.films.close_all()


def uploads(page: TestClient) -> list[Path]:
    """The folders of the uploaded films that are still there."""
    return list(Path(page.app.state.films.folder).iterdir())  # type: ignore[attr-defined]


def chroma(data: bytes) -> np.ndarray:
    """The range of R, G and B of each pixel (H, W) of a picture's file."""
    return np.ptp(Photo.read(data).pixels.astype(int), axis=2)


def upload(page: TestClient, path: Path) -> Any:
    return page.post("/api/films", params={"name": path.name}, content=path.read_bytes())


def test_preview_frames_are_spread_over_the_film_with_each_scene(page: TestClient, tmp_path: Path) -> None:
    opened = upload(page, film(tmp_path / "in.mp4", frames=40)).json()
    assert (opened["width"], opened["height"]) == (96, 64)
    times = opened["times"]
    assert len(times) == film_frames.PREVIEW_FRAMES
    assert times == sorted(times)
    assert times[0] < 2 <= times[-1] < 4


def test_a_preview_frame_is_tinted_with_the_options_of_its_request(page: TestClient, tmp_path: Path) -> None:
    key = upload(page, film(tmp_path / "in.mp4")).json()["id"]
    left_and_right = []
    for options in ({"keep": "all"}, {"keep": "all", "strength": 0.2}, {"keep": "person", "hint": ["person:1=navy"]}):
        response = page.post(f"/api/films/{key}/frames/1", json={"options": options})
        assert response.status_code == 200, response.text
        colors = chroma(response.content)
        left_and_right.append((colors[:, :40].mean(), colors[:, 60:].mean()))
    whole, weak, person = left_and_right
    assert whole[1] > 2 * weak[1] > 2
    assert person[0] > 10 > person[1]
    assert page.post(f"/api/films/{key}/frames/99", json={}).status_code == 404


def test_points_of_another_frame_have_no_effect_on_a_frame(page: TestClient, tmp_path: Path) -> None:
    opened = upload(page, film(tmp_path / "in.mp4")).json()
    seconds = opened["times"][2]
    options = Options(keep=f"@10%,50%@{seconds}s", hint=(f"@10%,50%@{seconds}s=#000080",))
    assert film_frames.options_at(options, seconds) == options
    other = film_frames.options_at(options, 0.0)
    assert str(film_frames.OTHER_FRAME)[:3] not in options.keep
    assert other != options
    response = page.post(f"/api/films/{opened['id']}/frames/0", json={"options": {"keep": options.keep}})
    assert chroma(response.content).max() < 6


@pytest.mark.parametrize(
    ("name", "message"),
    [("empty.mp4", "empty.mp4: the file is empty"), ("noise.mp4", "noise.mp4: cannot be read as a film"),
     ("cut.mp4", "cut.mp4: cannot be read as a film"), ("tone.mp4", "tone.mp4: is not a film: it contains only sound"),
     ("list.mp4", "list.mp4: cannot be read as a film: not in a supported format"),
     ("large.mp4", "large.mp4: larger than the limit of 0.2 MB")],
)  # fmt: skip
def test_a_file_that_is_no_film_is_rejected_in_one_line_and_removed(
    page: TestClient, tmp_path: Path, name: str, message: str
) -> None:
    path, noise = tmp_path / name, np.random.default_rng(0).bytes(3000)
    whole = film(tmp_path / "whole.mp4").read_bytes()
    data = {"empty.mp4": b"", "noise.mp4": noise, "cut.mp4": whole[: len(whole) // 2], "large.mp4": noise * 100}
    data["list.mp4"] = b"ffconcat version 1.0\nfile film.mp4\n"
    path = tone(path) if name == "tone.mp4" else path
    if name in data:
        path.write_bytes(data[name])
    response = upload(page, path)
    assert response.status_code == (413 if name == "large.mp4" else 400)
    assert response.json()["detail"].startswith(message)
    assert "\n" not in response.json()["detail"]
    assert uploads(page) == []


def test_a_film_that_cannot_be_stored_is_an_error_in_one_line(
    page: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = film(tmp_path / "in.mp4")

    def fail(prefix: str) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkdtemp", fail)
    response = upload(page, path)
    assert (response.status_code, response.json()["detail"]) == (
        400,
        "in.mp4: cannot be stored: no space left on device",
    )


def test_without_the_extra_the_page_names_what_to_install(
    page: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(source.OptionError):
        source.library()
    assert "pip install 'handtint[video]'" in page.get("/api/about").json()["films"]["missing"]
    response = page.post("/api/films", params={"name": "a.mp4"}, content=b"x")
    assert "pip install 'handtint[video]'" in response.json()["detail"]


def test_requests_of_other_sites_are_rejected(page: TestClient, tmp_path: Path) -> None:
    key = upload(page, film(tmp_path / "in.mp4")).json()["id"]
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        for method, path in (("POST", "/api/films"), ("GET", f"/api/films/{key}"), ("GET", f"/api/films/{key}/result"),
                             ("POST", f"/api/films/{key}/render"), ("DELETE", f"/api/films/{key}")):  # fmt: skip
            assert page.request(method, path, headers=headers).status_code == 403
    assert page.get(f"/api/films/{key}").json()["render"] is None


@pytest.mark.parametrize("options", [{"keep": "file:/etc/passwd"}, {"reference": "/etc/passwd"}, {"model": "x.onnx"}])
def test_options_that_name_files_are_rejected(page: TestClient, tmp_path: Path, options: dict[str, str]) -> None:
    key = upload(page, film(tmp_path / "in.mp4")).json()["id"]
    for path in ("frames/0", "render"):
        assert page.post(f"/api/films/{key}/{path}", json={"options": options}).status_code == 400


def test_the_least_recently_used_film_is_closed_but_never_one_that_is_rendered(tmp_path: Path) -> None:
    store = film_store.FilmStore(codec.Limits(), max_films=2)

    def opened(name: str) -> film_store.OpenFilm:
        return store.open(name, film(store.new_file(name), frames=2))

    try:
        first, second = opened("1.mp4"), opened("2.mp4")
        first.render = film_render.FilmRender(first.path, Options())  # waits: it is not started
        third = opened("3.mp4")
        assert [store.get(one.key) is not None for one in (first, second, third)] == [True, False, True]
        assert [one.path.exists() for one in (first, second, third)] == [True, False, True]
    finally:
        store.close_all()
    assert not Path(store.folder).exists()


def finished(page: TestClient, key: str) -> dict[str, Any]:
    """The status of a film's render, once it is not active any more."""
    end = time.monotonic() + 300
    while (status := page.get(f"/api/films/{key}").json()["render"])["state"] in ("waiting", "running"):
        assert time.monotonic() < end, status
        time.sleep(0.1)
    return dict(status)


def test_a_render_has_all_frames_of_its_range_and_is_removed_with_the_film(page: TestClient, tmp_path: Path) -> None:
    key = upload(page, film(tmp_path / "in.mp4", frames=6)).json()["id"]
    started = page.post(f"/api/films/{key}/render", json={"options": {"keep": "all"}, "start": 0.2})
    assert started.status_code == 202, started.text
    assert page.post(f"/api/films/{key}/render", json={}).status_code == 409
    status = finished(page, key)
    assert (status["state"], status["done"], status["name"]) == ("done", 4, "in.handtint.mp4"), status
    response = page.get(f"/api/films/{key}/result", headers={"Range": "bytes=0-9"})
    assert (response.status_code, len(response.content)) == (206, 10)
    result = tmp_path / "out.mp4"
    result.write_bytes(page.get(f"/api/films/{key}/result").content)
    with av.open(str(result)) as tinted:
        assert len(list(tinted.decode(video=0))) == 4
    assert page.delete(f"/api/films/{key}").status_code == 204
    assert page.get(f"/api/films/{key}").status_code == 410
    assert uploads(page) == []


def test_a_cancelled_render_has_no_result(page: TestClient, tmp_path: Path) -> None:
    key = upload(page, film(tmp_path / "in.mp4")).json()["id"]
    page.post(f"/api/films/{key}/render", json={"options": {"keep": "all"}})
    assert page.delete(f"/api/films/{key}/render").json()["render"]["state"] == "cancelled"
    assert page.get(f"/api/films/{key}/result").status_code == 404


@pytest.mark.parametrize(
    "payload", [{"start": -1}, {"end": "x"}, {"start": 3, "end": 2}, {"options": {"levels": "auto"}}]
)
def test_a_render_with_bad_settings_is_rejected_before_it_starts(
    page: TestClient, tmp_path: Path, payload: dict[str, Any]
) -> None:
    key = upload(page, film(tmp_path / "in.mp4")).json()["id"]
    response = page.post(f"/api/films/{key}/render", json=payload)
    assert response.status_code == 400
    assert page.get(f"/api/films/{key}").json()["render"] is None
