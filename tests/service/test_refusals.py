"""Every rejected request gets a problem document, and leaves the service ready."""

from __future__ import annotations

import io

import httpx
import live_service
import numpy as np
import pytest
from live_service import problem
from PIL import Image

from handtint.image.photo import Photo

Files = dict[str, tuple[str, bytes]]


def send(site: httpx.Client, photo: bytes, **fields: str) -> httpx.Response:
    return site.post("/v1/tint", files={"photo": ("a.jpg", photo)}, data=fields)


@pytest.fixture(autouse=True)
def _ready_afterwards(site: httpx.Client) -> object:
    yield
    assert live_service.metric(site, "handtint_places_taken") == 0
    live_service.until(lambda: site.get("/readyz").status_code == 200)


def test_unknown_paths_and_methods_are_rejected(site: httpx.Client) -> None:
    assert "/v1/tint" in problem(site.get("/nowhere/../../etc/passwd"), 404, "not-found")
    response = site.put("/v1/tint")
    problem(response, 405, "method")
    assert response.headers["allow"] == "POST"
    problem(site.delete("/healthz"), 405, "method")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kep": "all"}, "did you mean 'keep'?"),
        ({"keep": "dgo"}, "did you mean 'dog'?"),
        ({"keep": "file:/etc/passwd"}, "send the mask as the field `mask`"),
        ({"keep": "person + 'mask.png'"}, "send the mask as the field `mask`"),
        ({"keep": "all+" * 300 + "all"}, "longer than 1000 characters"),
        ({"mask_model": "/etc/model.onnx"}, "not in the catalogue"),
        ({"mask_model": "rembg:u2net"}, "not in the catalogue"),
        ({"model": "/etc/handtint"}, "not in the catalogue"),
        ({"model": "handtint-mask"}, "unknown colour model"),
        ({"background": "beach"}, "is not one of original"),
        ({"strength": "2"}, "is not between 0 and 1.5"),
        ({"strength": "nan"}, "is not a number"),
        ({"quality": "9.5"}, "is not a whole number"),
        ({"quality": "101"}, "is not between 1 and 100"),
        ({"invert": "yes"}, "is not true or false"),
        ({"recipe": "keep = "}, "not TOML"),
        ({"recipe": ""}, "recipe: empty"),
        ({"recipe": "[" * 5000}, "recipe"),
        ({"recipe": "[options]\nkeep = 'file:mask.png'"}, "send the mask as the field `mask`"),
        ({"recipe": "[options]\nreference = 'a.jpg'"}, "send the photo as the field `reference`"),
        ({"reference": "/etc/passwd"}, "a file is expected"),
        ({"recipe": f"[reference]\nsha256 = '{'0' * 64}'"}, "no reference is given"),
        ({"recipe": "[options]\nmask_model = 'm.onnx'"}, "not in the catalogue"),
    ],
    ids=str,
)
def test_invalid_settings_are_rejected_with_a_message(
    site: httpx.Client, jpeg: bytes, fields: dict[str, str], message: str
) -> None:
    assert message in problem(send(site, jpeg, **fields), 422, "setting")


