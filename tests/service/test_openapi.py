"""The OpenAPI document: made from the settings of an edit, and kept."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import pytest
import studio

from handtint.options import Options
from handtint.service.document import Inspected, Network, State, Tinted
from handtint.service.settings import Settings

# What a form's schema cannot say: which bytes are a photo, and the grammar of `keep`. Wrong values of every field are
# sent in the phase "coverage"; in "fuzzing" the tool (4.32) makes fields that no form can hold, an empty list say,
# and fails by itself where files are among them.
CONFIG = """
[phases.fuzzing.generation]
mode = "positive"

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 415, 422]
"""


@pytest.fixture
def said(site: httpx.Client) -> dict[str, Any]:
    return site.get("/openapi.json").json()


def body(said: dict[str, Any], path: str) -> dict[str, Any]:
    return said["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]


def test_every_setting_is_a_field(said: dict[str, Any]) -> None:
    properties = body(said, "/v1/tint")["schema"]["properties"]
    assert set(properties) == {"photo", "mask", "recipe", "other_models", *(f.name for f in fields(Options))}
    for setting in fields(Options):
        shown = properties[setting.name]
        assert shown["description"] == setting.metadata["help"]
        assert (shown.get("format") == "binary") == (setting.name == "reference")
        assert shown.get("default") == (list(setting.default) if setting.default == () else setting.default)
        assert tuple(shown.get("enum", ())) == setting.metadata["choices"]
        assert (shown.get("minimum"), shown.get("maximum")) == (setting.metadata["low"], setting.metadata["high"])
    assert set(body(said, "/v1/inspect")["schema"]["properties"]) == {"photo", "gain", "mask_model"}


def test_the_examples_can_be_used(said: dict[str, Any], site: httpx.Client, jpeg: bytes, color_photo: Path) -> None:
    given = {"photo": ("a", jpeg), "reference": ("b", color_photo.read_bytes())}
    examples = body(said, "/v1/tint")["examples"]
    assert len(examples) >= 3
    for example in examples.values():
        words = {k: v if isinstance(v, list) else str(v) for k, v in example["value"].items() if k not in given}
        files = {name: file for name, file in given.items() if name in example["value"]}
        answer = site.post("/v1/tint", files=files, data=words)
        assert answer.status_code == 200, answer.text


def test_answers_are_as_they_are_described(site: httpx.Client, jpeg: bytes) -> None:
    photo = {"photo": ("a", jpeg)}
    tinted = site.post("/v1/tint", files=photo, headers={"Accept": "application/json"}).json()
    assert Tinted.model_validate(tinted, extra="forbid").found
    assert Inspected.model_validate(site.post("/v1/inspect", files=photo).json(), extra="forbid").found
    for network in site.get("/v1/models").json():
        Network.model_validate(network)
    for path in ("/healthz", "/readyz"):
        State.model_validate(site.get(path).json(), extra="forbid")


def test_every_operation_tells_of_its_problems(said: dict[str, Any]) -> None:
    for methods in said["paths"].values():
        for operation in methods.values():
            assert operation["description"]
            refusals = {status: answer for status, answer in operation["responses"].items() if status != "200"}
            assert refusals
            for answer in refusals.values():
                assert list(answer["content"]) == ["application/problem+json"]


@pytest.fixture(scope="module")
def alone() -> Iterator[httpx.Client]:
    with studio.running(Settings(port=0, jobs=1)) as client:
        yield client


@pytest.mark.slow
def test_schemathesis_finds_nothing(alone: httpx.Client, tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    words = ["--checks", "all", "--max-examples", "100", "--seed", "1", "--no-color"]
    tool = Path(sys.executable).with_name("schemathesis")
    call = [str(tool), "--config-file", str(config), "run", str(alone.base_url.join("/openapi.json")), *words]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert alone.get("/readyz").status_code == 200
