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
def test_the_exported_network_answers_as_the_trained_one(net: type, outputs: list[str], tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = net(hybrid("tiny")).eval()
    path = tmp_path / "net.onnx"
    assert export(model, path, outputs) < 0.02
    x = torch.randn(2, 1, 64, 96)
    with torch.no_grad():
        truth = model(x)
    truth = truth if isinstance(truth, tuple) else (truth,)
    for ours, theirs in zip(OnnxEngine(path).run(x.numpy()), truth, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=0.02)
    halves = [t for t in onnx.load(path).graph.initializer if t.data_type == onnx.TensorProto.FLOAT16]
    assert halves
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.filterwarnings("ignore")
def test_hints_are_an_input_that_can_be_left_out(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = ColorNet(hybrid("tiny")).eval()
    for part in net.hints.parts.values():
        torch.nn.init.normal_(part[-1].weight, std=0.3)
    export(net, tmp_path / "color.onnx", ["ab"])
    engine, x = OnnxEngine(tmp_path / "color.onnx"), torch.randn(1, 1, 96, 64)
    told = torch.zeros(1, 3, 96, 64)
    told[..., 40:50, 20:30] = 0.5
    with torch.no_grad():
        without, given = net(x).numpy(), net(x, told).numpy()
    assert engine.takes_hints
    np.testing.assert_allclose(engine.run(x.numpy())[0], without, atol=0.02)
    np.testing.assert_allclose(engine.run(x.numpy(), told.numpy())[0], given, atol=0.02)
    assert np.abs(given - without).max() > 0.05
    export(MaskNet(hybrid("tiny")), tmp_path / "mask.onnx", ["classes", "foreground", "features"])
    with pytest.raises(ValueError, match="no hints"):
        OnnxEngine(tmp_path / "mask.onnx").run(x.numpy(), told.numpy())


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"not a network")
    with warnings.catch_warnings(), pytest.raises(WeightsError, match=r"bad\.onnx"):
        OnnxEngine(tmp_path / "bad.onnx")
