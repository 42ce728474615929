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
from handtint.train.weight_averaging import fill
from handtint.types import Array

Pair = tuple[Item, Item]
FOLDER = "cached_features"
AT_ONCE = 16
COARSER = 4  # labels are kept at this part of the photographs' size: as fine as the network answers


def cache_features(
    recipe: Recipe, pairs: Sequence[Pair], out: Path, fabric: Fabric, say: Callable[[str], None]
) -> list[CachedExample]:
    """Compute what the first `recipe.frozen` stages make of each photograph and write it to files; where each lies.

    Of every photograph there are `recipe.cached_views`: the whole squashed to a square, then random crops, degraded.
    Files are used again for the same settings, weights of those stages, and content of photographs and masks. say: is
    told of each view. Raises InputError, WeightsError for what the recipe starts from.
    """
    folder, mark = out / FOLDER, out / FOLDER / "key"
    net = _frozen(recipe)
    key = _key(recipe, pairs, net)
    if not mark.is_file() or mark.read_text() != key:
        shutil.rmtree(folder, ignore_errors=True)
        for view in range(recipe.cached_views):
            say(f"view {view + 1} of {recipe.cached_views} of {len(pairs)} photographs")
            _write(net, _views(recipe, pairs, view), recipe, folder / str(view), fabric)
        mark.write_text(key)
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


def _frozen(recipe: Recipe) -> ClassNet:
    """The network that the run starts from; its first stages stay as they are."""
    torch.manual_seed(recipe.seed)
    net = generator(recipe.task, recipe.network).build(recipe.pretrained, recipe.published)
    if recipe.start:
        fill(net, recipe.start)
    return net.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def crops(recipe: Recipe, pairs: Sequence[Pair], size: int, epoch: int) -> MaskPairs:
    """Random crops of labelled photographs, degraded and pasted onto as the recipe says."""
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
    files: dict[str, Array] = {}
    count, done = len(dataset), 0  # type: ignore[arg-type]
    for batch in DataLoader(dataset, AT_ONCE, num_workers=recipe.workers, multiprocessing_context=_context(recipe)):
        with torch.inference_mode(), fabric.autocast():
            stem = net.forward_stem(batch["L"].contiguous(memory_format=torch.channels_last), recipe.frozen)
        parts = {f"{STEM}{i}": part.half().numpy() for i, part in enumerate(stem)}
        parts |= {name: batch[name][:, COARSER // 2 :: COARSER, COARSER // 2 :: COARSER].numpy() for name in LABELS}
        for name, part in parts.items():
            if name not in files:
                shape = (count, *part.shape[1:])
                files[name] = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", part.dtype, shape)
            files[name][done : done + len(part)] = part
        done += len(stem[0])


def _context(recipe: Recipe) -> str | None:
    return "spawn" if recipe.workers else None
