"""Exported weights go back into the network that they are of."""

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


def lived_in(net: nn.Module, seed: int = 0) -> nn.Module:
    """A network whose norms are not as they were made."""
    generator = torch.Generator().manual_seed(seed)
    for norm in (m for m in net.modules() if isinstance(m, nn.BatchNorm2d)):
        for part in (norm.weight, norm.running_var):
            part.data.uniform_(0.5, 2.0, generator=generator)  # type: ignore[union-attr]
        for part in (norm.bias, norm.running_mean):
            part.data.uniform_(-0.5, 0.5, generator=generator)  # type: ignore[union-attr]
    return net.eval()


def answers(net: nn.Module) -> tuple[torch.Tensor, ...]:
    with torch.no_grad():
        out = net(torch.randn(1, 1, 64, 96, generator=torch.Generator().manual_seed(5)))
    return out if isinstance(out, tuple) else (out,)


def two_eyed() -> ColorNet:
    net = ColorNet(hybrid("tiny", "tiny"))
    nn.init.normal_(net.backbone.join.weight)  # which begins as nothing
    for part in (net.backbone.companion.whole, net.backbone.companion.positions):  # type: ignore[union-attr]
        nn.init.normal_(part)
    return net


MADE = {
    "colour": (lambda: ColorNet(hybrid("tiny")), ["ab"]),
    "colour, two-eyed": (lambda: two_eyed(), ["ab"]),
    "mask": (lambda: MaskNet(hybrid("tiny")), ["classes", "foreground", "features"]),
    "unet": (lambda: ResNetUNet(ResNet18(4)), ["ab"]),
}


@pytest.mark.parametrize("name", MADE)
def test_a_network_comes_back(name: str, tmp_path: Path) -> None:
    make, outputs = MADE[name]
    torch.manual_seed(0)
    net = lived_in(make())
    export(net, tmp_path / "net.onnx", outputs)
    torch.manual_seed(1)
    again = make().eval()
    load(again, tmp_path / "net.onnx")
    for ours, theirs in zip(answers(again), answers(net), strict=True):
        torch.testing.assert_close(ours, theirs, atol=0.01 * float(theirs.abs().max()), rtol=0.01)


def test_files_with_the_names_of_older_versions_come_back(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = lived_in(two_eyed())
    export(net, tmp_path / "net.onnx", ["ab"])
    model = onnx.load(str(tmp_path / "net.onnx"))
    for part in (*model.graph.initializer, *model.graph.node):
        part.name = part.name.replace("companion", "beside")
    for node in model.graph.node:
        node.input[:] = [name.replace("companion", "beside") for name in node.input]
    assert any("backbone.beside." in tensor.name for tensor in model.graph.initializer)
    onnx.save(model, str(tmp_path / "old.onnx"))
    torch.manual_seed(1)
    again = two_eyed().eval()
    load(again, tmp_path / "old.onnx")
    for ours, theirs in zip(answers(again), answers(net), strict=True):
        torch.testing.assert_close(ours, theirs, atol=0.01 * float(theirs.abs().max()), rtol=0.01)
    old = {name.replace("companion", "beside"): tensor for name, tensor in net.state_dict().items()}
    again.load_state_dict(current_names(old))


def test_each_stream_comes_back_from_the_file_of_both(tmp_path: Path) -> None:
    torch.manual_seed(0)
    both = lived_in(MaskStreams(ClassNet(pyramid("tiny")), MaskNet(hybrid("tiny"))))
    export(both, tmp_path / "net.onnx", ["classes", "foreground", "features"])
    classes, front = ClassNet(pyramid("tiny")).eval(), MaskNet(hybrid("tiny")).eval()
    load(classes, tmp_path / "net.onnx")
    load(front, tmp_path / "net.onnx")
    again = MaskStreams(classes, front).eval()
    for ours, theirs in zip(answers(again), answers(both), strict=True):
        torch.testing.assert_close(ours, theirs, atol=0.01 * float(theirs.abs().max()), rtol=0.01)


def test_norms_that_are_equal_come_back_though_the_file_keeps_them_once(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = ClassNet(pyramid("tiny")).eval()  # its norms are as they begin, many alike
    export(net, tmp_path / "net.onnx", ["classes", "foreground"])
    model = onnx.load(str(tmp_path / "net.onnx"))
    assert any(node.op_type == "Identity" for node in model.graph.node), "the exporter no longer shares tensors"
    again = lived_in(ClassNet(pyramid("tiny"))).eval()
    load(again, tmp_path / "net.onnx")
    for ours, theirs in zip(answers(again), answers(net), strict=True):
        torch.testing.assert_close(ours, theirs, atol=0.01 * float(theirs.abs().max()), rtol=0.01)


def test_a_network_with_more_begins_as_the_one_without(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = lived_in(ColorNet(hybrid("tiny")))
    export(net, tmp_path / "net.onnx", ["ab"])
    larger = ColorNet(hybrid("tiny", "tiny")).eval()
    load(larger, tmp_path / "net.onnx")
    for ours, theirs in zip(answers(larger), answers(net), strict=True):
        torch.testing.assert_close(ours, theirs, atol=0.01 * float(theirs.abs().max()), rtol=0.01)


def test_another_network_is_refused(tmp_path: Path) -> None:
    torch.manual_seed(0)
    export(lived_in(ColorNet(hybrid("tiny"))), tmp_path / "net.onnx", ["ab"])
    with pytest.raises(WeightsError, match=r"net\.onnx: not an export of this network"):
        load(ResNetUNet(ResNet18(4)), tmp_path / "net.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"not a network")
    with pytest.raises(WeightsError, match=r"bad\.onnx: not an ONNX network"):
        load(ColorNet(hybrid("tiny")), tmp_path / "bad.onnx")
    with pytest.raises(WeightsError, match=r"nowhere\.onnx"):
        load(ColorNet(hybrid("tiny")), tmp_path / "nowhere.onnx")
