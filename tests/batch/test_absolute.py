"""Paths are absolute for workers with other working folders."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from handtint.batch.run import RunConfig
from handtint.options import Options
from handtint.weights import Weights


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a network, weights and a mask in it."""
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "u.onnx").touch()
    record = Weights("handtint.onnx", "f" * 64, 1, "MIT", "file", "", "", "", 0)
    (tmp_path / "nets" / "manifest.json").write_text(json.dumps({"handtint": asdict(record)}))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def resolved(options: Options) -> Options:
    return RunConfig(sources=["in"], output="out/", options=options, engine="ray").options


def test_networks_of_files_and_folders_get_absolute_paths(folder: Path) -> None:
    assert resolved(Options(mask_model="isnet:nets/u.onnx")).mask_model == f"isnet:{folder}/nets/u.onnx"
    assert resolved(Options(mask_model="nets/u.onnx")).mask_model == f"{folder}/nets/u.onnx"
    assert resolved(Options(mask_model="rembg:u2net")).mask_model == "rembg:u2net"
    assert resolved(Options(model="nets/handtint")).model == f"{folder}/nets/handtint"
    for options in (Options(), Options(model="vit-gan", mask_model="deeplabv3-resnet101")):
        assert resolved(options) == options


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        ("file:a.png", "file:{folder}/a.png"),
        ("all - file:'my masks/a+b.png'=0.5 + dog", 'all - file:"{folder}/my masks/a+b.png"=0.5 + dog'),
        ("file:/elsewhere/a.png", "file:/elsewhere/a.png"),
        ("person ,dog", "person ,dog"),
    ],
)
def test_masks_in_keep_get_absolute_paths(folder: Path, keep: str, expected: str) -> None:
    assert resolved(Options(keep=keep)).keep == expected.format(folder=folder)


def test_photos_and_results_get_absolute_paths(folder: Path) -> None:
    config = RunConfig(sources=["in", "memory://x/y"], output="out/", options=Options(), engine="ray")
    assert (list(config.sources), config.output) == ([f"{folder}/in", "memory://x/y"], f"{folder}/out/")
    local = replace(config, engine="local", sources=["in"], output="out/")
    assert (local.sources, local.output) == (["in"], "out/")
