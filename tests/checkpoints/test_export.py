import warnings
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from handtint.checkpoints.export import export
from handtint.engines.onnx import OnnxEngine
from handtint.errors import WeightsError
from handtint.nets.hybrid import ColorNet, MaskNet, hybrid


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("net", "outputs"), [(ColorNet, ["ab"]), (MaskNet, ["classes", "foreground", "features"])])
def test_the_exported_network_has_the_same_outputs(net: type, outputs: list[str], tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = net(hybrid("tiny")).eval()
    path = tmp_path / "net.onnx"
    assert export(model, path, outputs) < 0.02
    x = torch.randn(2, 1, 64, 96)
    with torch.no_grad():
        expected = model(x)
    expected = expected if isinstance(expected, tuple) else (expected,)
    for output, expected_output in zip(OnnxEngine(path).run(x.numpy()), expected, strict=True):
        np.testing.assert_allclose(output, expected_output.numpy(), atol=0.02)
    halves = [t for t in onnx.load(path).graph.initializer if t.data_type == onnx.TensorProto.FLOAT16]
    assert halves
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.filterwarnings("ignore")
def test_hints_are_an_optional_input(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = ColorNet(hybrid("tiny")).eval()
    for part in net.hints.parts.values():
        torch.nn.init.normal_(part[-1].weight, std=0.3)
    export(net, tmp_path / "color.onnx", ["ab"])
    engine, x = OnnxEngine(tmp_path / "color.onnx"), torch.randn(1, 1, 96, 64)
    hints = torch.zeros(1, 3, 96, 64)
    hints[..., 40:50, 20:30] = 0.5
    with torch.no_grad():
        without, with_hints = net(x).numpy(), net(x, hints).numpy()
    assert engine.takes_hints
    np.testing.assert_allclose(engine.run(x.numpy())[0], without, atol=0.02)
    np.testing.assert_allclose(engine.run(x.numpy(), hints.numpy())[0], with_hints, atol=0.02)
    assert np.abs(with_hints - without).max() > 0.05
    export(MaskNet(hybrid("tiny")), tmp_path / "mask.onnx", ["classes", "foreground", "features"])
    with pytest.raises(ValueError, match="no hints"):
        OnnxEngine(tmp_path / "mask.onnx").run(x.numpy(), hints.numpy())


def test_a_file_that_is_no_network_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"not a network")
    with warnings.catch_warnings(), pytest.raises(WeightsError, match=r"bad\.onnx"):
        OnnxEngine(tmp_path / "bad.onnx")
