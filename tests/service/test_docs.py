"""docs/service.md agrees with the service."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import httpx
import pytest

from handtint import recipe
from handtint.image.photo import Photo
from handtint.service.app import PATHS
from handtint.service.problems import KINDS
from handtint.service.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "service.md").read_text()


def test_the_client_of_the_page_runs(site: httpx.Client, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code
    monkeypatch.chdir(old.parent)
    local = code[1].replace("http://127.0.0.1:8000", str(site.base_url))
    assert local != code[1]
    exec(compile(local, "docs/service.md", "exec"), {"__name__": "client"})
    assert Photo.read(old.with_name("tinted.jpg")).size == (60, 80)
    assert recipe.read(old.with_name("edit.toml")).options.background == "sepia"


def test_the_page_has_every_path_status_and_flag() -> None:
    assert all(path in PAGE for path in PATHS)
    assert all(str(kind.status) in PAGE for name, kind in KINDS.items() if name != "gone")
    assert all(f"`--{setting.name}`" in PAGE for setting in fields(Settings) if setting.metadata)


def test_the_page_has_the_default_settings() -> None:
    rows = dict(re.findall(r"^\| `--(\w+)` \| ([^|]+) \|", PAGE, re.MULTILINE))
    for name in ("queue", "seconds", "megabytes", "megapixels", "frames"):
        assert float(rows[name]) == getattr(Settings(), name)
    assert rows["formats"] == ", ".join(Settings().formats)


def test_the_lock_pins_what_the_image_installs_with_hashes() -> None:
    text = (ROOT / "requirements-serve.lock").read_text()
    locked = dict(re.findall(r"^(\S+?)==(\S+) \\$", text, re.MULTILINE))
    pins = dict(re.findall(r"^(\S+?)==(\S+)$", (ROOT / "constraints.txt").read_text().replace("_", "-"), re.MULTILINE))
    assert {name: pins.get(name, version) for name, version in locked.items()} == locked
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    required = [*project["dependencies"], *project["optional-dependencies"]["serve"]]
    assert {re.split(r"[>\[]", name)[0] for name in required} <= set(locked)
    entries = re.split(r"\n(?=\S+==)", text)[1:]
    assert len(entries) == len(locked)
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text


def test_the_dockerfile_copies_existing_files() -> None:
    text = (ROOT / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    assert all((ROOT / name).exists() for line in copied for name in line.split())
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    assert all(f"!{name}" in allowed for line in copied for name in line.split())
    assert "USER 10001" in text
    assert "HEALTHCHECK" in text
