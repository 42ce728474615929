"""Weights exported for other programs: each format holds the same network, with its record and model card."""

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from handtint import zoo
from handtint.cli import main
from handtint.errors import WeightsError

RECORD = replace(zoo.CATALOGUE["handtint"].weights, file="handtint.xml", source="file")


def export(format_name: str, folder: Path) -> Path:
    """Export the colour network, check its record and model card, and return the file."""
    run = CliRunner().invoke(main, ["export", "handtint", "--to", format_name, "--out", str(folder)])
    assert run.exit_code == 0, run.output
    path, weights = Path(run.output.strip()), zoo.CATALOGUE["handtint"].weights
    record = json.loads((folder / "manifest.json").read_text())["handtint"]
    assert record["file"] == path.name
    assert record["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert record["size"] == path.stat().st_size
    card = (folder / "README.md").read_text()
    assert record["sha256"] in card
    assert weights.data in card
    return path


def test_onnx_is_an_exact_copy_that_can_be_loaded(tmp_path: Path) -> None:
    path = export("onnx", tmp_path)
    assert path.read_bytes() == zoo.CATALOGUE["handtint"].weights.path.read_bytes()
    assert zoo.find(f"{tmp_path}/handtint", "color").engine()


def test_safetensors_has_every_tensor(tmp_path: Path) -> None:
    numpy = pytest.importorskip("safetensors.numpy")
    onnx = pytest.importorskip("onnx")
    tensors = numpy.load_file(str(export("safetensors", tmp_path)))
    model = onnx.load(str(zoo.CATALOGUE["handtint"].weights.path))
    assert len(tensors) == len(model.graph.initializer)
    for tensor in model.graph.initializer:
        assert np.array_equal(tensors[tensor.name.removesuffix(".half")], onnx.numpy_helper.to_array(tensor))


def test_safetensors_can_be_used_by_file_and_by_folder(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    pytest.importorskip("onnx")
    path = export("safetensors", tmp_path)
    x = np.random.default_rng(0).uniform(-1, 1, (1, 1, 96, 96)).astype(np.float32)
    expected = zoo.CATALOGUE["handtint"].engine().run(x)[0]
    for name in (str(path), f"{tmp_path}/handtint"):
        assert np.array_equal(zoo.find(name, "color").engine().run(x)[0], expected)
    assert zoo.absolute(str(path)) == str(path.absolute())


def test_the_network_uses_the_values_in_safetensors(tmp_path: Path) -> None:
    numpy = pytest.importorskip("safetensors.numpy")
    pytest.importorskip("onnx")
    path = export("safetensors", tmp_path)
    tensors = {name: values * 0 for name, values in numpy.load_file(str(path)).items()}
    shapes = {name: v for name, v in numpy.load_file(str(path)).items() if v.dtype.kind != "f"}
    numpy.save_file(tensors | shapes, str(path))
    x = np.ones((1, 1, 96, 96), np.float32)
    assert not zoo.find(str(path), "color").engine().run(x)[0].any()


def test_safetensors_of_another_network_are_errors_in_one_line(tmp_path: Path) -> None:
    numpy = pytest.importorskip("safetensors.numpy")
    pytest.importorskip("onnx")
    path = tmp_path / "other.safetensors"
    numpy.save_file({"a": np.zeros(3, np.float32)}, str(path))
    with pytest.raises(WeightsError, match=r"other\.safetensors: weights of another network: it has no tensor '"):
        zoo.find(str(path), "mask").engine()
    path.write_bytes(b"no tensors")
    with pytest.raises(WeightsError, match="not a safetensors file"):
        zoo.find(str(path), "color").engine()
    with pytest.raises(WeightsError, match=r"gone\.safetensors: no such file"):
        zoo.find(str(tmp_path / "gone.safetensors"), "color")


def test_files_for_other_programs_are_rejected_by_name(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"handtint": asdict(RECORD)}))
    with pytest.raises(WeightsError, match=r"handtint\.xml: handtint runs \.onnx and \.safetensors files"):
        zoo.find(f"{tmp_path}/handtint", "color")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_openvino_has_the_same_output(tmp_path: Path) -> None:
    openvino = pytest.importorskip("openvino")
    compiled = openvino.Core().compile_model(str(export("openvino", tmp_path)), "CPU")
    inputs = len(compiled.inputs)
    if inputs != 1:
        pytest.skip("the network has several inputs")
    x = np.random.default_rng(0).uniform(-1, 1, (1, 1, 96, 96)).astype(np.float32)
    expected = zoo.CATALOGUE["handtint"].engine().run(x)[0]
    assert np.abs(compiled(x)[0] - expected).max() < 0.05 * np.abs(expected).max()


def test_export_without_run_or_format_is_wrong_usage() -> None:
    run = CliRunner().invoke(main, ["export", "handtint"])
    assert run.exit_code == 2
    assert "(RUN) and --recipe, or --to" in run.output
