"""The client of examples/client, run against a real service."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx

from handtint.image.photo import Photo

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "examples" / "client" / "client.py"


def run(site: httpx.Client, *args: object) -> subprocess.CompletedProcess[str]:
    address = str(site.base_url).rstrip("/")
    command = [sys.executable, str(CLIENT), address, *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_the_client_writes_the_response_of_the_service(site: httpx.Client, old: Path, tmp_path: Path) -> None:
    result = run(site, old, tmp_path / "out.jpg")
    assert result.returncode == 0, result.stderr
    response = site.post("/v1/tint", files={"photo": (old.name, old.read_bytes())}, data={"keep": "all"})
    assert (tmp_path / "out.jpg").read_bytes() == response.content
    assert Photo.read(tmp_path / "out.jpg").pixels.ndim == 3


def test_the_client_fails_if_the_service_rejects(site: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_bytes(b"no photo")
    result = run(site, tmp_path / "text.jpg", tmp_path / "out.jpg")
    assert result.returncode != 0
    assert "415" in result.stderr
    assert not (tmp_path / "out.jpg").exists()
