"""An exported ONNX network back in the torch network that it was made of."""

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

STREAMS = ("", "classes.", "front.")  # where a network may stand in a larger one: nets/streams.py
FOLDED = "onnx::"  # how the exporter names what is no longer as it was in the network
Tensors = dict[str, Tensor]


def load(net: nn.Module, path: Path) -> None:
    """Fill net with the weights of a file that `checkpoints/export.py` wrote of it, or of a network that it is part of.

    Export folds norms into the convolutions before them: such norms come back as ones that add a bias and change
    nothing else. What the file has nothing of, since no output needs it, stays as it is.
    Raises WeightsError where the file is of another network.
    """
    tensors = current_names(dict(_tensors(_read(path))))
    stream = max(STREAMS, key=lambda begin: len(net.state_dict().keys() & _within(tensors, begin).keys()))
    loadable = _with_norms(net, _within(tensors, stream))
    needed = {name for name in net.state_dict() if not name.endswith("num_batches_tracked")}
    present = needed & loadable.keys()
    if len(present) < len(needed) / 2:
        raise WeightsError(f"{path}: not an export of this network: it has {len(present)} of its {len(needed)} tensors")
    try:
        net.load_state_dict({name: loadable[name] for name in present}, strict=False)
    except RuntimeError as error:
        raise WeightsError(f"{path}: not an export of this network: {str(error).splitlines()[1].strip()}") from error


def dinov2(path: Path) -> Tensors:
    """The tensors of a Dinov2Model that another network was exported with as its `backbone`.

    The exporter folds the slices that part the whole picture's position from those of its patches: (1, 1, dim) and
    (1, patches, dim). Raises WeightsError where the file is no ONNX network, or has no such part.
    """
    model = _read(path)
    folded = (t for t in model.graph.initializer if t.name.startswith(FOLDED) and len(t.dims) == 3)
    positions = sorted(folded, key=lambda t: t.dims[1])
    if len(positions) != 2 or positions[0].dims[1] != 1:
        raise WeightsError(f"{path}: not the ONNX export of a network with a Dinov2Model")
    parts = [torch.tensor(numpy_helper.to_array(t)).float() for t in positions]
    tensors = _within(dict(_tensors(model)), "backbone.")
    return tensors | {"embeddings.position_embeddings": torch.cat(parts, dim=1)}


def _read(path: Path) -> onnx.ModelProto:
    try:
        return onnx.load(str(path))
    except Exception as error:  # protobuf's own, and whatever else a broken file brings about
        raise WeightsError(f"{path}: not an ONNX network: {str(error).splitlines()[0]}") from error


def _tensors(model: onnx.ModelProto) -> Iterator[tuple[str, Tensor]]:
    """Every tensor of the file by its name in the torch network."""
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
    steps = (part.removeprefix(f"{before}.") for before, part in pairwise(["", *parts]))
    return ".".join(steps)


def _within(tensors: Tensors, begin: str) -> Tensors:
    return {name.removeprefix(begin): tensor for name, tensor in tensors.items() if name.startswith(begin)}


def _with_norms(net: nn.Module, tensors: Tensors) -> Tensors:
    """The same, with the biases that convolutions have of the norms after them given back to those."""
    loadable = dict(tensors)
    for (name, layer), (norm_name, norm) in pairwise(net.named_modules()):
        folded = isinstance(layer, nn.Conv2d) and layer.bias is None and f"{name}.bias" in tensors
        if folded and isinstance(norm, nn.BatchNorm2d):
            bias = loadable.pop(f"{name}.bias")
            neutral = {"weight": 1.0, "running_mean": 0.0, "running_var": 1.0 - norm.eps}
            loadable |= {f"{norm_name}.{part}": torch.full_like(bias, value) for part, value in neutral.items()}
            loadable[f"{norm_name}.bias"] = bias
    return loadable
