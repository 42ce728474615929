"""Weights for others: each format holds the same network, with its record and card."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from handtint import zoo
from handtint.cli import main


def exported(form: str, folder: Path) -> Path:
    done = CliRunner().invoke(main, ["export", "handtint", "--to", form, "--out", str(folder)])
    assert done.exit_code == 0, done.output
    weights = zoo.CATALOGUE["handtint"].weights
    assert json.loads((folder / "manifest.json").read_text())["handtint"]["sha256"] == weights.sha256
    card = (folder / "README.md").read_text()
    assert weights.sha256 in card
    assert weights.data in card
    return Path(done.output.strip())


def test_onnx_is_the_very_file_and_can_be_used(tmp_path: Path) -> None:
    path = exported("onnx", tmp_path)
    assert path.read_bytes() == zoo.CATALOGUE["handtint"].weights.path.read_bytes()
    assert zoo.find(f"{tmp_path}/handtint", "color").engine()


def test_safetensors_has_every_tensor(tmp_path: Path) -> None:
    numpy = pytest.importorskip("safetensors.numpy")
    onnx = pytest.importorskip("onnx")
    tensors = numpy.load_file(str(exported("safetensors", tmp_path)))
    model = onnx.load(str(zoo.CATALOGUE["handtint"].weights.path))
    assert len(tensors) == len(model.graph.initializer)
    for tensor in model.graph.initializer:
        assert np.array_equal(tensors[tensor.name.removesuffix(".half")], onnx.numpy_helper.to_array(tensor))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_openvino_answers_the_same(tmp_path: Path) -> None:
    openvino = pytest.importorskip("openvino")
    compiled = openvino.Core().compile_model(str(exported("openvino", tmp_path)), "CPU")
    inputs = len(compiled.inputs)
    if inputs != 1:
        pytest.skip("the network has several inputs")
    x = np.random.default_rng(0).uniform(-1, 1, (1, 1, 96, 96)).astype(np.float32)
    ours = zoo.CATALOGUE["handtint"].engine().run(x)[0]
    assert np.abs(compiled(x)[0] - ours).max() < 0.05 * np.abs(ours).max()


def test_neither_run_nor_format_is_said() -> None:
    done = CliRunner().invoke(main, ["export", "handtint"])
    assert done.exit_code == 2
    assert "give RUN and --recipe, or --to" in done.output
