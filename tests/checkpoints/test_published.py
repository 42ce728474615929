"""Published weights, replaced by small random ones of the same classes."""

import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from handtint.checkpoints import published
from handtint.errors import WeightsError
from handtint.nets.resnet import ResNet18
from handtint.nets.vit import MaskedViT


def layer_types(decoder: nn.Module) -> list[str]:
    return [type(layer).__name__ for layer in decoder.children()]


@pytest.fixture
def transformers():  # type: ignore[no-untyped-def]
    return pytest.importorskip("transformers")


@pytest.mark.filterwarnings("ignore")
def test_the_vit_is_loaded_from_a_folder_of_weights(transformers, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    torch.manual_seed(0)
    config = transformers.ViTConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, image_size=64,
        encoder_stride=16,
    )  # fmt: skip
    reference = transformers.ViTForMaskedImageModeling(config)
    reference.save_pretrained(tmp_path)
    net = published.masked_vit(str(tmp_path))
    for name, tensor in reference.vit.state_dict().items():
        assert torch.equal(net.model.vit.state_dict()[name], tensor), name
    assert layer_types(net.model.decoder) == ["Conv2d", "ReLU", "Conv2d", "ReLU", "Conv2d", "PixelShuffle"]
    out = net(torch.randn(2, 1, 64, 64))
    assert out.shape == (2, 2, 64, 64)
    out.square().mean().backward()
    assert all(p.grad is not None for p in net.parameters() if p.requires_grad)
    frozen = [name for name, p in net.named_parameters() if not p.requires_grad]
    assert frozen == ["model.vit.embeddings.mask_token"]


@pytest.mark.filterwarnings("ignore")
def test_the_full_vits_have_the_decoders_of_the_report(transformers) -> None:  # type: ignore[no-untyped-def]
    with torch.device("meta"):
        full, naive = published.masked_vit(pretrained=False), published.naive_vit()
        for net in (full, naive):
            assert net(torch.zeros(1, 1, 224, 224)).shape == (1, 2, 224, 224)
    assert [tuple(p.shape) for p in full.model.decoder.parameters()][4] == (512, 768, 3, 3)
    assert layer_types(naive.model.decoder) == ["Conv2d", "PixelShuffle"]
    assert naive.model.config.num_channels == 1


@pytest.mark.filterwarnings("ignore")
def test_the_naive_vit_takes_one_channel(transformers) -> None:  # type: ignore[no-untyped-def]
    config = transformers.ViTConfig(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64, image_size=32, num_channels=1,
        encoder_stride=16,
    )  # fmt: skip
    net = MaskedViT(transformers.ViTForMaskedImageModeling(config), naive=True)
    assert net(torch.randn(1, 1, 32, 32)).shape == (1, 2, 32, 32)


@pytest.mark.filterwarnings("ignore")
def test_a_folder_without_weights_is_an_error_in_one_line(transformers, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(WeightsError, match="not available") as error:
        published.masked_vit(str(tmp_path))
    assert "\n" not in str(error.value)


def test_a_missing_package_is_an_error_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("transformers", "torchvision.models", "torchvision"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(WeightsError, match=r"handtint\[transformers\]"):
        published.masked_vit()
    with pytest.raises(WeightsError, match=r"handtint\[torchvision\]"):
        published.load_resnet18(ResNet18(4))


def test_the_resnet_is_loaded_from_a_file_of_tensors(tmp_path: Path) -> None:
    torch.manual_seed(0)
    tensors = ResNet18(4).state_dict()
    tensors |= {"conv1.weight": torch.randn(4, 3, 7, 7), "fc.weight": torch.zeros(10, 32), "fc.bias": torch.zeros(10)}
    torch.save(tensors, tmp_path / "resnet.pth")
    body = published.load_resnet18(ResNet18(4), str(tmp_path / "resnet.pth"))
    assert torch.equal(body.layer4[1].bn2.weight, tensors["layer4.1.bn2.weight"])
    with pytest.raises(WeightsError, match="not the tensors"):
        published.load_resnet18(ResNet18(8), str(tmp_path / "resnet.pth"))
    (tmp_path / "bad.pth").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match=r"bad\.pth"):
        published.load_resnet18(ResNet18(4), str(tmp_path / "bad.pth"))


def test_tensor_names_equal_those_of_torchvision() -> None:
    try:
        from torchvision.models import resnet18
    except (ImportError, RuntimeError):
        pytest.skip("torchvision cannot be imported")
    with torch.device("meta"):
        reference = {n: t.shape for n, t in resnet18(weights=None).state_dict().items() if not n.startswith("fc.")}
        net = {n: t.shape for n, t in ResNet18().state_dict().items()}
    assert list(reference) == list(net)
    assert {n for n in net if net[n] != reference[n]} == {"conv1.weight"}
