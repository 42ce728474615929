"""A network in the catalogue: its architecture, its input, its weights, and the engine that runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from handtint.errors import WeightsError
from handtint.interfaces import INTERFACES
from handtint.types import Engine
from handtint.weights import Weights, manifest

Task = Literal["color", "mask", "faces", "parts"]
NO_WEIGHTS: Mapping[str, Any] = {"licence": "", "size": 0, "source": "", "scores": {}}  # of networks without weights
Kind = Literal["full", "color", "alpha", "isnet", "plain"]  # of a mask network: see segmenter.segment

# The networks that come with weights, by task.
SHIPPED: Mapping[Task, str] = {
    "color": "handtint",
    "mask": "handtint-mask",
    "faces": "handtint-faces",
    "parts": "handtint-parts",
}
REMBG = "rembg:"


@dataclass(frozen=True, slots=True)
class Model:
    """An entry of the catalogue.

    side: inputs have about side * side pixels with the photo's aspect, or exactly these if `square`. kind: the inputs
    and outputs of a mask network. interface: those of a third-party colour network. runner: the engine. record: of its
    weights, if the package's manifest has none. recipe: of a network without weights. use: when to choose it.
    """

    name: str
    task: Task
    network: str
    side: int
    kind: Kind = "full"
    runner: Literal["onnx", "safetensors", "deeplab", "rembg"] = "onnx"
    record: Weights | None = None
    square: bool = False
    recipe: str = ""
    use: str = ""
    interface: str = ""

    @property
    def weights(self) -> Weights:
        """The record of its weights. Raises WeightsError if there are none, with the recipe to train them."""
        record = self.record or manifest().get(self.name)
        if record is None:
            recipe = self.recipe.removesuffix(".toml")
            advice = f"; train it with `handtint train {recipe}`, see docs/training.md" if recipe else ""
            raise WeightsError(f"{self.name}: the package has no weights of it{advice}")
        return record

    @property
    def classes(self) -> bool:
        """Whether it predicts VOC classes."""
        return self.task == "mask" and self.kind in ("full", "color")

    def summary(self) -> dict[str, Any]:
        """Its description for JSON: its own fields, and those of its weights' record."""
        facts: dict[str, Any] = {"name": self.name, "task": self.task, "network": self.network, "side": self.side}
        facts["use"] = self.use
        try:
            weights = self.weights
        except WeightsError:
            return {**facts, "present": False, **NO_WEIGHTS, "recipe": self.recipe}
        return {**asdict(weights), **facts, "present": weights.present, "scores": dict(weights.scores)}

    def engine(self, *, threads: int = 0) -> Engine:
        """The network, loaded and ready. Raises WeightsError."""
        return _RUNNERS[self.runner](self, threads)


def _onnx(model: Model, threads: int) -> Engine:
    from handtint.engines.onnx import OnnxEngine

    engine = OnnxEngine(model.weights.verified(), threads=threads)
    if model.kind in ("alpha", "isnet") and engine.channels != 3:
        raise WeightsError(f"{model.name}: not a foreground network: expected one input of shape (1, 3, h, w)")
    if model.interface:
        channels = INTERFACES[model.interface].channels
        if engine.channels not in (channels, None) or not engine.single_input:
            raise WeightsError(f"{model.name}: not {model.network}: expected one input of shape (1, {channels}, h, w)")
    return engine


def _deeplab(model: Model, threads: int) -> Engine:
    if model.weights.present:  # torchvision verifies downloads, but not existing files
        model.weights.verified()
    from handtint.engines.torch import deeplab_engine

    return deeplab_engine(threads=threads)


def _safetensors(model: Model, threads: int) -> Engine:
    from handtint.engines.safetensors import safetensors_engine

    graph = manifest()[SHIPPED[model.task]].verified()
    return safetensors_engine(graph, model.weights.verified(), threads=threads)


def _rembg(model: Model, threads: int) -> Engine:  # noqa: ARG001
    from handtint.engines.rembg import RembgEngine

    return RembgEngine(model.name.removeprefix(REMBG))


_RUNNERS: Mapping[str, Callable[[Model, int], Engine]] = {
    "onnx": _onnx,
    "safetensors": _safetensors,
    "deeplab": _deeplab,
    "rembg": _rembg,
}
