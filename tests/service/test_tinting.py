"""The service responds with the file that the command line writes."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import httpx
import numpy as np
import pytest
from click.testing import CliRunner

from handtint.cli import main
from handtint.image.photo import Photo

EDITS = [
    {},
    {"keep": "person - @1,1=0.5", "feather": "2", "strength": "1.2"},
    {"keep": "all", "background": "sepia", "format": "webp", "quality": "80"},
    {"invert": "true", "metadata": "strip", "provenance": "false", "format": "tiff", "gain": "1.5"},
]


def flags(edit: dict[str, str]) -> list[str]:
    switches = {"invert": "--invert", "provenance": "--no-provenance"}
    return [
        flag
        for name, value in edit.items()
        for flag in ([switches[name]] if name in switches else [f"--{name}", value])
    ]


def command(*args: object) -> str:
    run = CliRunner().invoke(main, [str(arg) for arg in args])
    assert run.exit_code == 0, run.output
    return run.stdout


def send(site: httpx.Client, photo: bytes, accept: str = "*/*", **fields: str) -> httpx.Response:
    return site.post("/v1/tint", files={"photo": ("any name.jpg", photo)}, data=fields, headers={"Accept": accept})


@pytest.mark.parametrize("edit", EDITS, ids=str)
def test_the_photo_is_the_file_of_the_command_line(site: httpx.Client, old: Path, edit: dict[str, str]) -> None:
    response = send(site, old.read_bytes(), **edit)
    assert response.status_code == 200, response.text
    ending = edit.get("format", "jpeg")
    assert response.headers["content-type"] == f"image/{ending}"
    out = old.with_name(f"out.{ending}")
    command("tint", old, "-o", out, *flags(edit))
    assert response.content == out.read_bytes()


def test_a_16_bit_photo_with_alpha_and_mask_is_that_of_the_command_line(site: httpx.Client, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    photo = Photo.of(rng.integers(0, 65535, (40, 50, 4), np.uint16)).encode(format="png")
    mask = Photo.of(rng.integers(0, 255, (40, 50), np.uint8)).encode(format="png")
    (tmp_path / "in.png").write_bytes(photo)
    (tmp_path / "mask.png").write_bytes(mask)
    response = site.post("/v1/tint", files={"photo": ("x", photo), "mask": ("y", mask)})
    command("tint", tmp_path / "in.png", "--mask", tmp_path / "mask.png", "-o", tmp_path / "out.png")
    assert response.headers["content-type"] == "image/png"
    assert response.content == (tmp_path / "out.png").read_bytes()


def test_a_reference_can_be_uploaded(site: httpx.Client, old: Path, color_photo: Path, tmp_path: Path) -> None:
    out, recipe = tmp_path / "out.jpg", tmp_path / "edit.toml"
    command("tint", old, "-o", out, "--keep", "all", "--reference", color_photo, "--save-recipe", recipe)
    files = {"photo": ("x", old.read_bytes()), "reference": ("y", color_photo.read_bytes())}
    response = site.post("/v1/tint", files=files, data={"keep": "all"})
    assert response.content == out.read_bytes()
    assert response.content != send(site, old.read_bytes(), keep="all").content
    assert str(color_photo).encode() not in response.content
    replayed = site.post("/v1/tint", files=files, data={"recipe": recipe.read_text()})
    assert replayed.content == out.read_bytes()


def test_the_recipe_in_json_needs_its_reference(site: httpx.Client, old: Path, color_photo: Path) -> None:
    files = {"photo": ("x", old.read_bytes()), "reference": ("y", color_photo.read_bytes())}
    payload = site.post("/v1/tint", files=files, headers={"Accept": "application/json"}).json()
    recipe = old.with_name("edit.toml")
    recipe.write_text(payload["recipe"])
    out = old.with_name("again.jpg")
    command("tint", old, "-o", out, "--recipe", recipe, "--reference", color_photo)
    assert base64.b64decode(payload["photo"]["data"]) == out.read_bytes()
    for args, message in (((), "no reference is given"), (("--reference", old), "another reference is given")):
        rejected = CliRunner().invoke(main, [str(w) for w in ("tint", old, "-o", out, "--recipe", recipe, *args)])
        assert rejected.exit_code == 2
        assert message in rejected.stderr


def test_json_has_the_photo_the_mask_and_the_objects(site: httpx.Client, old: Path) -> None:
    payload = send(site, old.read_bytes(), "application/json", keep="person").json()
    out = old.with_name("out.jpg")
    command("tint", old, "-o", out, "--keep", "person", "--save-mask")
    assert base64.b64decode(payload["photo"]["data"]) == out.read_bytes()
    assert payload["photo"]["media_type"] == "image/jpeg"
    assert base64.b64decode(payload["mask"]) == out.with_name("out.mask.png").read_bytes()
    record = json.loads(command("inspect", old, "--json"))[0]
    assert (payload["found"], payload["width"], payload["height"]) == (record["found"], 80, 60)
    assert [detection["keep"] for detection in payload["found"]] == ["subject", "person:1"]
    assert payload["note"] == ""


def test_the_recipe_in_json_gives_the_same_bytes(site: httpx.Client, jpeg: bytes) -> None:
    payload = send(site, jpeg, "application/json", keep="person=0.5", background="dim").json()
    recipe = payload["recipe"].encode()
    files = {"photo": ("p", jpeg), "recipe": ("edit.toml", recipe)}
    repeated = site.post("/v1/tint", files=files)
    assert repeated.content == base64.b64decode(payload["photo"]["data"])
    as_text = send(site, jpeg, recipe=payload["recipe"])
    assert as_text.content == repeated.content
    overridden = site.post("/v1/tint", files=files, data={"background": "gray"})
    assert overridden.content == send(site, jpeg, keep="person=0.5", background="gray").content


def test_hints_are_a_repeated_field_and_invalid_ones_are_rejected(site: httpx.Client, old: Path) -> None:
    hints = ["@20%,50%=navy", "person:1=tan"]
    response = site.post("/v1/tint", files={"photo": ("p", old.read_bytes())}, data={"hint": hints})
    out = old.with_name("hinted.jpg")
    command("tint", old, "-o", out, *(arg for hint in hints for arg in ("--hint", hint)))
    assert response.content == out.read_bytes()
    for hint, message in (("@900,2=navy", "outside of the photo"), ("@1,2=nvy", "'navy'"), ("file:a.png=red", "mask")):
        rejected = send(site, old.read_bytes(), hint=hint)
        assert rejected.status_code == 422
        assert message in rejected.json()["detail"]


def test_a_recipe_of_other_models_needs_permission(site: httpx.Client, jpeg: bytes) -> None:
    recipe = '[options]\nkeep = "all"\n[models]\nhandtint = "0123456789abcdef"\n'
    rejected = send(site, jpeg, recipe=recipe)
    assert rejected.status_code == 422
    assert "made with handtint of sha256" in rejected.json()["detail"]
    assert send(site, jpeg, recipe=recipe, other_models="true").content == send(site, jpeg, keep="all").content


def test_inspect_and_models_have_the_output_of_the_command_line(site: httpx.Client, old: Path) -> None:
    payload = site.post("/v1/inspect", files={"photo": ("p", old.read_bytes())}, data={"gain": "off"}).json()
    record = json.loads(command("inspect", old, "--json", "--gain", "off"))[0]
    assert payload == {key: record[key] for key in ("width", "height", "found")}
    assert [row["name"] for row in site.get("/v1/models").json()] == [
        row["name"] for row in json.loads(command("models", "--json"))
    ]


def test_the_note_is_in_a_header(site: httpx.Client, jpeg: bytes) -> None:
    assert "Handtint-Note" not in send(site, jpeg).headers
    assert "no dog found" in send(site, jpeg, keep="dog").headers["Handtint-Note"]


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("image/webp", "image/webp"),
        ("image/png, image/jpeg;q=0.5", "image/png"),
        ("image/*", "image/jpeg"),
        ("text/html, image/*;q=0.8, */*;q=0.1", "image/jpeg"),
        ("application/json", "application/json"),
        ("application/json, image/*;q=0.9", "application/json"),
    ],
)
def test_the_response_has_an_accepted_format(site: httpx.Client, jpeg: bytes, accept: str, media: str) -> None:
    response = send(site, jpeg, accept, keep="all")
    assert response.headers["content-type"] == media
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_photo_of_one_pixel_is_tinted(site: httpx.Client) -> None:
    pixel = Photo.of(np.full((1, 1), 99, np.uint8)).encode(format="png")
    assert Photo.read(send(site, pixel, keep="all").content).size == (1, 1)
    assert send(site, pixel, "application/json").json()["width"] == 1
