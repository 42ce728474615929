"""The output of a network's frozen stages for each training photograph: computed once, read in every epoch."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from torch.utils.data import DataLoader, Dataset

from handtint.data.cached_features import STEM, CachedExample
from handtint.data.pairs import LABELS, MASK_MIN_SCALE, Batch, MaskPairs, WholeMaskPairs
from handtint.data.sources import Item, digest
from handtint.nets.streams import ClassNet
from handtint.train.networks import generator
from handtint.train.recipe import Recipe
from handtint.train.weight_averaging import load_weights
from handtint.types import Array

Pair = tuple[Item, Item]
FOLDER = "cached_features"
BATCH_SIZE = 16
LABEL_STRIDE = 4  # labels are cached at a quarter of the photographs' size, that of the network's outputs


def cache_features(
    recipe: Recipe, pairs: Sequence[Pair], out: Path, fabric: Fabric, say: Callable[[str], None]
) -> list[CachedExample]:
    """Cache the outputs of the network's first `recipe.frozen` stages for all photographs; returns where they are.

    There are `recipe.cached_views` views of each photograph: first the whole one resized to a square, then degraded
    random crops. Existing files are used again if settings, weights of those stages, photographs and masks are the
    same. say: called with a message for each view. Raises InputError, WeightsError for the recipe's `start`.
    """
    folder, key_file = out / FOLDER, out / FOLDER / "key"
    net = _initial_network(recipe)
    key = _key(recipe, pairs, net)
    if not key_file.is_file() or key_file.read_text() != key:
        shutil.rmtree(folder, ignore_errors=True)
        for view in range(recipe.cached_views):
            say(f"computing features of {len(pairs)} photographs, view {view + 1} of {recipe.cached_views}")
            _write(net, _views(recipe, pairs, view), recipe, folder / str(view), fabric)
        key_file.write_text(key)
    return [CachedExample(pair, folder, row) for row, pair in enumerate(pairs)]


def _key(recipe: Recipe, pairs: Sequence[Pair], net: ClassNet) -> str:
    view_settings = (
        recipe.frozen,
        recipe.phases[0].size,
        recipe.cached_views,
        recipe.seed,
        recipe.copy_paste_prob,
        recipe.degradation_prob,
        recipe.min_crop_scale,
    )
    key = hashlib.sha256(repr((recipe.network, view_settings, digest(chain(*pairs)))).encode())
    for tensor in net.pyramid.state_dict().values():
        key.update(tensor.numpy().tobytes())
    return key.hexdigest()


def _initial_network(recipe: Recipe) -> ClassNet:
    """The network that the run starts from; training does not change its first stages."""
    torch.manual_seed(recipe.seed)
    net = generator(recipe.task, recipe.network).build(recipe.pretrained, recipe.published)
    if recipe.start:
        load_weights(net, recipe.start)
    return net.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def crops(recipe: Recipe, pairs: Sequence[Pair], size: int, epoch: int) -> MaskPairs:
    """Random crops of labelled photographs, with the recipe's degradation and copy-paste."""
    scale = recipe.min_crop_scale or MASK_MIN_SCALE
    return MaskPairs(
        pairs,
        size,
        seed=recipe.seed,
        epoch=epoch,
        min_crop_scale=scale,
        degradation_prob=recipe.degradation_prob,
        copy_paste_prob=recipe.copy_paste_prob,
    )


def _views(recipe: Recipe, pairs: Sequence[Pair], view: int) -> Dataset[Batch]:
    size = recipe.phases[0].size
    if view == 0:
        return WholeMaskPairs(pairs, size)
    return crops(recipe, pairs, size, view)


def _write(net: ClassNet, dataset: Dataset[Batch], recipe: Recipe, folder: Path, fabric: Fabric) -> None:
    folder.mkdir(parents=True)
    arrays: dict[str, Array] = {}
    count, row = len(dataset), 0  # type: ignore[arg-type]
    for batch in DataLoader(dataset, BATCH_SIZE, num_workers=recipe.workers, multiprocessing_context=_context(recipe)):
        with torch.inference_mode(), fabric.autocast():
            stem = net.forward_stem(batch["L"].contiguous(memory_format=torch.channels_last), recipe.frozen)
        tensors = {f"{STEM}{i}": tensor.half().numpy() for i, tensor in enumerate(stem)}
        subsampled = slice(LABEL_STRIDE // 2, None, LABEL_STRIDE)
        tensors |= {name: batch[name][:, subsampled, subsampled].numpy() for name in LABELS}
        for name, tensor in tensors.items():
            if name not in arrays:
                shape = (count, *tensor.shape[1:])
                arrays[name] = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", tensor.dtype, shape)
            arrays[name][row : row + len(tensor)] = tensor
        row += len(stem[0])


def _context(recipe: Recipe) -> str | None:
    return "spawn" if recipe.workers else None
