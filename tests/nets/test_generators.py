"""The report's generators: shapes, gradients, export, and full size on the meta device."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from handtint.checkpoints.export import export
from handtint.engines.onnx import OnnxEngine
from handtint.nets.hybrid import ColorNet
from handtint.nets.resnet import ResNet18, from_published
from handtint.nets.unet import ResNetUNet, Shuffle
from handtint.nets.vit import ViTGenerator
from handtint.train.networks import COLOR

TINY = sorted(name for name in COLOR if name.endswith(("tiny", "tiny-vit")))


@pytest.mark.parametrize("name", TINY)
def test_outputs_have_their_shapes_and_every_parameter_gets_a_gradient(name: str, learns) -> None:  # type: ignore[no-untyped-def]
    torch.manual_seed(0)
    net = COLOR[name].build(False, "")
    if name == "tiny-vit":  # starts with zero weights for the ViT, and so without a gradient for it
        nn.init.normal_(net.backbone.join.weight)
    inputs = [torch.randn(2, 1, 64, 96)]
    if isinstance(net, ColorNet):
        for hints in net.hints.parts.values():
            nn.init.normal_(hints[-1].weight)
        inputs.append(torch.rand(2, 3, 64, 96))
    out = net(*inputs)
    part = 2 if name in ("tiny", "tiny-vit") else 1
    assert tuple(out.shape) == (2, 2, 64 // part, 96 // part)
    learns(net, [out])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name in TINY if name != "tiny"])  # tests/engines exports that one
def test_the_exported_network_has_the_same_output(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = COLOR[name].build(False, "").eval()
    assert export(net, tmp_path / "net.onnx", ["ab"]) < 0.02
    x = torch.randn(2, 1, 96, 64)
    with torch.no_grad():
        expected = net(x)
    output = OnnxEngine(tmp_path / "net.onnx").run(x.numpy())[0]
    np.testing.assert_allclose(output, expected.numpy(), atol=0.05)


@pytest.mark.filterwarnings("ignore")
def test_a_network_of_one_size_is_exported_at_that_size(tmp_path: Path) -> None:
    class Square(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.position = nn.Parameter(torch.randn(1, 2, 64, 64))

        def forward(self, gray: torch.Tensor) -> torch.Tensor:
            return gray + self.position

    assert export(Square(), tmp_path / "net.onnx", ["ab"], side=64) < 0.02


@pytest.mark.parametrize(
    ("make", "millions", "shape"),
    [
        (lambda: ResNetUNet(ResNet18()), 31.1, (1, 2, 224, 224)),
        (lambda: ResNetUNet(ResNet18(16)), 1.95, (1, 2, 224, 224)),
        (ViTGenerator, 4.4, (1, 2, 224, 224)),
        (lambda: ViTGenerator(naive=True), 2.8, (1, 2, 224, 224)),
    ],
)
def test_networks_have_as_many_parameters_as_the_report(
    make: type[nn.Module], millions: float, shape: tuple[int, ...]
) -> None:
    """31.1 million parameters are those of fastai's DynamicUnet on a resnet18."""
    with torch.device("meta"):
        net = make()
        assert tuple(net(torch.zeros(1, 1, 224, 224)).shape) == shape
    assert sum(p.numel() for p in net.parameters()) / 1e6 == pytest.approx(millions, rel=0.02)


def test_published_tensors_fit_the_gray_resnet() -> None:
    torch.manual_seed(0)
    published = ResNet18().state_dict()
    assert len(published) == 120  # torchvision's 122 less the classifier
    published["conv1.weight"] = torch.randn(64, 3, 7, 7)
    published |= {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}
    body = ResNet18().eval()
    body.load_state_dict(from_published(published))
    gray = torch.randn(1, 1, 64, 64)
    output = body.conv1(gray)
    expected = torch.conv2d(gray.expand(-1, 3, -1, -1), published["conv1.weight"], stride=2, padding=3)
    torch.testing.assert_close(output, expected, atol=1e-4, rtol=1e-4)


def test_an_untrained_shuffle_is_nearest_neighbour_upsampling() -> None:
    out = Shuffle(8, 4)(torch.randn(1, 8, 5, 5))
    squares = out.unfold(2, 2, 2).unfold(3, 2, 2)
    torch.testing.assert_close(squares, squares[..., :1, :1].expand_as(squares))
