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


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"not a network")
    with warnings.catch_warnings(), pytest.raises(WeightsError, match=r"bad\.onnx"):
        OnnxEngine(tmp_path / "bad.onnx")
