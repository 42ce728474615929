"""Every refusal is a problem document, and leaves the service as it was."""

from __future__ import annotations

import io

import httpx
import numpy as np
import pytest
import studio
from PIL import Image
from studio import problem

from handtint.image.photo import Photo

Files = dict[str, tuple[str, bytes]]


def send(site: httpx.Client, photo: bytes, **fields: str) -> httpx.Response:
    return site.post("/v1/tint", files={"photo": ("a.jpg", photo)}, data=fields)


@pytest.fixture(autouse=True)
def _well_afterwards(site: httpx.Client) -> object:
    yield
    assert studio.figure(site, "handtint_places_taken") == 0
    studio.until(lambda: site.get("/readyz").status_code == 200)


def test_unknown_paths_and_methods(site: httpx.Client) -> None:
    assert "/v1/tint" in problem(site.get("/nowhere/../../etc/passwd"), 404, "not-found")
    answer = site.put("/v1/tint")
    problem(answer, 405, "method")
    assert answer.headers["allow"] == "POST"
    problem(site.delete("/healthz"), 405, "method")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kep": "all"}, "did you mean 'keep'?"),
        ({"keep": "dgo"}, "did you mean 'dog'?"),
        ({"keep": "file:/etc/passwd"}, "send the mask as the field `mask`"),
        ({"keep": "person + 'mask.png'"}, "send the mask as the field `mask`"),
        ({"keep": "all+" * 300 + "all"}, "longer than 1000 characters"),
        ({"mask_model": "/etc/model.onnx"}, "not in the catalogue"),
        ({"mask_model": "rembg:u2net"}, "not in the catalogue"),
        ({"model": "/etc/handtint"}, "not in the catalogue"),
        ({"model": "handtint-mask"}, "unknown color model"),
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
def test_settings(site: httpx.Client, jpeg: bytes, fields: dict[str, str], said: str) -> None:
    assert said in problem(send(site, jpeg, **fields), 422, "setting")


def test_fields_of_the_wrong_kind(site: httpx.Client, jpeg: bytes) -> None:
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
    answer = site.post("/v1/tint", content=text, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert "needs a file name" in problem(answer, 422, "setting")


def test_bodies_that_are_no_forms(site: httpx.Client, jpeg: bytes) -> None:
    problem(site.post("/v1/tint", content=jpeg, headers={"Content-Type": "image/jpeg"}), 415, "media-type")
    problem(site.post("/v1/tint", data={"keep": "all"}), 415, "media-type")
    problem(site.post("/v1/inspect"), 415, "media-type")
    for head, body in [
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\n"),
        (f"multipart/form-data; boundary={'x' * 5000}", b"--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--x--\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: b\r\n" * 5000 + b"\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nA: " + b"b" * 500_000),
    ]:
        problem(site.post("/v1/tint", content=body, headers={"Content-Type": head}), 400, "malformed")
    many = [("photo", ("a", jpeg))] * 5
    problem(site.post("/v1/tint", files=many), 400, "malformed")


def test_what_is_too_large(site: httpx.Client) -> None:
    over = b"\xff\xd8\xff" + bytes(3_100_000)
    assert "limit of 3000000 bytes" in problem(send(site, over), 413, "too-large")

    def pieces() -> object:
        yield b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
        for _ in range(40):
            yield bytes(100_000)

    head = {"Content-Type": "multipart/form-data; boundary=x"}
    problem(site.post("/v1/tint", content=pieces(), headers=head), 413, "too-large")
    problem(site.get("/v1/models", headers={"X-Long": "a" * 40_000}), 431, "headers")
    wide = Photo.of(np.zeros((1000, 1001), np.uint8)).encode(format="png")
    assert "limit of 1000000 pixels" in problem(send(site, wide), 413, "too-large")


@pytest.mark.parametrize("kind", ["WEBP", "TIFF"])
def test_more_than_one_frame(site: httpx.Client, kind: str) -> None:
    held = io.BytesIO()
    frames = [Image.new("L", (40, 30), gray) for gray in (10, 90, 200)]
    frames[0].save(held, kind, save_all=True, append_images=frames[1:])
    assert "over the limit of 1" in problem(send(site, held.getvalue()), 413, "too-large")


def test_what_is_no_photo(site: httpx.Client, jpeg: bytes) -> None:
    gif = io.BytesIO()
    Image.new("L", (9, 9)).save(gif, "GIF")
    assert "gif is not accepted here" in problem(send(site, gif.getvalue()), 415, "media-type")
    assert "not a photograph format" in problem(send(site, b"<svg xmlns='x'/>"), 415, "media-type")
    assert "empty" in problem(send(site, b""), 422, "damaged")
    assert "cannot be decoded as jpeg" in problem(send(site, jpeg[: len(jpeg) // 2]), 422, "damaged")
    files: Files = {"photo": ("a", jpeg), "mask": ("m", b"\x89PNG\r\n\x1a\n" + bytes(50))}
    assert problem(site.post("/v1/tint", files=files), 422, "damaged").startswith("mask: ")
    problem(send(site, jpeg, keep="@900,900"), 422, "photo")


def test_what_cannot_be_answered(site: httpx.Client, jpeg: bytes) -> None:
    files: Files = {"photo": ("a", jpeg)}
    refused = site.post("/v1/tint", files=files, headers={"Accept": "text/html, image/heic"})
    assert "image/png" in problem(refused, 406, "not-acceptable")
    one = site.post("/v1/tint", files=files, data={"format": "png"}, headers={"Accept": "image/jpeg"})
    assert problem(one, 406, "not-acceptable") == "the available types are image/png, application/json"


def test_a_photo_that_kills_its_worker(site: httpx.Client, jpeg: bytes) -> None:
    before = studio.figure(site, 'handtint_workers_replaced_total{reason="death"}')
    assert "worker process died" in problem(send(site, jpeg + studio.FATAL), 422, "fatal")
    assert studio.figure(site, 'handtint_workers_replaced_total{reason="death"}') == before + 1
    assert send(site, jpeg).status_code == 200


def test_a_fault_of_ours_tells_nothing(site: httpx.Client, jpeg: bytes) -> None:
    answer = send(site, jpeg + studio.BROKEN)
    assert "path" not in problem(answer, 500, "fault")
    assert send(site, jpeg).status_code == 200


def test_pages_of_other_origins(site: httpx.Client, jpeg: bytes) -> None:
    answer = site.post("/v1/tint", files={"photo": ("a", jpeg)}, headers={"Origin": "https://example.org"})
    problem(answer, 403, "origin")
    assert "access-control-allow-origin" not in answer.headers
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    problem(site.options("/v1/tint", headers=asked), 403, "origin")


@pytest.mark.parametrize("order", [b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0"])
@pytest.mark.parametrize("at", [b"\xff" * 8, b"\x7f" + b"\xff" * 7, bytes(7) + b"\x10"])
def test_offsets_beyond_all_files(site: httpx.Client, order: bytes, at: bytes) -> None:
    problem(send(site, order + at + b"\xff" * 200), 422, "damaged")
