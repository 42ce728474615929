"""The training tasks: for each, its examples, pairs, steps and sample grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from lightning_fabric import Fabric
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset

from handtint.data import balance
from handtint.data.cached_features import CachedPairs
from handtint.data.face_pairs import FacePairs, with_faces
from handtint.data.faces import read_faces
from handtint.data.labels import mask_pairs, photographs
from handtint.data.pairs import COLOR_MIN_SCALE, Batch, ColorAugmentation, ColorPairs, MaskPairs, SquashedPairs
from handtint.data.part_pairs import PartPairs
from handtint.data.sources import Item, held_out
from handtint.errors import OptionError
from handtint.train import samples
from handtint.train.face_steps import face_rows, face_steps
from handtint.train.feature_cache import Pair, cache_features, crops
from handtint.train.losses import color_regression
from handtint.train.part_steps import part_rows, part_steps
from handtint.train.recipe import Phase, Recipe
from handtint.train.steps import (
    OptimizerSteps,
    Regression,
    adversarial_steps,
    class_steps,
    color_steps,
    maps,
    mask_steps,
)

PART_MIN_SCALE = 0.1  # the smallest share of a photograph that a crop has, for parts of people
NARROWEST_FACE = 10.0  # pixels across; a narrower face has no colours to learn from


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of training.

    gather: items -> everything to learn from among them. examples: the same, validation left out by `held_out`.
    pairs: (examples, phase, epoch, recipe) -> batches' parts. steps: what a step of a phase does. outputs: what the
    network's outputs are called when exported. rows: (outputs, batch) -> a sample grid's rows. prepared: (recipe,
    examples, the run's folder, Fabric, what to tell) -> the examples as `repeated` and `pairs` want them. repeated: the
    examples as often as a pass shows each. inputs: (batch, recipe) -> what the generator is called with.
    """

    gather: Callable[[Sequence[Item]], list[Any]]
    photo: Callable[[Any], Item]
    pairs: Callable[[list[Any], Phase, int, Recipe], Dataset[Batch]]
    shown: Callable[[list[Any], int], Dataset[Batch]]
    steps: Callable[[Recipe, Phase], OptimizerSteps]
    outputs: tuple[str, ...]
    rows: Callable[[Any, Mapping[str, Tensor]], samples.Rows]
    repeated: Callable[[list[Any], Recipe], list[Any]]
    prepared: Callable[[Recipe, list[Any], Path, Fabric, Callable[[str], None]], list[Any]]
    inputs: Callable[[Batch, Recipe], tuple[Any, ...]]

    def examples(self, items: Sequence[Item], sources: Sequence[str] = ()) -> list[Any]:
        """What to train on among the items; nothing of these sources."""
        return [e for e in self.gather(items) if not held_out(self.photo(e), sources)]

    def validation(self, items: Sequence[Item], sources: Sequence[str] = ()) -> list[Any]:
        """What to leave for validation among the items: one in twelve, and all of these sources."""
        return [e for e in self.gather(items) if held_out(self.photo(e), sources)]


def _color_pairs(examples: list[Any], phase: Phase, epoch: int, recipe: Recipe) -> Dataset[Batch]:
    if recipe.augment == "squash":
        return SquashedPairs(examples, phase.size, seed=recipe.seed, epoch=epoch)
    view = ColorAugmentation(
        min_scale=recipe.min_crop_scale or COLOR_MIN_SCALE,
        degradation_prob=recipe.degradation_prob,
        damage_prob=recipe.damage_prob,
        old_camera_prob=recipe.old_camera_prob,
        with_hints=recipe.with_hints,
        face_crop_prob=recipe.face_crop_prob,
        faces=read_faces(Path(recipe.faces), NARROWEST_FACE) if recipe.faces else {},
    )
    return ColorPairs(examples, phase.size, seed=recipe.seed, epoch=epoch, augmentation=view)


def _balanced(examples: list[Any], recipe: Recipe, *, pair: Callable[[Any], Pair] = lambda pair: pair) -> list[Any]:
    if not recipe.balance:
        return examples
    shown = balance.class_presence([pair(example) for example in examples])
    return balance.repeat(examples, balance.repeat_factors(shown, recipe.balance), recipe.seed)


def _mask_pairs(examples: list[Any], phase: Phase, epoch: int, recipe: Recipe) -> Dataset[Batch]:
    return crops(recipe, examples, phase.size, epoch)


