"""What goes to workers with other working folders is named by whole paths."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from handtint.batch.run import RunConfig
from handtint.options import Options
from handtint.weights import Weights


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a network, weights and a mask in it."""
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "u.onnx").touch()
    record = Weights("handtint.onnx", "f" * 64, 1, "MIT", "file", "", "", "", 0)
    (tmp_path / "nets" / "manifest.json").write_text(json.dumps({"handtint": asdict(record)}))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sent(options: Options) -> Options:
    return RunConfig(sources=["in"], output="out/", options=options, engine="ray").options


def test_networks_of_files_and_folders(here: Path) -> None:
    assert sent(Options(mask_model="isnet:nets/u.onnx")).mask_model == f"isnet:{here}/nets/u.onnx"
    assert sent(Options(mask_model="nets/u.onnx")).mask_model == f"{here}/nets/u.onnx"
    assert sent(Options(mask_model="rembg:u2net")).mask_model == "rembg:u2net"
    assert sent(Options(model="nets/handtint")).model == f"{here}/nets/handtint"
    for options in (Options(), Options(model="vit-gan", mask_model="deeplabv3-resnet101")):
        assert sent(options) == options


@pytest.mark.parametrize(
    ("keep", "wanted"),
    [
        ("file:a.png", "file:{here}/a.png"),
        ("all - file:'my masks/a+b.png'=0.5 + dog", 'all - file:"{here}/my masks/a+b.png"=0.5 + dog'),
        ("file:/elsewhere/a.png", "file:/elsewhere/a.png"),
        ("person ,dog", "person ,dog"),
    ],
)
def test_masks_that_keep_names(here: Path, keep: str, wanted: str) -> None:
    assert sent(Options(keep=keep)).keep == wanted.format(here=here)


def test_photos_and_results(here: Path) -> None:
    order = RunConfig(sources=["in", "memory://x/y"], output="out/", options=Options(), engine="ray")
    assert (list(order.sources), order.output) == ([f"{here}/in", "memory://x/y"], f"{here}/out/")
    here_only = replace(order, engine="local", sources=["in"], output="out/")
    assert (here_only.sources, here_only.output) == (["in"], "out/")