def test_fields_of_the_wrong_kind_are_rejected(site: httpx.Client, jpeg: bytes) -> None:
    photo = {"photo": ("a", jpeg)}
    assert "missing" in problem(site.post("/v1/tint", files={"recipe": ("r", b"")}), 422, "setting")
    assert "not a file" in problem(site.post("/v1/tint", files={**photo, "keep": ("k", b"all")}), 422, "setting")
    binary = {**photo, "recipe": ("r", b"\xff\xfe")}
    assert "not a text file" in problem(site.post("/v1/tint", files=binary), 422, "setting")
    large = {**photo, "recipe": ("r", b"#" * 70_000)}
    assert "larger than the limit" in problem(site.post("/v1/tint", files=large), 422, "setting")
    twice = site.post("/v1/tint", files=photo, data={"keep": ["all", "dog"]})
    assert problem(twice, 422, "setting") == "keep: given twice"
    text = b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\nabc\r\n--x--\r\n'
    response = site.post("/v1/tint", content=text, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert "needs a file name" in problem(response, 422, "setting")


def test_bodies_that_are_no_forms_are_rejected(site: httpx.Client, jpeg: bytes) -> None:
    problem(site.post("/v1/tint", content=jpeg, headers={"Content-Type": "image/jpeg"}), 415, "media-type")
    problem(site.post("/v1/tint", data={"keep": "all"}), 415, "media-type")
    problem(site.post("/v1/inspect"), 415, "media-type")
    for content_type, body in [
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\n"),
        (f"multipart/form-data; boundary={'x' * 5000}", b"--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--x--\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: b\r\n" * 5000 + b"\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nA: " + b"b" * 500_000),
    ]:
        problem(site.post("/v1/tint", content=body, headers={"Content-Type": content_type}), 400, "malformed")
    many = [("photo", ("a", jpeg))] * 5
    problem(site.post("/v1/tint", files=many), 400, "malformed")


def test_too_many_bytes_or_pixels_are_rejected(site: httpx.Client) -> None:
    too_long = b"\xff\xd8\xff" + bytes(3_100_000)
    assert "limit of 3000000 bytes" in problem(send(site, too_long), 413, "too-large")

    def pieces() -> object:
        yield b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
        for _ in range(40):
            yield bytes(100_000)

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    problem(site.post("/v1/tint", content=pieces(), headers=headers), 413, "too-large")
    problem(site.get("/v1/models", headers={"X-Long": "a" * 40_000}), 431, "headers")
    large = Photo.of(np.zeros((1000, 1001), np.uint8)).encode(format="png")
    assert "limit of 1000000 pixels" in problem(send(site, large), 413, "too-large")


@pytest.mark.parametrize("kind", ["WEBP", "TIFF"])
def test_several_frames_are_rejected(site: httpx.Client, kind: str) -> None:
    buffer = io.BytesIO()
    frames = [Image.new("L", (40, 30), gray) for gray in (10, 90, 200)]
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:])
    assert "over the limit of 1" in problem(send(site, buffer.getvalue()), 413, "too-large")


def test_files_that_are_no_photos_are_rejected(site: httpx.Client, jpeg: bytes) -> None:
    gif = io.BytesIO()
    Image.new("L", (9, 9)).save(gif, "GIF")
    assert "gif is not accepted here" in problem(send(site, gif.getvalue()), 415, "media-type")
    assert "not a photograph format" in problem(send(site, b"<svg xmlns='x'/>"), 415, "media-type")
    assert "empty" in problem(send(site, b""), 422, "damaged")
    assert "cannot be decoded as jpeg" in problem(send(site, jpeg[: len(jpeg) // 2]), 422, "damaged")
    files: Files = {"photo": ("a", jpeg), "mask": ("m", b"\x89PNG\r\n\x1a\n" + bytes(50))}
    assert problem(site.post("/v1/tint", files=files), 422, "damaged").startswith("mask: ")
    problem(send(site, jpeg, keep="@900,900"), 422, "photo")


def test_unavailable_response_formats_are_rejected(site: httpx.Client, jpeg: bytes) -> None:
    files: Files = {"photo": ("a", jpeg)}
    rejected = site.post("/v1/tint", files=files, headers={"Accept": "text/html, image/heic"})
    assert "image/png" in problem(rejected, 406, "not-acceptable")
    other_format = site.post("/v1/tint", files=files, data={"format": "png"}, headers={"Accept": "image/jpeg"})
    assert problem(other_format, 406, "not-acceptable") == "the available types are image/png, application/json"


def test_a_photo_that_kills_its_worker_is_an_error_and_the_worker_is_replaced(site: httpx.Client, jpeg: bytes) -> None:
    before = live_service.metric(site, 'handtint_workers_replaced_total{reason="death"}')
    assert "worker process died" in problem(send(site, jpeg + live_service.FATAL), 422, "fatal")
    assert live_service.metric(site, 'handtint_workers_replaced_total{reason="death"}') == before + 1
    assert send(site, jpeg).status_code == 200


def test_internal_errors_reveal_no_paths(site: httpx.Client, jpeg: bytes) -> None:
    response = send(site, jpeg + live_service.BROKEN)
    assert "path" not in problem(response, 500, "fault")
    assert send(site, jpeg).status_code == 200


def test_other_origins_are_rejected(site: httpx.Client, jpeg: bytes) -> None:
    response = site.post("/v1/tint", files={"photo": ("a", jpeg)}, headers={"Origin": "https://example.org"})
    problem(response, 403, "origin")
    assert "access-control-allow-origin" not in response.headers
    preflight = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    problem(site.options("/v1/tint", headers=preflight), 403, "origin")


@pytest.mark.parametrize("order", [b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0"])
@pytest.mark.parametrize("offset", [b"\xff" * 8, b"\x7f" + b"\xff" * 7, bytes(7) + b"\x10"])
def test_tiff_offsets_beyond_the_file_are_rejected(site: httpx.Client, order: bytes, offset: bytes) -> None:
    problem(send(site, order + offset + b"\xff" * 200), 422, "damaged")
