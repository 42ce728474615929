"""The discriminators: architectures, output shapes, gradients and inputs."""

import pytest
import torch
from torch import nn

from handtint.errors import WeightsError
from handtint.nets.discriminators import MultiScale, PatchDiscriminator, TorchvisionViT, ViTDiscriminator


def test_the_patch_discriminator_has_the_architecture_of_the_report() -> None:
    torch.manual_seed(0)
    net = PatchDiscriminator()
    assert net(torch.zeros(2, 1, 224, 224), torch.zeros(2, 2, 224, 224))[0].shape == (2, 1, 26, 26)
    assert sum(p.numel() for p in net.parameters()) == 2_765_633
    convs = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    assert [c.kernel_size for c in convs] == [(4, 4)] * 5
    assert [c.stride[0] for c in convs] == [2, 2, 2, 1, 1]
    assert [c.bias is None for c in convs] == [False, True, True, True, False]
    assert convs[3].weight.std().item() == pytest.approx(0.02, rel=0.02)
    assert [m.negative_slope for m in net.modules() if isinstance(m, nn.LeakyReLU)] == [0.2] * 4


def test_multiscale_also_judges_half_the_size() -> None:
    finest, coarse = MultiScale(8)(torch.zeros(1, 1, 128, 128), torch.zeros(1, 2, 128, 128))
    assert (finest.shape[2], coarse.shape[2]) == (14, 6)


@pytest.mark.parametrize(
    "make", [lambda: PatchDiscriminator(4, 2), lambda: MultiScale(4, 1), lambda: ViTDiscriminator(16, 1, 1)]
)
def test_lightness_of_twice_the_size_is_averaged(make: type[nn.Module]) -> None:
    """Each 2 x 2 square of L counts as its mean."""
    torch.manual_seed(0)
    net, ab = make().eval(), torch.randn(1, 2, 64, 64)
    small = torch.randn(1, 1, 64, 64)
    large = small.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    torch.testing.assert_close(net(large, ab), net(small, ab))


def test_the_vit_discriminator_has_nine_hundred_outputs() -> None:
    net = ViTDiscriminator(16, 1, 1)
    assert net(torch.zeros(2, 1, 64, 96), torch.zeros(2, 2, 64, 96))[0].shape == (2, 900)


@pytest.mark.parametrize(
    "make", [lambda: PatchDiscriminator(4, 2), lambda: MultiScale(4, 1), lambda: ViTDiscriminator(16, 1, 1)]
)
def test_gradients_reach_every_parameter_and_both_inputs(make: type[nn.Module], learns) -> None:  # type: ignore[no-untyped-def]
    torch.manual_seed(0)
    net = make()
    L, ab = torch.randn(2, 1, 64, 64, requires_grad=True), torch.randn(2, 2, 64, 64, requires_grad=True)
    learns(net, net(L, ab))
    assert L.grad is not None
    assert ab.grad is not None
    assert min(L.grad.abs().sum(), ab.grad.abs().sum()) > 0


def test_the_full_vit_discriminator_is_torchvisions_with_nine_hundred_outputs() -> None:
    try:
        import torchvision  # noqa: F401
    except (ImportError, RuntimeError):
        with pytest.raises(WeightsError, match=r"handtint\[torchvision\]"):
            TorchvisionViT()
        pytest.skip("torchvision cannot be imported")
    with torch.device("meta"):
        net = TorchvisionViT()
        assert net(torch.zeros(1, 1, 224, 224), torch.zeros(1, 2, 224, 224))[0].shape == (1, 900)
    assert net.model.heads.weight.shape == (900, 768)
