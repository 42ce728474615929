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

SMALLEST = 256  # tensors of fewer values stay float32


def export(net: nn.Module, path: Path, outputs: list[str], *, tolerance: float = 0.02, side: int = 0) -> float:
    """Write net as ONNX, weights in float16, any picture size; the largest difference from torch's outputs.

    side: the only size the network takes, side x side; 0 where it takes any.
    Differences are given as shares of the largest value of the output they are in.
    Raises OutputError, and WeightsError when the exported network differs by more than the tolerance on noise.
    """
    net = net.eval()
    model = _exported(net, outputs, side)
    halve_weights(model)
    difference = 0.0

    def write(file: BinaryIO) -> None:
        nonlocal difference
        onnx.save(model, file)
        file.flush()
        difference = _parity(net, Path(file.name), (side or 160, side or 224))
        if difference > tolerance:
            raise WeightsError(f"{path}: the exported network differs from the trained one by {difference:.4f}")

    files.fill(path, write)
    return difference


def _exported(net: nn.Module, outputs: list[str], side: int) -> onnx.ModelProto:
    inputs = _inputs(net, (side or 96, side or 128))
    axes = {name: {0: "n"} if side else {0: "n", 2: "h" + name, 3: "w" + name} for name in ["L", *outputs]}
    axes |= dict.fromkeys(list(inputs)[1:], axes["L"])
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of traced sizes and folded constants: the comparison is the judge
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
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < SMALLEST:
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
    return max(_share(a, b.numpy()) for a, b in zip(predictions, truth, strict=True))


def _inputs(net: nn.Module, size: tuple[int, int]) -> dict[str, Tensor]:
    """What the network is called with, by name: L, and where it takes hints a few of these."""
    gray = _probe(size)
    if not isinstance(net, ColorNet):
        return {"L": gray}
    known = torch.zeros(1, 1, *size)
    known[..., 8:24, 8:40] = 1
    return {"L": gray, "hints": torch.cat([0.3 * known, -0.2 * known, known], dim=1)}


def _probe(size: tuple[int, int]) -> Tensor:
    """Noise of four scales, the coarser the stronger as in photographs, (1, 1, h, w) in -1..1."""
    chance = torch.Generator().manual_seed(1)
    x = torch.zeros(1, 1, *size)
    for scale in (1, 4, 16, 64):
        noise = torch.rand(1, 1, *(max(2, side // scale) for side in size), generator=chance) * 2 - 1
        x += scale * F.interpolate(noise, size=size, mode="bilinear")
    return x / x.abs().max()


def _share(predictions: Array, truth: Array) -> float:
    return float(np.abs(predictions - truth).max() / np.abs(truth).max())