def _class_pairs(examples: list[Any], phase: Phase, epoch: int, recipe: Recipe) -> Dataset[Batch]:  # noqa: ARG001
    return CachedPairs(examples, views=recipe.cached_views, seed=recipe.seed, epoch=epoch)


def _as_they_are(_recipe: Recipe, examples: list[Any], _out: Path, _fabric: Fabric, _say: object) -> list[Any]:
    return examples


def _with_faces(recipe: Recipe, examples: list[Any], _out: Path, _fabric: Fabric, _say: object) -> list[Any]:
    """The examples whose faces are known from the recipe's file, with these."""
    return with_faces(examples, read_faces(Path(recipe.faces)))


def _lightness(batch: Batch, _recipe: Recipe) -> tuple[Tensor]:
    return (batch["L"],)


def _color_steps(recipe: Recipe, phase: Phase) -> OptimizerSteps:
    regression: Regression = F.l1_loss
    if recipe.regression == "weighted":
        regression = partial(color_regression, beta=recipe.beta, chroma_weight=recipe.chroma_weight)
    if phase.adversarial:
        return partial(
            adversarial_steps,
            gan=recipe.gan,
            l1_weight=recipe.l1_weight,
            perceptual_weight=recipe.perceptual_weight,
            regression=regression,
        )
    return partial(color_steps, regression=regression)


MASK = Task(
    gather=mask_pairs,
    photo=lambda pair: pair[0],
    pairs=_mask_pairs,
    shown=lambda examples, size: MaskPairs(examples, size, seed=0, epoch=0, min_crop_scale=1.0, copy_paste_prob=0.0),
    steps=lambda _recipe, _phase: mask_steps,
    outputs=("classes", "foreground", "features"),
    rows=samples.mask_rows,
    repeated=_balanced,
    prepared=_as_they_are,
    inputs=_lightness,
)
TASKS = {
    "colour": Task(
        gather=photographs,
        photo=lambda item: item,
        pairs=_color_pairs,
        shown=lambda examples, size: SquashedPairs(examples, size, seed=0, epoch=0, flip=False),
        steps=_color_steps,
        outputs=("ab",),
        rows=samples.color_rows,
        repeated=lambda examples, _recipe: examples,
        prepared=_as_they_are,
        inputs=_lightness,
    ),
    "mask": MASK,
    "faces": Task(
        gather=photographs,
        photo=lambda item: item,
        pairs=lambda examples, phase, epoch, recipe: FacePairs(
            examples, phase.size, seed=recipe.seed, epoch=epoch, degradation_prob=recipe.degradation_prob
        ),
        shown=lambda examples, size: SquashedPairs(examples, size, seed=0, epoch=0, flip=False),
        steps=lambda _recipe, _phase: face_steps,
        outputs=("heat", "size", "offset"),
        rows=face_rows,
        repeated=lambda examples, _recipe: examples,
        prepared=_with_faces,
        inputs=_lightness,
    ),
    "parts": replace(
        MASK,
        pairs=lambda examples, phase, epoch, recipe: PartPairs(
            examples,
            phase.size,
            seed=recipe.seed,
            epoch=epoch,
            min_crop_scale=recipe.min_crop_scale or PART_MIN_SCALE,
            degradation_prob=recipe.degradation_prob,
        ),
        shown=lambda examples, size: PartPairs(
            examples, size, seed=0, epoch=0, min_crop_scale=1.0, degradation_prob=0.0
        ),
        steps=lambda _recipe, _phase: part_steps,
        outputs=("parts",),
        rows=part_rows,
        repeated=lambda examples, _recipe: examples,
    ),
    "classes": replace(
        MASK,
        pairs=_class_pairs,
        steps=lambda recipe, _phase: partial(class_steps, stages=recipe.frozen),
        rows=samples.class_rows,
        repeated=partial(_balanced, pair=lambda kept: kept.pair),
        prepared=cache_features,
        inputs=lambda batch, recipe: (maps(batch), recipe.frozen),
    ),
}


def find(name: str) -> Task:
    """The task of that name. Raises OptionError."""
    if name not in TASKS:
        raise OptionError(f"task: unknown task {name!r}; there are {', '.join(TASKS)}")
    return TASKS[name]
