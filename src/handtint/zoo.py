"""The catalogue: an explicit table, name -> what it is, how it wants its input, and its weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from handtint.errors import OptionError
from handtint.types import Engine
from handtint.weights import Weights, manifest

Task = Literal["color", "mask"]


@dataclass(frozen=True, slots=True)
class Model:
    """One entry. side: the network sees a photo at about side * side pixels, aspect kept."""

    name: str
    task: Task
    network: str
    side: int

    @property
    def weights(self) -> Weights:
        """Its weights' record. Raises WeightsError where the manifest has none."""
        return manifest()[self.name]

    def engine(self, *, threads: int = 0) -> Engine:
        """The network, loaded and ready. Raises WeightsError."""
        from handtint.engines.onnx import OnnxEngine

        return OnnxEngine(self.weights.verified(), threads=threads)


CATALOGUE = {
    model.name: model
    for model in (
        Model("handtint", "color", "hybrid ViT on EfficientNet-Lite0", side=256),
        Model("handtint-mask", "mask", "hybrid ViT on EfficientNet-Lite0, atrous pyramid", side=288),
    )
}


def find(name: str, task: Task) -> Model:
    """The catalogue's entry of that name and task. Raises OptionError, naming those there are."""
    names = [model.name for model in CATALOGUE.values() if model.task == task]
    if name not in names:
        raise OptionError(f"model: unknown {task} model {name!r}; there are: {', '.join(names)}")
    return CATALOGUE[name]
