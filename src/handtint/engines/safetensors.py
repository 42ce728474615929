"""Networks of the package with the weights of a safetensors file, put into its ONNX graph and run by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
from onnx import numpy_helper
from safetensors import SafetensorError
from safetensors.numpy import load_file

from handtint.engines.onnx import OnnxEngine
from handtint.errors import WeightsError
from handtint.types import Array


def safetensors_engine(graph: Path, weights: Path, *, threads: int = 0) -> OnnxEngine:
    """The network of an ONNX file with other weights.

    graph: the ONNX file. weights: a file of tensors with the same names and shapes, as `handtint export --to
    safetensors` writes it; they are converted to the graph's precision. Raises WeightsError for a file that is damaged
    or of another network.
    """
    model = onnx.load(str(graph))
    _fill(model, _tensors(weights), weights)
    with TemporaryDirectory() as folder:
        path = Path(folder) / weights.with_suffix(".onnx").name
        onnx.save(model, str(path))
        return OnnxEngine(path, threads=threads)


def _tensors(path: Path) -> Mapping[str, Array]:
    """All tensors of a file, by name. Raises WeightsError."""
    try:
        return load_file(str(path))
    except (OSError, SafetensorError, TypeError, KeyError) as error:
        raise WeightsError(f"{path}: not a safetensors file that NumPy can read: {error}") from error


def _fill(model: onnx.ModelProto, tensors: Mapping[str, Array], path: Path) -> None:
    """Replace the values of all tensors of a graph. Raises WeightsError, which names one that is missing or unlike."""
    for stored in model.graph.initializer:
        name = stored.name.removesuffix(".half")
        if name not in tensors:
            raise WeightsError(f"{path}: weights of another network: it has no tensor {name!r}")
        values = numpy_helper.to_array(stored)
        if tensors[name].shape != values.shape:
            shapes = f"{tensors[name].shape}, expected {values.shape}"
            raise WeightsError(f"{path}: weights of another network: {name!r} has the shape {shapes}")
        stored.CopyFrom(numpy_helper.from_array(tensors[name].astype(values.dtype), stored.name))
