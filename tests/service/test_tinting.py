"""What the service answers is what the command line writes."""

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
    words = {"invert": "--invert", "provenance": "--no-provenance"}
    return [w for name, value in edit.items() for w in ([words[name]] if name in words else [f"--{name}", value])]


def command(*words: object) -> str:
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.stdout


def send(site: httpx.Client, photo: bytes, accept: str = "*/*", **fields: str) -> httpx.Response:
    return site.post("/v1/tint", files={"photo": ("any name.jpg", photo)}, data=fields, headers={"Accept": accept})


@pytest.mark.parametrize("edit", EDITS, ids=str)
def test_the_picture_is_the_command_lines(site: httpx.Client, old: Path, edit: dict[str, str]) -> None:
    answer = send(site, old.read_bytes(), **edit)
    assert answer.status_code == 200, answer.text
    ending = edit.get("format", "jpeg")
    assert answer.headers["content-type"] == f"image/{ending}"
    out = old.with_name(f"out.{ending}")
    command("tint", old, "-o", out, *flags(edit))
    assert answer.content == out.read_bytes()


def test_a_16_bit_photo_with_alpha_and_a_mask(site: httpx.Client, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    photo = Photo.of(rng.integers(0, 65535, (40, 50, 4), np.uint16)).encode(format="png")
    mask = Photo.of(rng.integers(0, 255, (40, 50), np.uint8)).encode(format="png")
    (tmp_path / "in.png").write_bytes(photo)
    (tmp_path / "mask.png").write_bytes(mask)
    answer = site.post("/v1/tint", files={"photo": ("x", photo), "mask": ("y", mask)})
    command("tint", tmp_path / "in.png", "--mask", tmp_path / "mask.png", "-o", tmp_path / "out.png")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content == (tmp_path / "out.png").read_bytes()


def test_a_reference_is_sent_along(site: httpx.Client, old: Path, color_photo: Path, tmp_path: Path) -> None:
    out, recipe = tmp_path / "out.jpg", tmp_path / "edit.toml"
    command("tint", old, "-o", out, "--keep", "all", "--reference", color_photo, "--save-recipe", recipe)
    files = {"photo": ("x", old.read_bytes()), "reference": ("y", color_photo.read_bytes())}
    answer = site.post("/v1/tint", files=files, data={"keep": "all"})
    assert answer.content == out.read_bytes()
    assert answer.content != send(site, old.read_bytes(), keep="all").content
    assert str(color_photo).encode() not in answer.content
    replayed = site.post("/v1/tint", files=files, data={"recipe": recipe.read_text()})
    assert replayed.content == out.read_bytes()


def test_the_recipe_in_json_wants_its_reference_back(site: httpx.Client, old: Path, color_photo: Path) -> None:
    files = {"photo": ("x", old.read_bytes()), "reference": ("y", color_photo.read_bytes())}
    said = site.post("/v1/tint", files=files, headers={"Accept": "application/json"}).json()
    recipe = old.with_name("edit.toml")
    recipe.write_text(said["recipe"])
    out = old.with_name("again.jpg")
    command("tint", old, "-o", out, "--recipe", recipe, "--reference", color_photo)
    assert base64.b64decode(said["photo"]["data"]) == out.read_bytes()
    for words, why in (((), "no reference is given"), (("--reference", old), "another reference is given")):
        refused = CliRunner().invoke(main, [str(w) for w in ("tint", old, "-o", out, "--recipe", recipe, *words)])
        assert refused.exit_code == 2
        assert why in refused.stderr


def test_json_has_the_picture_the_mask_and_what_was_found(site: httpx.Client, old: Path) -> None:
    said = send(site, old.read_bytes(), "application/json", keep="person").json()
    out = old.with_name("out.jpg")
    command("tint", old, "-o", out, "--keep", "person", "--save-mask")
    assert base64.b64decode(said["photo"]["data"]) == out.read_bytes()
    assert said["photo"]["media_type"] == "image/jpeg"
    assert base64.b64decode(said["mask"]) == out.with_name("out.mask.png").read_bytes()
    told = json.loads(command("inspect", old, "--json"))[0]
    assert (said["found"], said["width"], said["height"]) == (told["found"], 80, 60)
    assert [thing["keep"] for thing in said["found"]] == ["subject", "person:1"]
    assert said["note"] == ""


def test_the_recipe_in_json_gives_the_same_bytes_again(site: httpx.Client, jpeg: bytes) -> None:
    said = send(site, jpeg, "application/json", keep="person=0.5", background="dim").json()
    recipe = said["recipe"].encode()
    files = {"photo": ("p", jpeg), "recipe": ("edit.toml", recipe)}
    again = site.post("/v1/tint", files=files)
    assert again.content == base64.b64decode(said["photo"]["data"])
    as_text = send(site, jpeg, recipe=said["recipe"])
    assert as_text.content == again.content
    over = site.post("/v1/tint", files=files, data={"background": "gray"})
    assert over.content == send(site, jpeg, keep="person=0.5", background="gray").content


def test_hints_are_one_field_given_often_and_a_wrong_one_is_refused(site: httpx.Client, old: Path) -> None:
    hints = ["@20%,50%=navy", "person:1=tan"]
    answer = site.post("/v1/tint", files={"photo": ("p", old.read_bytes())}, data={"hint": hints})
    out = old.with_name("hinted.jpg")
    command("tint", old, "-o", out, *(word for hint in hints for word in ("--hint", hint)))
    assert answer.content == out.read_bytes()
    for hint, named in (("@900,2=navy", "outside of the photo"), ("@1,2=nvy", "'navy'"), ("file:a.png=red", "mask")):
        refused = send(site, old.read_bytes(), hint=hint)
        assert refused.status_code == 422
        assert named in refused.json()["detail"]


def test_a_recipe_of_other_models_needs_a_word(site: httpx.Client, jpeg: bytes) -> None:
    recipe = '[options]\nkeep = "all"\n[models]\nhandtint = "0123456789abcdef"\n'
    refused = send(site, jpeg, recipe=recipe)
    assert refused.status_code == 422
    assert "made with handtint of sha256" in refused.json()["detail"]
    assert send(site, jpeg, recipe=recipe, other_models="true").content == send(site, jpeg, keep="all").content


def test_inspect_and_models_say_what_the_command_line_says(site: httpx.Client, old: Path) -> None:
    said = site.post("/v1/inspect", files={"photo": ("p", old.read_bytes())}, data={"gain": "off"}).json()
    told = json.loads(command("inspect", old, "--json", "--gain", "off"))[0]
    assert said == {key: told[key] for key in ("width", "height", "found")}
    assert [row["name"] for row in site.get("/v1/models").json()] == [
        row["name"] for row in json.loads(command("models", "--json"))
    ]


def test_the_note_travels_in_a_header(site: httpx.Client, jpeg: bytes) -> None:
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
def test_the_answer_is_what_is_accepted(site: httpx.Client, jpeg: bytes, accept: str, media: str) -> None:
    answer = send(site, jpeg, accept, keep="all")
    assert answer.headers["content-type"] == media
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_photo_of_one_pixel(site: httpx.Client) -> None:
    one = Photo.of(np.full((1, 1), 99, np.uint8)).encode(format="png")
    assert Photo.read(send(site, one, keep="all").content).size == (1, 1)
    assert send(site, one, "application/json").json()["width"] == 1
