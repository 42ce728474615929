"""A trained torch network to an ONNX file with half-size weights, checked against the original."""

from __future__ import annotations

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional as F

from handtint import files
from handtint.engines.onnx import OnnxEngine
from handtint.errors import WeightsError
from handtint.nets.hybrid import ColorNet
from handtint.types import Array

MIN_HALVED = 256  # tensors of fewer values stay float32


def export(net: nn.Module, path: Path, outputs: list[str], *, tolerance: float = 0.02, side: int = 0) -> float:
    """Write net as ONNX, with weights in float16, for any picture size; returns the largest difference of its outputs.

    side: the only side of input that the network takes; 0 if it takes any. Differences from torch's outputs on noise
    are relative to the largest value of each output. Raises OutputError, and WeightsError if one exceeds the tolerance.
    """
    net = net.eval()
    model = _trace(net, outputs, side)
    halve_weights(model)
    difference = 0.0

    def write(file: BinaryIO) -> None:
        nonlocal difference
        onnx.save(model, file)
        file.flush()
        difference = _parity(net, Path(file.name), (side or 160, side or 224))
        if difference > tolerance:
            raise WeightsError(f"{path}: the exported network differs from the trained one by {difference:.4f}")

    files.write_with(path, write)
    return difference


def _trace(net: nn.Module, outputs: list[str], side: int) -> onnx.ModelProto:
    inputs = _inputs(net, (side or 96, side or 128))
    axes = {name: {0: "n"} if side else {0: "n", 2: "h" + name, 3: "w" + name} for name in ["L", *outputs]}
    axes |= dict.fromkeys(list(inputs)[1:], axes["L"])
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about traced sizes and folded constants: outputs are compared afterwards
        torch.onnx.export(
            net,
            tuple(inputs.values()),
            f"{folder}/net.onnx",
            input_names=list(inputs),
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
        return onnx.load(f"{folder}/net.onnx")


def halve_weights(model: onnx.ModelProto) -> None:
    """Store large float32 weights as float16, each with a cast back; computation stays float32."""
    cast_nodes = []
    for tensor in list(model.graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < MIN_HALVED:
            continue
        values = numpy_helper.to_array(tensor)
        name = tensor.name
        model.graph.initializer.remove(tensor)
        model.graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        cast_nodes.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    for node in reversed(cast_nodes):
        model.graph.node.insert(0, node)


def _parity(net: nn.Module, path: Path, size: tuple[int, int]) -> float:
    inputs = _inputs(net, size)
    with torch.no_grad():
        truth = net(*inputs.values())
    truth = truth if isinstance(truth, tuple) else (truth,)
    predictions = OnnxEngine(path).run(*(x.numpy() for x in inputs.values()))
    return max(_relative_difference(a, b.numpy()) for a, b in zip(predictions, truth, strict=True))


def _inputs(net: nn.Module, size: tuple[int, int]) -> dict[str, Tensor]:
    """The network's inputs by name: L, and for a network that takes hints some of these."""
    gray = _probe(size)
    if not isinstance(net, ColorNet):
        return {"L": gray}
    certainty = torch.zeros(1, 1, *size)
    certainty[..., 8:24, 8:40] = 1
    return {"L": gray, "hints": torch.cat([0.3 * certainty, -0.2 * certainty, certainty], dim=1)}


def _probe(size: tuple[int, int]) -> Tensor:
    """Noise of four scales, (1, 1, h, w) in -1..1; as in photographs, the coarser scales are stronger."""
    generator = torch.Generator().manual_seed(1)
    x = torch.zeros(1, 1, *size)
    for scale in (1, 4, 16, 64):
        noise = torch.rand(1, 1, *(max(2, side // scale) for side in size), generator=generator) * 2 - 1
        x += scale * F.interpolate(noise, size=size, mode="bilinear")
    return x / x.abs().max()


def _relative_difference(predictions: Array, truth: Array) -> float:
    return float(np.abs(predictions - truth).max() / np.abs(truth).max())
