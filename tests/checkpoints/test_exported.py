"""Weights exported to ONNX are loaded into the same network again."""

from pathlib import Path

import onnx
import pytest
import torch
from torch import nn

from handtint.checkpoints.export import export
from handtint.checkpoints.exported import load
from handtint.errors import WeightsError
from handtint.nets.backbone import pyramid
from handtint.nets.hybrid import ColorNet, MaskNet, current_names, hybrid
from handtint.nets.resnet import ResNet18
from handtint.nets.streams import ClassNet, MaskStreams
from handtint.nets.unet import ResNetUNet

pytestmark = pytest.mark.filterwarnings("ignore")


def with_random_norms(net: nn.Module, seed: int = 0) -> nn.Module:
    """The network with random batch norm parameters and statistics, in eval mode."""
    generator = torch.Generator().manual_seed(seed)
    for norm in (m for m in net.modules() if isinstance(m, nn.BatchNorm2d)):
        for part in (norm.weight, norm.running_var):
            part.data.uniform_(0.5, 2.0, generator=generator)  # type: ignore[union-attr]
        for part in (norm.bias, norm.running_mean):
            part.data.uniform_(-0.5, 0.5, generator=generator)  # type: ignore[union-attr]
    return net.eval()


def outputs_of(net: nn.Module) -> tuple[torch.Tensor, ...]:
    with torch.no_grad():
        out = net(torch.randn(1, 1, 64, 96, generator=torch.Generator().manual_seed(5)))
    return out if isinstance(out, tuple) else (out,)


def assert_same_outputs(net: nn.Module, reference: nn.Module) -> None:
    """The networks' outputs are equal up to the half precision of exported weights."""
    for output, expected in zip(outputs_of(net), outputs_of(reference), strict=True):
        torch.testing.assert_close(output, expected, atol=0.01 * float(expected.abs().max()), rtol=0.01)


def with_companion() -> ColorNet:
    net = ColorNet(hybrid("tiny", "tiny"))
    nn.init.normal_(net.backbone.join.weight)  # which starts as zeros
    for part in (net.backbone.companion.whole, net.backbone.companion.positions):  # type: ignore[union-attr]
        nn.init.normal_(part)
    return net


NETWORKS = {
    "colour": (lambda: ColorNet(hybrid("tiny")), ["ab"]),
    "colour with companion": (lambda: with_companion(), ["ab"]),
    "mask": (lambda: MaskNet(hybrid("tiny")), ["classes", "foreground", "features"]),
    "unet": (lambda: ResNetUNet(ResNet18(4)), ["ab"]),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_exported_weights_are_restored(name: str, tmp_path: Path) -> None:
    make, outputs = NETWORKS[name]
    torch.manual_seed(0)
    net = with_random_norms(make())
    export(net, tmp_path / "net.onnx", outputs)
    torch.manual_seed(1)
    restored = make().eval()
    load(restored, tmp_path / "net.onnx")
    assert_same_outputs(restored, net)


def test_files_with_names_of_older_versions_are_restored(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = with_random_norms(with_companion())
    export(net, tmp_path / "net.onnx", ["ab"])
    model = onnx.load(str(tmp_path / "net.onnx"))
    for part in (*model.graph.initializer, *model.graph.node):
        part.name = part.name.replace("companion", "beside")
    for node in model.graph.node:
        node.input[:] = [name.replace("companion", "beside") for name in node.input]
    assert any("backbone.beside." in tensor.name for tensor in model.graph.initializer)
    onnx.save(model, str(tmp_path / "old.onnx"))
    torch.manual_seed(1)
    restored = with_companion().eval()
    load(restored, tmp_path / "old.onnx")
    assert_same_outputs(restored, net)
    old = {name.replace("companion", "beside"): tensor for name, tensor in net.state_dict().items()}
    restored.load_state_dict(current_names(old))


def test_each_stream_is_restored_from_the_file_of_both(tmp_path: Path) -> None:
    torch.manual_seed(0)
    both = with_random_norms(MaskStreams(ClassNet(pyramid("tiny")), MaskNet(hybrid("tiny"))))
    export(both, tmp_path / "net.onnx", ["classes", "foreground", "features"])
    classes, front = ClassNet(pyramid("tiny")).eval(), MaskNet(hybrid("tiny")).eval()
    load(classes, tmp_path / "net.onnx")
    load(front, tmp_path / "net.onnx")
    restored = MaskStreams(classes, front).eval()
    assert_same_outputs(restored, both)


def test_equal_norms_that_the_file_stores_once_are_restored(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = ClassNet(pyramid("tiny")).eval()  # its norms are untrained, many equal
    export(net, tmp_path / "net.onnx", ["classes", "foreground"])
    model = onnx.load(str(tmp_path / "net.onnx"))
    assert any(node.op_type == "Identity" for node in model.graph.node), "the exporter no longer shares tensors"
    restored = with_random_norms(ClassNet(pyramid("tiny"))).eval()
    load(restored, tmp_path / "net.onnx")
    assert_same_outputs(restored, net)


def test_a_network_with_a_companion_starts_with_the_outputs_of_the_one_without(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = with_random_norms(ColorNet(hybrid("tiny")))
    export(net, tmp_path / "net.onnx", ["ab"])
    larger = ColorNet(hybrid("tiny", "tiny")).eval()
    load(larger, tmp_path / "net.onnx")
    assert_same_outputs(larger, net)


def test_weights_of_another_network_are_rejected(tmp_path: Path) -> None:
    torch.manual_seed(0)
    export(with_random_norms(ColorNet(hybrid("tiny"))), tmp_path / "net.onnx", ["ab"])
    with pytest.raises(WeightsError, match=r"net\.onnx: not an export of this network"):
        load(ResNetUNet(ResNet18(4)), tmp_path / "net.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"not a network")
    with pytest.raises(WeightsError, match=r"bad\.onnx: not an ONNX network"):
        load(ColorNet(hybrid("tiny")), tmp_path / "bad.onnx")
    with pytest.raises(WeightsError, match=r"nowhere\.onnx"):
        load(ColorNet(hybrid("tiny")), tmp_path / "nowhere.onnx")
