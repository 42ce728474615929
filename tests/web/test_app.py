"""The page's requests: what is answered, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import numpy as np
import pytest

from handtint.image.io import codec
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.web.session_store import SessionStore

OPENER = build_opener(ProxyHandler({}))


class Client:
    """Plain requests to a page."""

    def __init__(self, address: str) -> None:
        self.address = address

    def ask(self, path: str, body: bytes | None = None, method: str = "", **headers: str) -> tuple[int, Any, bytes]:
        """(status, headers, body)."""
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        url = self.address.rstrip("/") + path
        request = Request(url, body, said, method=method or ("GET" if body is None else "POST"))
        try:
            with OPENER.open(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def open(self, data: bytes, name: str = "photo.jpg") -> dict[str, Any]:
        status, _, answer = self.ask(f"/api/photos?name={name}", data)
        assert status == 201, answer
        return json.loads(answer)  # type: ignore[no-any-return]

    def edit(self, key: str, what: str, **said: Any) -> tuple[int, Any, bytes]:
        return self.ask(f"/api/photos/{key}/{what}", json.dumps(said).encode())


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    return Client(address)


def detail(answer: bytes) -> str:
    return str(json.loads(answer)["detail"])


def test_what_a_photo_holds_is_told(client: Client, sample: Path) -> None:
    told = client.open(sample.read_bytes(), "a%20b.jpg")
    assert (told["name"], told["width"], told["height"], told["depth"]) == ("a b.jpg", 512, 512, 8)
    assert {thing["keep"] for thing in told["found"]} == {"subject", "person:1"}


def test_a_result_is_what_a_run_gives_at_full_depth(client: Client, tinter: Tinter) -> None:
    ramp = np.linspace(0, 65535, 300 * 200).astype(np.uint16).reshape(200, 300)
    data = Photo(ramp).encode(format="tiff")
    key = client.open(data, "deep.tif")["id"]
    status, headers, answer = client.edit(key, "result", options={"keep": "all", "strength": 0.5})
    assert status == 200
    assert headers["handtint-name"] == "deep.handtint.tif"
    assert answer == tinter.run(Photo.read(data), Options(keep="all", strength=0.5)).photo.encode(format="tiff")
    assert Photo.read(answer).depth == 16


def test_a_note_comes_with_the_preview(client: Client, sample: Path) -> None:
    key = client.open(sample.read_bytes())["id"]
    _, headers, answer = client.edit(key, "preview", options={"keep": "cat"}, screen=200)
    assert headers["handtint-note"] == "no%20cat%20found%20%28seen%3A%20person%29"
    assert Photo.read(answer).size == (512, 512)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"options": {"keep": "file:/etc/passwd"}}, "reads no files by name"),
        ({"options": {"keep": "all + 'x.png'"}}, "reads no files by name"),
        ({"options": {"mask_model": "/tmp/x.onnx"}}, "works with handtint-mask only"),
        ({"options": {"model": "folder/handtint"}}, "works with handtint only"),
        ({"options": {"keep": "+".join(["person"] * 2000)}}, "longer than"),
        ({"options": {"strength": "much"}}, "not a number"),
        ({"options": {"strenth": 1}}, "did you mean 'strength'"),
        ({"options": []}, "should be a table"),
        ({"mask": "0" * 64}, "not uploaded"),
        ({"reference": "0" * 64}, "this reference was not uploaded"),
        ({"reference": ["x"]}, "this reference was not uploaded"),
        ({"options": {"reference": "/etc/passwd"}}, "reads no files by name"),
        ({"options": {"hint": ["file:/etc/passwd=navy"]}}, "reads no files by name"),
        ({"options": {"hint": ["@1,2=nvy"]}}, "did you mean 'navy'"),
        ({"strokes": [{"points": [[0, 0]]}]}, "each has points"),
        ({"strokes": [{"points": [[0, float("nan")]], "radius": 0.1, "erase": False}]}, "shares"),
        ({"strokes": [{"points": [[0, 0]], "radius": 9, "erase": False}]}, "up to 1"),
        ({"strokes": [{"points": [[0, 0]] * 60_000, "radius": 0.1, "erase": False}]}, "more than"),
        ({"strokes": 3}, "at most"),
    ],
)
def test_an_edit_that_cannot_be_is_refused_in_words(client: Client, sample: Path, said: Any, why: str) -> None:
    key = client.open(sample.read_bytes())["id"]
    for what in ("preview", "result", "recipe", "mask", "panels"):
        status, _, answer = client.edit(key, what, **said)
        assert status == 400
        assert why in detail(answer)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_edit_is_refused(client: Client, sample: Path, body: bytes) -> None:
    key = client.open(sample.read_bytes())["id"]
    assert client.ask(f"/api/photos/{key}/preview", body)[0] == 400


def test_a_recipe_that_names_files_or_other_models_is_refused(client: Client) -> None:
    for line in ('keep = "file:x.png"', 'mask_model = "x.onnx"'):
        assert client.ask("/api/recipe", f"[options]\n{line}\n".encode())[0] == 400
    status, _, answer = client.ask("/api/recipe", b'[options]\nkeep = "all"\n[models]\nhandtint = "00"\n')
    assert status == 200
    assert "other weights of handtint" in json.loads(answer)["warning"]


@pytest.mark.parametrize("data", [b"", b"<svg></svg>", b"\xff\xd8\xff cut"])
def test_what_is_no_photo_is_refused_by_name(client: Client, data: bytes) -> None:
    status, headers, answer = client.ask("/api/photos?name=x.jpg", data)
    assert status == 400
    assert headers["Content-Type"] == "application/problem+json"
    assert detail(answer).startswith("x.jpg: ")


def test_what_is_too_large_is_refused(client: Client) -> None:
    status, _, answer = client.ask("/api/photos?name=x.jpg", b"\xff\xd8\xff" + bytes(25_000_000))
    assert (status, detail(answer)) == (413, "x.jpg: larger than the limit of 25 MB")
    wide = Photo(np.zeros((8000, 8000), np.uint8)).encode(format="png")
    status, _, answer = client.ask("/api/photos?name=x.png", wide)
    assert status == 413
    assert "over the limit of 50000000 pixels" in detail(answer)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Host": "localhost:80"}, 201),
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example:8756"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "127.0.0.1:x"}, 403),
        ({"Host": "[::1]"}, 201),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:1", "Origin": "http://localhost:1"}, 201),
        ({"Host": "localhost:1", "Origin": "http://localhost:2"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Sec_Fetch_Site": "same-origin"}, 201),
    ],
)
def test_strangers_are_refused(client: Client, sample: Path, headers: dict[str, str], status: int) -> None:
    assert client.ask("/api/photos?name=x.jpg", sample.read_bytes(), **headers)[0] == status


def test_a_link_from_elsewhere_opens_the_page_but_reads_nothing(client: Client) -> None:
    assert client.ask("/", Sec_Fetch_Site="cross-site")[0] == 200
    assert client.ask("/api/about", Sec_Fetch_Site="cross-site")[0] == 403


def test_every_answer_says_what_a_browser_may_do_with_it(client: Client) -> None:
    for path in ("/", "/static/main.js", "/api/about", "/nowhere"):
        _, headers, _ = client.ask(path)
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/static/..%2f__init__.py", "/static/%2e%2e/app.py", "/samples/..%2fapp.py", "/samples/x.jpg", "/static/"]
)
def test_no_path_reaches_the_disk(client: Client, path: str) -> None:
    assert client.ask(path)[0] == 404


def test_a_closed_photo_is_gone(client: Client, sample: Path) -> None:
    key = client.open(sample.read_bytes())["id"]
    assert client.ask(f"/api/photos/{key}/before")[0] == 200
    assert client.ask(f"/api/photos/{key}", method="DELETE")[0] == 204
    for status, _, answer in (client.edit(key, "preview"), client.ask(f"/api/photos/{key}/before")):
        assert status == 410
        assert "closed" in detail(answer)


def test_a_given_mask_is_used_and_is_in_the_recipe(client: Client, tinter: Tinter, sample: Path) -> None:
    mask = np.zeros((512, 512), np.uint8)
    mask[100:200, 300:400] = 255
    data = Photo(mask).encode(format="png")
    key = client.open(sample.read_bytes())["id"]
    name = json.loads(client.ask(f"/api/photos/{key}/given", data)[2])["sha256"]
    answer = client.edit(key, "result", mask=name)[2]
    assert answer == tinter.run(Photo.read(sample), Options(), mask=Photo(mask)).photo.encode(format="jpeg")
    assert name.encode() in client.edit(key, "recipe", mask=name)[2]
    assert client.edit(key, "mask", mask=name)[2] == data


def test_the_colors_of_a_place_are_offered(client: Client, sample: Path) -> None:
    key = client.open(sample.read_bytes())["id"]
    status, _, answer = client.edit(key, "palette", at=[0.2, 0.5])
    said = json.loads(answer)
    assert (status, said["thing"]) == (200, "person:1")
    assert len(said["colors"]) == len(set(said["colors"])) >= 6
    red, green, blue = bytes.fromhex(said["colors"][0][1:])
    assert red > green > blue  # what the simple network predicts everywhere
    assert json.loads(client.edit(key, "palette", at=[0.8, 0.5])[2])["thing"] == ""
    for at in (None, [], [0.5], [1, 0.5], [-0.1, 0.5], [float("nan"), 0.5], ["0.1", 0.5], [True, 0.5]):
        status, _, answer = client.edit(key, "palette", at=at)
        assert (status, "shares of the sides" in detail(answer)) == (400, True)


def test_a_given_reference_is_used_and_is_in_the_recipe(
    client: Client, tinter: Tinter, sample: Path, color_photo: Path
) -> None:
    data, other = sample.read_bytes(), Photo.read(color_photo)
    key = client.open(data)["id"]
    name = json.loads(client.ask(f"/api/photos/{key}/given?name=cat.jpg", color_photo.read_bytes())[2])["sha256"]
    answer = client.edit(key, "result", options={"keep": "all"}, reference=name)[2]
    assert answer == tinter.run(Photo.read(sample), Options(keep="all"), reference=other).photo.encode(format="jpeg")
    recipe = client.edit(key, "recipe", reference=name)[2]
    assert json.loads(client.ask("/api/recipe", recipe)[2])["reference"] == name
    by_path = f'[options]\nreference = "cat.jpg"\n[files]\n"cat.jpg" = "{name}"\n'.encode()
    assert json.loads(client.ask("/api/recipe", by_path)[2])["reference"] == name
    assert client.ask("/api/recipe", b'[options]\nreference = "cat.jpg"\n')[0] == 400
    status, _, answer = client.ask(f"/api/photos/{key}/given?name=letter.jpg", b"Dear photo")
    assert (status, detail(answer)[:12]) == (400, "letter.jpg: ")


def test_the_store_closes_the_least_recently_used_photo(tinter: Tinter, sample: Path) -> None:
    data = sample.read_bytes()
    store = SessionStore(tinter, codec.Limits(), max_photos=2)
    first, second = store.open("1", data), store.open("2", data)
    assert store.get(first.key)
    third = store.open("3", data)
    assert [store.get(one.key) is not None for one in (first, second, third)] == [True, False, True]
    small = SessionStore(tinter, codec.Limits(), max_bytes=1)
    kept = [small.open(str(n), data) for n in range(3)]
    assert [small.get(one.key) is not None for one in kept] == [False, False, True]
