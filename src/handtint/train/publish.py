"""A finished run as weights for tinting: an ONNX file and its record, in the package or in another folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from handtint.checkpoints.export import export
from handtint.errors import InputError, OptionError
from handtint.train import checkpoint
from handtint.train import recipe as recipes
from handtint.train.networks import generator
from handtint.train.recipe import Recipe
from handtint.train.tasks import find
from handtint.train.weight_averaging import CHECKPOINT, exported_network
from handtint.weights import ASSETS, Weights, manifest, store
from handtint.zoo import CATALOGUE

RunFiles = tuple[Path, Path]  # a recipe's file, and the folder of a run that followed it


def publish(
    name: str,
    run: Path,
    recipe_path: Path,
    *,
    others: Sequence[RunFiles] = (),
    data: str = "",
    folder: Path | None = None,
) -> str:
    """Export the averaged network of the last checkpoint in `run` as the weights of the model `name`.

    others: runs whose weights are averaged with it. The weights are written into the package, or into `folder`; the
    model with them is then called FOLDER/NAME. Returns a sentence about what was written. Raises OptionError,
    InputError, WeightsError.
    """
    if name not in CATALOGUE:
        raise OptionError(f"{name!r} is not a model of the catalogue; see `handtint models`")
    run_files = [(recipe_path, run), *others]
    runs = [(recipes.load(path), run_folder) for path, run_folder in run_files]
    recipe, file = runs[0][0], f"{name}.onnx"
    with TemporaryDirectory() as temporary:
        path = Path(temporary) / file
        side = generator(recipe.task, recipe.network).side
        difference = export(exported_network(*runs[0], runs[1:]), path, list(find(recipe.task).outputs), side=side)
        onnx = path.read_bytes()
    weights = Weights(
        file=file,
        sha256=hashlib.sha256(onnx).hexdigest(),
        size=len(onnx),
        licence="MIT",
        source="file" if folder else "package",
        start="; averaged with ".join(_start(loaded) for loaded, _ in runs),
        data=data,
        recipe=" + ".join(file.name for file, _ in run_files),
        steps=sum(_steps(run_folder) for _, run_folder in run_files),
        side=recipe.phases[-1].size if recipe.augment == "squash" else 0,
    )
    store(name, weights, onnx, folder or ASSETS)
    size = f"{(folder or ASSETS) / file}: {len(onnx) / 1e6:.1f} MB"
    return f"{size}, largest difference from the trained network {difference:.4f}"


def _start(recipe: Recipe) -> str:
    """The weights that the training started from, in words."""
    kind = generator(recipe.task, recipe.network)
    encoder = f"encoder: {kind.published}" if recipe.pretrained and kind.published else "random"
    if recipe.start:
        kept_share = f", {1 - recipe.interpolation:.0%} of whose weights are kept" if recipe.interpolation < 1 else ""
        encoder = f"{_origin(recipe.start)}{kept_share}; that one with {encoder}"
    if not recipe.foreground_run:
        return encoder
    companion = generator("mask", kind.companion).published or "random"
    return f"{encoder}; and {_origin(recipe.foreground_run)}, that one with encoder: {companion}"


def _origin(start: str) -> str:
    """The weights that a recipe's `start` or `foreground_run` names, in words."""
    return f"the {start} of the package before" if start in manifest() else f"a run of handtint, {Path(start).stem}"


def _steps(run: Path) -> int:
    state = checkpoint.load(run / CHECKPOINT)
    if state is None:
        raise InputError(f"{run}: no checkpoint")
    return int(state["step"])
