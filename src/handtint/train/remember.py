"""What the frozen stages make of the training photographs: worked out once, kept in files, read in every pass."""

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

from handtint.data.pairs import LABELS, MASK_LEAST, Batch, MaskPairs, WholeMaskPairs
from handtint.data.remembered import BEGUN, Remembered
from handtint.data.sources import Item, digest
from handtint.nets.streams import ClassNet
from handtint.train.networks import generator
from handtint.train.recipe import Recipe
from handtint.train.weight_averaging import fill
from handtint.types import Array

Pair = tuple[Item, Item]
FOLDER = "remembered"
AT_ONCE = 16
COARSER = 4  # labels are kept at this part of the photographs' size: as fine as the network answers


def remember(
    recipe: Recipe, pairs: Sequence[Pair], out: Path, fabric: Fabric, say: Callable[[str], None]
) -> list[Remembered]:
    """The pairs, with what the first `recipe.frozen` stages make of `recipe.views` looks at each of them in files.

    The first look is at the whole photograph squashed to a square, the others are at crops, aged. Files of the same
    recipe, stages, photographs and masks, by their content, are used again. Raises InputError, WeightsError for what
    the recipe starts from.
    """
    folder, mark = out / FOLDER, out / FOLDER / "key"
    net = _frozen(recipe)
    key = _key(recipe, pairs, net)
    if not mark.is_file() or mark.read_text() != key:
        shutil.rmtree(folder, ignore_errors=True)
        for view in range(recipe.views):
            say(f"look {view + 1} of {recipe.views} at {len(pairs)} photographs")
            _write(net, _looks(recipe, pairs, view), recipe, folder / str(view), fabric)
        mark.write_text(key)
    return [Remembered(pair, folder, row) for row, pair in enumerate(pairs)]


def _key(recipe: Recipe, pairs: Sequence[Pair], net: ClassNet) -> str:
    cut = (recipe.frozen, recipe.phases[0].size, recipe.views, recipe.seed, recipe.paste, recipe.aged, recipe.least)
    key = hashlib.sha256(repr((recipe.network, cut, digest(chain(*pairs)))).encode())
    for tensor in net.pyramid.state_dict().values():
        key.update(tensor.numpy().tobytes())
    return key.hexdigest()


def _frozen(recipe: Recipe) -> ClassNet:
    """The network as a run begins with it, whose first stages no run changes."""
    torch.manual_seed(recipe.seed)
    net = generator(recipe.task, recipe.network).build(recipe.pretrained, recipe.published)
    if recipe.start:
        fill(net, recipe.start)
    return net.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def crops(recipe: Recipe, pairs: Sequence[Pair], size: int, turn: int) -> MaskPairs:
    """Random crops of labelled photographs, cut, aged and pasted onto as the recipe says."""
    least = recipe.least or MASK_LEAST
    return MaskPairs(pairs, size, seed=recipe.seed, turn=turn, least=least, aged=recipe.aged, paste=recipe.paste)


def _looks(recipe: Recipe, pairs: Sequence[Pair], view: int) -> Dataset[Batch]:
    size = recipe.phases[0].size
    if view == 0:
        return WholeMaskPairs(pairs, size)
    return crops(recipe, pairs, size, view)


def _write(net: ClassNet, looks: Dataset[Batch], recipe: Recipe, folder: Path, fabric: Fabric) -> None:
    folder.mkdir(parents=True)
    files: dict[str, Array] = {}
    count, done = len(looks), 0  # type: ignore[arg-type]
    for batch in DataLoader(looks, AT_ONCE, num_workers=recipe.workers, multiprocessing_context=_context(recipe)):
        with torch.inference_mode(), fabric.autocast():
            begun = net.begin(batch["L"].contiguous(memory_format=torch.channels_last), recipe.frozen)
        parts = {f"{BEGUN}{i}": part.half().numpy() for i, part in enumerate(begun)}
        parts |= {name: batch[name][:, COARSER // 2 :: COARSER, COARSER // 2 :: COARSER].numpy() for name in LABELS}
        for name, part in parts.items():
            if name not in files:
                shape = (count, *part.shape[1:])
                files[name] = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", part.dtype, shape)
            files[name][done : done + len(part)] = part
        done += len(begun[0])


def _context(recipe: Recipe) -> str | None:
    return "spawn" if recipe.workers else None
