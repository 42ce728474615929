"""The API for photos: responses, and requests that are rejected."""

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

    def request(self, path: str, body: bytes | None = None, method: str = "", **headers: str) -> tuple[int, Any, bytes]:
        """(status, headers, body)."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        url = self.address.rstrip("/") + path
        request = Request(url, body, fields, method=method or ("GET" if body is None else "POST"))
        try:
            with OPENER.open(request, timeout=60) as response:
                return response.status, response.headers, response.read()
        except HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def open(self, data: bytes, name: str = "photo.jpg") -> dict[str, Any]:
        status, _, content = self.request(f"/api/photos?name={name}", data)
        assert status == 201, content
        return json.loads(content)  # type: ignore[no-any-return]

    def edit(self, key: str, what: str, **payload: Any) -> tuple[int, Any, bytes]:
        return self.request(f"/api/photos/{key}/{what}", json.dumps(payload).encode())


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    return Client(address)


def detail(content: bytes) -> str:
    """The message of an error response."""
    return str(json.loads(content)["detail"])


def test_an_opened_photo_is_described(client: Client, sample: Path) -> None:
    info = client.open(sample.read_bytes(), "folder/a%20b.jpg")
    assert (info["name"], info["width"], info["height"], info["depth"]) == ("a b.jpg", 512, 512, 8)
    assert {detection["keep"] for detection in info["found"]} == {"subject", "person:1"}


def test_a_result_is_that_of_the_tinter_at_full_depth(client: Client, tinter: Tinter) -> None:
    ramp = np.linspace(0, 65535, 300 * 200).astype(np.uint16).reshape(200, 300)
    data = Photo(ramp).encode(format="tiff")
    key = client.open(data, "deep.tif")["id"]
    status, headers, content = client.edit(key, "result", options={"keep": "all", "strength": 0.5})
    assert status == 200
    assert headers["handtint-name"] == "deep.handtint.tif"
    assert content == tinter.run(Photo.read(data), Options(keep="all", strength=0.5)).photo.encode(format="tiff")
    assert Photo.read(content).depth == 16


def test_a_preview_has_the_note_in_a_header(client: Client, sample: Path) -> None:
    key = client.open(sample.read_bytes())["id"]
    _, headers, content = client.edit(key, "preview", options={"keep": "cat"}, screen=200)
    assert headers["handtint-note"] == "no%20cat%20found%20%28seen%3A%20person%29"
    assert Photo.read(content).size == (512, 512)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"options": {"keep": "file:/etc/passwd"}}, "cannot open files by name"),
        ({"options": {"keep": "all + 'x.png'"}}, "cannot open files by name"),
        ({"options": {"mask_model": "/tmp/x.onnx"}}, "supports handtint-mask only"),
        ({"options": {"model": "folder/handtint"}}, "supports handtint only"),
        ({"options": {"keep": "+".join(["person"] * 2000)}}, "longer than"),
        ({"options": {"strength": "much"}}, "not a number"),
        ({"options": {"strenth": 1}}, "did you mean 'strength'"),
        ({"options": []}, "should be a table"),
        ({"mask": "0" * 64}, "not uploaded"),
        ({"reference": "0" * 64}, "this reference was not uploaded"),
        ({"reference": ["x"]}, "this reference was not uploaded"),
        ({"options": {"reference": "/etc/passwd"}}, "cannot open files by name"),
        ({"options": {"hint": ["file:/etc/passwd=navy"]}}, "cannot open files by name"),
        ({"options": {"hint": ["@1,2=nvy"]}}, "did you mean 'navy'"),
        ({"strokes": [{"points": [[0, 0]]}]}, "each has points"),
        ({"strokes": [{"points": [[0, float("nan")]], "radius": 0.1, "erase": False}]}, "shares"),
        ({"strokes": [{"points": [[0, 0]], "radius": 9, "erase": False}]}, "up to 1"),
        ({"strokes": [{"points": [[0, 0]] * 60_000, "radius": 0.1, "erase": False}]}, "more than"),
        ({"strokes": 3}, "at most"),
    ],
)
def test_a_bad_edit_is_rejected_with_a_message(client: Client, sample: Path, payload: Any, message: str) -> None:
    key = client.open(sample.read_bytes())["id"]
    for what in ("preview", "result", "recipe", "mask", "panels"):
        status, _, content = client.edit(key, what, **payload)
        assert status == 400
        assert message in detail(content)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_rejected(client: Client, sample: Path, body: bytes) -> None:
    key = client.open(sample.read_bytes())["id"]
    assert client.request(f"/api/photos/{key}/preview", body)[0] == 400


def test_a_recipe_with_files_or_other_models_is_rejected_and_other_weights_are_noted(client: Client) -> None:
    for line in ('keep = "file:x.png"', 'mask_model = "x.onnx"'):
        assert client.request("/api/recipe", f"[options]\n{line}\n".encode())[0] == 400
    status, _, content = client.request("/api/recipe", b'[options]\nkeep = "all"\n[models]\nhandtint = "00"\n')
    assert status == 200
    assert "other weights of handtint" in json.loads(content)["warning"]


@pytest.mark.parametrize("data", [b"", b"<svg></svg>", b"\xff\xd8\xff cut"])
def test_a_file_that_is_no_photo_is_rejected_by_name(client: Client, data: bytes) -> None:
    status, headers, content = client.request("/api/photos?name=x.jpg", data)
    assert status == 400
    assert headers["Content-Type"] == "application/problem+json"
    assert detail(content).startswith("x.jpg: ")


def test_too_many_bytes_or_pixels_are_rejected(client: Client) -> None:
    status, _, content = client.request("/api/photos?name=x.jpg", b"\xff\xd8\xff" + bytes(25_000_000))
    assert (status, detail(content)) == (413, "x.jpg: larger than the limit of 25 MB")
    large = Photo(np.zeros((8000, 8000), np.uint8)).encode(format="png")
    status, _, content = client.request("/api/photos?name=x.png", large)
    assert status == 413
    assert "over the limit of 50000000 pixels" in detail(content)


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
def test_requests_of_other_hosts_and_sites_are_rejected(
    client: Client, sample: Path, headers: dict[str, str], status: int
) -> None:
    assert client.request("/api/photos?name=x.jpg", sample.read_bytes(), **headers)[0] == status


def test_a_link_on_another_site_opens_the_page_but_not_the_api(client: Client) -> None:
    assert client.request("/", Sec_Fetch_Site="cross-site")[0] == 200
    assert client.request("/api/about", Sec_Fetch_Site="cross-site")[0] == 403


def test_every_response_has_security_headers(client: Client) -> None:
    for path in ("/", "/static/main.js", "/api/about", "/nowhere"):
        _, headers, _ = client.request(path)
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/static/..%2f__init__.py", "/static/%2e%2e/app.py", "/samples/..%2fapp.py", "/samples/x.jpg", "/static/"]
)
def test_paths_outside_of_the_static_files_are_not_found(client: Client, path: str) -> None:
    assert client.request(path)[0] == 404


def test_requests_for_a_closed_photo_have_status_410(client: Client, sample: Path) -> None:
    key = client.open(sample.read_bytes())["id"]
    assert client.request(f"/api/photos/{key}/before")[0] == 200
    assert client.request(f"/api/photos/{key}", method="DELETE")[0] == 204
    for status, _, content in (client.edit(key, "preview"), client.request(f"/api/photos/{key}/before")):
        assert status == 410
        assert "closed" in detail(content)


def test_an_uploaded_mask_is_used_and_is_part_of_the_recipe(client: Client, tinter: Tinter, sample: Path) -> None:
    mask = np.zeros((512, 512), np.uint8)
    mask[100:200, 300:400] = 255
    data = Photo(mask).encode(format="png")
    key = client.open(sample.read_bytes())["id"]
    name = json.loads(client.request(f"/api/photos/{key}/files", data)[2])["sha256"]
    content = client.edit(key, "result", mask=name)[2]
    assert content == tinter.run(Photo.read(sample), Options(), mask=Photo(mask)).photo.encode(format="jpeg")
    assert name.encode() in client.edit(key, "recipe", mask=name)[2]
    assert client.edit(key, "mask", mask=name)[2] == data


def test_the_palette_suggests_colours_for_a_point_and_names_its_object(client: Client, sample: Path) -> None:
    key = client.open(sample.read_bytes())["id"]
    status, _, content = client.edit(key, "palette", at=[0.2, 0.5])
    palette = json.loads(content)
    assert (status, palette["object"]) == (200, "person:1")
    assert len(palette["colors"]) == len(set(palette["colors"])) >= 6
    red, green, blue = bytes.fromhex(palette["colors"][0][1:])
    assert red > green > blue  # the simple network predicts red-brown everywhere
    assert json.loads(client.edit(key, "palette", at=[0.8, 0.5])[2])["object"] == ""
    for at in (None, [], [0.5], [1, 0.5], [-0.1, 0.5], [float("nan"), 0.5], ["0.1", 0.5], [True, 0.5]):
        status, _, content = client.edit(key, "palette", at=at)
        assert (status, "shares of the sides" in detail(content)) == (400, True)


def test_an_uploaded_reference_is_used_and_is_part_of_the_recipe(
    client: Client, tinter: Tinter, sample: Path, color_photo: Path
) -> None:
    data, other = sample.read_bytes(), Photo.read(color_photo)
    key = client.open(data)["id"]
    name = json.loads(client.request(f"/api/photos/{key}/files?name=cat.jpg", color_photo.read_bytes())[2])["sha256"]
    content = client.edit(key, "result", options={"keep": "all"}, reference=name)[2]
    assert content == tinter.run(Photo.read(sample), Options(keep="all"), reference=other).photo.encode(format="jpeg")
    recipe = client.edit(key, "recipe", reference=name)[2]
    assert json.loads(client.request("/api/recipe", recipe)[2])["reference"] == name
    by_path = f'[options]\nreference = "cat.jpg"\n[files]\n"cat.jpg" = "{name}"\n'.encode()
    assert json.loads(client.request("/api/recipe", by_path)[2])["reference"] == name
    assert client.request("/api/recipe", b'[options]\nreference = "cat.jpg"\n')[0] == 400
    status, _, content = client.request(f"/api/photos/{key}/files?name=letter.jpg", b"Dear photo")
    assert (status, detail(content)[:12]) == (400, "letter.jpg: ")


def test_the_store_closes_the_least_recently_used_photo(tinter: Tinter, sample: Path) -> None:
    data = sample.read_bytes()
    store = SessionStore(tinter, codec.Limits(), max_photos=2)
    first, second = store.open("1", data), store.open("2", data)
    assert store.get(first.key)
    third = store.open("3", data)
    assert [store.get(one.key) is not None for one in (first, second, third)] == [True, False, True]
    small = SessionStore(tinter, codec.Limits(), max_bytes=1)
    opened = [small.open(str(n), data) for n in range(3)]
    assert [small.get(one.key) is not None for one in opened] == [False, False, True]
