"""The weights of an exported ONNX network, loaded into the torch network that it was exported from."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from handtint.errors import WeightsError
from handtint.nets.hybrid import current_names

STREAMS = ("", "classes.", "front.")  # prefixes of a network's tensors in a larger one: nets/streams.py
FOLDED = "onnx::"  # prefix by which the exporter names tensors that it changed
Tensors = dict[str, Tensor]


def load(net: nn.Module, path: Path) -> None:
    """Load into net the weights of a file that `checkpoints/export.py` wrote of it, or of a network that contains it.

    Export folds norms into the convolutions before them; such norms become ones that only add a bias. Tensors that the
    file lacks, because no output depends on them, are unchanged. Raises WeightsError if the file is of another network.
    """
    tensors = current_names(dict(_tensors(_read(path))))
    prefix = max(STREAMS, key=lambda stream: len(net.state_dict().keys() & _with_prefix(tensors, stream).keys()))
    loadable = _with_norms(net, _with_prefix(tensors, prefix))
    needed = {name for name in net.state_dict() if not name.endswith("num_batches_tracked")}
    present = needed & loadable.keys()
    if len(present) < len(needed) / 2:
        raise WeightsError(f"{path}: not an export of this network: it has {len(present)} of its {len(needed)} tensors")
    try:
        net.load_state_dict({name: loadable[name] for name in present}, strict=False)
    except RuntimeError as error:
        raise WeightsError(f"{path}: not an export of this network: {str(error).splitlines()[1].strip()}") from error


def dinov2(path: Path) -> Tensors:
    """The tensors of a Dinov2Model in the ONNX file of a network that has it as its `backbone`.

    The exporter splits the positions into those of the class token and of the patches: (1, 1, dim) and (1, patches,
    dim). Raises WeightsError if the file is not ONNX, or has no such backbone.
    """
    model = _read(path)
    folded = (t for t in model.graph.initializer if t.name.startswith(FOLDED) and len(t.dims) == 3)
    positions = sorted(folded, key=lambda t: t.dims[1])
    if len(positions) != 2 or positions[0].dims[1] != 1:
        raise WeightsError(f"{path}: not the ONNX export of a network with a Dinov2Model")
    parts = [torch.tensor(numpy_helper.to_array(t)).float() for t in positions]
    tensors = _with_prefix(dict(_tensors(model)), "backbone.")
    return tensors | {"embeddings.position_embeddings": torch.cat(parts, dim=1)}


def _read(path: Path) -> onnx.ModelProto:
    try:
        return onnx.load(str(path))
    except Exception as error:  # protobuf's own exceptions, and others for damaged files
        raise WeightsError(f"{path}: not an ONNX network: {str(error).splitlines()[0]}") from error


def _tensors(model: onnx.ModelProto) -> Iterator[tuple[str, Tensor]]:
    """All tensors of the file, by their names in the torch network."""
    stored = {
        t.name.removesuffix(".half"): torch.tensor(numpy_helper.to_array(t)).float() for t in model.graph.initializer
    }
    for node in model.graph.node:
        if node.op_type == "Identity" and node.input[0] in stored:  # the exporter keeps equal tensors once
            stored[node.output[0]] = stored[node.input[0]]
    yield from ((name, tensor) for name, tensor in stored.items() if not name.startswith(FOLDED))
    for node in model.graph.node:
        folded = [stored[name] for name in node.input if name in stored and name.startswith(FOLDED)]
        if node.op_type == "MatMul" and folded:
            yield f"{_module(node.name)}.weight", folded[0].T.contiguous()
        elif node.op_type == "Conv" and folded:
            yield f"{_module(node.name)}.weight", folded[0]
            yield from ((f"{_module(node.name)}.bias", bias) for bias in folded[1:])


def _module(node: str) -> str:
    """The module's name from that of its node: "/head/up8/mix/mix.0/mix.0.0/Conv" is of head.up8.mix.0.0."""
    parts = node.strip("/").split("/")[:-1]
    names = (part.removeprefix(f"{parent}.") for parent, part in pairwise(["", *parts]))
    return ".".join(names)


def _with_prefix(tensors: Tensors, prefix: str) -> Tensors:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _with_norms(net: nn.Module, tensors: Tensors) -> Tensors:
    """The tensors, with the biases that convolutions got from folded norms moved back into these norms."""
    loadable = dict(tensors)
    for (name, layer), (norm_name, norm) in pairwise(net.named_modules()):
        folded = isinstance(layer, nn.Conv2d) and layer.bias is None and f"{name}.bias" in tensors
        if folded and isinstance(norm, nn.BatchNorm2d):
            bias = loadable.pop(f"{name}.bias")
            identity = {"weight": 1.0, "running_mean": 0.0, "running_var": 1.0 - norm.eps}
            loadable |= {f"{norm_name}.{part}": torch.full_like(bias, value) for part, value in identity.items()}
            loadable[f"{norm_name}.bias"] = bias
    return loadable
