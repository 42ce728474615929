"""The OpenAPI document: made from the settings of an edit, and true."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import live_service
import pytest

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
def document(site: httpx.Client) -> dict[str, Any]:
    return site.get("/openapi.json").json()


def body(document: dict[str, Any], path: str) -> dict[str, Any]:
    return document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]


def test_every_setting_is_a_field(document: dict[str, Any]) -> None:
    properties = body(document, "/v1/tint")["schema"]["properties"]
    assert set(properties) == {"photo", "mask", "recipe", "other_models", *(f.name for f in fields(Options))}
    for setting in fields(Options):
        schema = properties[setting.name]
        assert schema["description"] == setting.metadata["help"]
        assert (schema.get("format") == "binary") == (setting.name == "reference")
        assert schema.get("default") == (list(setting.default) if setting.default == () else setting.default)
        assert tuple(schema.get("enum", ())) == setting.metadata["choices"]
        assert (schema.get("minimum"), schema.get("maximum")) == (setting.metadata["low"], setting.metadata["high"])
    assert set(body(document, "/v1/inspect")["schema"]["properties"]) == {"photo", "gain", "mask_model"}


def test_the_examples_are_accepted(
    document: dict[str, Any], site: httpx.Client, jpeg: bytes, color_photo: Path
) -> None:
    available = {"photo": ("a", jpeg), "reference": ("b", color_photo.read_bytes())}
    examples = body(document, "/v1/tint")["examples"]
    assert len(examples) >= 3
    for example in examples.values():
        form = {k: v if isinstance(v, list) else str(v) for k, v in example["value"].items() if k not in available}
        files = {name: file for name, file in available.items() if name in example["value"]}
        response = site.post("/v1/tint", files=files, data=form)
        assert response.status_code == 200, response.text


def test_responses_match_their_schemas(site: httpx.Client, jpeg: bytes) -> None:
    photo = {"photo": ("a", jpeg)}
    tinted = site.post("/v1/tint", files=photo, headers={"Accept": "application/json"}).json()
    assert Tinted.model_validate(tinted, extra="forbid").found
    assert Inspected.model_validate(site.post("/v1/inspect", files=photo).json(), extra="forbid").found
    for network in site.get("/v1/models").json():
        Network.model_validate(network)
    for path in ("/healthz", "/readyz"):
        State.model_validate(site.get(path).json(), extra="forbid")


def test_every_operation_describes_its_problems(document: dict[str, Any]) -> None:
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["description"]
            errors = {status: response for status, response in operation["responses"].items() if status != "200"}
            assert errors
            for response in errors.values():
                assert list(response["content"]) == ["application/problem+json"]


@pytest.fixture(scope="module")
def own_site() -> Iterator[httpx.Client]:
    with live_service.running(Settings(port=0, jobs=1)) as client:
        yield client


@pytest.mark.slow
def test_schemathesis_finds_no_failure(own_site: httpx.Client, tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    form = ["--checks", "all", "--max-examples", "100", "--seed", "1", "--no-color"]
    tool = Path(sys.executable).with_name("schemathesis")
    call = [str(tool), "--config-file", str(config), "run", str(own_site.base_url.join("/openapi.json")), *form]
    run = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert own_site.get("/readyz").status_code == 200
