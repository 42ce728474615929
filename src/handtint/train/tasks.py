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
from handtint.train.losses import color_regression_loss
from handtint.train.part_steps import part_rows, part_steps
from handtint.train.recipe import Phase, Recipe
from handtint.train.steps import (
    GeneratorLoss,
    OptimizerSteps,
    Regression,
    adversarial_steps,
    class_steps,
    color_steps,
    mask_steps,
    stem_inputs,
)

PART_MIN_SCALE = 0.1  # the smallest share of a photograph in a crop, for parts of people
MIN_FACE_WIDTH = 10.0  # pixels; narrower faces have no colours to learn from


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of training.

    gather: items -> all examples among them, those for validation included. photo: example -> its photograph. pairs:
    (examples, phase, epoch, recipe) -> the training pairs of an epoch. sample_pairs: (examples, size) -> the pairs of a
    sample grid. steps: (recipe, phase) -> the optimiser steps of a training step. outputs: names of the network's
    outputs in exported files. sample_rows: (outputs, batch) -> the rows of a sample grid. prepare: (recipe, examples,
    the run's folder, Fabric, function for messages) -> the examples for `resample` and `pairs`. resample: (examples,
    recipe) -> the examples, each as often as an epoch shows it. inputs: (batch, recipe) -> the generator's arguments.
    """

    gather: Callable[[Sequence[Item]], list[Any]]
    photo: Callable[[Any], Item]
    pairs: Callable[[list[Any], Phase, int, Recipe], Dataset[Batch]]
    sample_pairs: Callable[[list[Any], int], Dataset[Batch]]
    steps: Callable[[Recipe, Phase], OptimizerSteps]
    outputs: tuple[str, ...]
    sample_rows: Callable[[Any, Mapping[str, Tensor]], samples.Rows]
    resample: Callable[[list[Any], Recipe], list[Any]]
    prepare: Callable[[Recipe, list[Any], Path, Fabric, Callable[[str], None]], list[Any]]
    inputs: Callable[[Batch, Recipe], tuple[Any, ...]]

    def examples(self, items: Sequence[Item], sources: Sequence[str] = ()) -> list[Any]:
        """The examples among the items for training: without those for validation, which include these sources."""
        return [e for e in self.gather(items) if not held_out(self.photo(e), sources)]

    def validation(self, items: Sequence[Item], sources: Sequence[str] = ()) -> list[Any]:
        """The examples among the items for validation: one in twelve, and all of these sources."""
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
        faces=read_faces(Path(recipe.faces), MIN_FACE_WIDTH) if recipe.faces else {},
    )
    return ColorPairs(examples, phase.size, seed=recipe.seed, epoch=epoch, augmentation=view)


def _balanced(examples: list[Any], recipe: Recipe, *, pair: Callable[[Any], Pair] = lambda pair: pair) -> list[Any]:
    if not recipe.balance:
        return examples
    present = balance.class_presence([pair(example) for example in examples])
    return balance.repeat(examples, balance.repeat_factors(present, recipe.balance), recipe.seed)


def _mask_pairs(examples: list[Any], phase: Phase, epoch: int, recipe: Recipe) -> Dataset[Batch]:
    return crops(recipe, examples, phase.size, epoch)


def _class_pairs(examples: list[Any], phase: Phase, epoch: int, recipe: Recipe) -> Dataset[Batch]:  # noqa: ARG001
    return CachedPairs(examples, views=recipe.cached_views, seed=recipe.seed, epoch=epoch)


def _unchanged(_recipe: Recipe, examples: list[Any], _out: Path, _fabric: Fabric, _say: object) -> list[Any]:
    return examples


def _with_faces(recipe: Recipe, examples: list[Any], _out: Path, _fabric: Fabric, _say: object) -> list[Any]:
    """(photograph, its faces) for the examples that the recipe's file of faces lists."""
    return with_faces(examples, read_faces(Path(recipe.faces)))


def _lightness(batch: Batch, _recipe: Recipe) -> tuple[Tensor]:
    return (batch["L"],)


def _color_steps(recipe: Recipe, phase: Phase) -> OptimizerSteps:
    regression: Regression = F.l1_loss
    if recipe.regression == "weighted":
        regression = partial(color_regression_loss, beta=recipe.beta, chroma_weight=recipe.chroma_weight)
    if phase.adversarial:
        loss = GeneratorLoss(
            gan=recipe.gan,
            regression=regression,
            l1_weight=recipe.l1_weight,
            perceptual_weight=recipe.perceptual_weight,
            colorfulness_weight=recipe.colorfulness_weight,
            colorfulness=recipe.colorfulness,
        )
        return partial(adversarial_steps, loss=loss)
    return partial(color_steps, regression=regression)


MASK = Task(
    gather=mask_pairs,
    photo=lambda pair: pair[0],
    pairs=_mask_pairs,
    sample_pairs=lambda examples, size: MaskPairs(
        examples, size, seed=0, epoch=0, min_crop_scale=1.0, copy_paste_prob=0.0
    ),
    steps=lambda _recipe, _phase: mask_steps,
    outputs=("classes", "foreground", "features"),
    sample_rows=samples.mask_rows,
    resample=_balanced,
    prepare=_unchanged,
    inputs=_lightness,
)
TASKS = {
    "colour": Task(
        gather=photographs,
        photo=lambda item: item,
        pairs=_color_pairs,
        sample_pairs=lambda examples, size: SquashedPairs(examples, size, seed=0, epoch=0, flip=False),
        steps=_color_steps,
        outputs=("ab",),
        sample_rows=samples.color_rows,
        resample=lambda examples, _recipe: examples,
        prepare=_unchanged,
        inputs=_lightness,
    ),
    "mask": MASK,
    "faces": Task(
        gather=photographs,
        photo=lambda item: item,
        pairs=lambda examples, phase, epoch, recipe: FacePairs(
            examples, phase.size, seed=recipe.seed, epoch=epoch, degradation_prob=recipe.degradation_prob
        ),
        sample_pairs=lambda examples, size: SquashedPairs(examples, size, seed=0, epoch=0, flip=False),
        steps=lambda _recipe, _phase: face_steps,
        outputs=("heat", "size", "offset"),
        sample_rows=face_rows,
        resample=lambda examples, _recipe: examples,
        prepare=_with_faces,
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
        sample_pairs=lambda examples, size: PartPairs(
            examples, size, seed=0, epoch=0, min_crop_scale=1.0, degradation_prob=0.0
        ),
        steps=lambda _recipe, _phase: part_steps,
        outputs=("parts",),
        sample_rows=part_rows,
        resample=lambda examples, _recipe: examples,
    ),
    "classes": replace(
        MASK,
        pairs=_class_pairs,
        steps=lambda recipe, _phase: partial(class_steps, stages=recipe.frozen),
        sample_rows=samples.class_rows,
        resample=partial(_balanced, pair=lambda example: example.pair),
        prepare=cache_features,
        inputs=lambda batch, recipe: (stem_inputs(batch), recipe.frozen),
    ),
}


def find(name: str) -> Task:
    """The task of that name. Raises OptionError."""
    if name not in TASKS:
        raise OptionError(f"task: unknown task {name!r}; there are {', '.join(TASKS)}")
    return TASKS[name]
