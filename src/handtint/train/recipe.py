"""A training recipe: one TOML file, every value typed, any of them set from the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from handtint.errors import InputError, OptionError
from handtint.settings import Range, check_names, convert, describe, setting

STRIDE = 32
_T = TypeVar("_T")
# Former names of keys in recipe files and of --set, which are still accepted there.
ALIASES = {
    "passes": "epochs",
    "rate": "lr",
    "aged": "degradation_prob",
    "least": "min_crop_scale",
    "vivid": "chroma_gain",
    "mix": "interpolation",
    "front": "foreground_run",
    "views": "cached_views",
    "paste": "copy_paste_prob",
    "backbone_rate": "backbone_lr",
    "discriminator_rate": "discriminator_lr",
}
_PRECISIONS = ("32-true", "bf16-mixed", "16-mixed", "bf16-true", "16-true", "64-true")


@dataclass(frozen=True, slots=True)
class Phase:
    """Some epochs of a run, all at one size of pictures."""

    size: int = setting(MISSING, "Side of the square pictures, a multiple of 32.", low=STRIDE)
    epochs: int = setting(MISSING, "How often each photograph is shown.", low=1)
    batch: int = setting(MISSING, "Photographs a step, those of all processes together.", low=1)
    adversarial: bool = setting(False, "Train against the discriminator; if not, the generator learns alone.")
    lr: float = setting(0.0, "Peak learning rate of new layers; 0: the recipe's.", low=0)


@dataclass(frozen=True, slots=True)
class Recipe:
    """All settings of a training run, except for its data."""

    task: str = setting(MISSING, '"colour", "mask", "classes", "faces" or "parts".')
    network: str = setting("lite0", "Its name in train/networks.py.")
    pretrained: bool = setting(True, "Start from published weights, where this network has some.")
    published: str = setting(
        "", 'The file or folder of those weights, or their name on the Hugging Face Hub; "": the usual source.'
    )
    start: str = setting(
        "", "Weights to start from: the folder of a finished run, an exported .onnx, or a model of the package."
    )
    interpolation: float = setting(
        1.0, "With `start`, the exported weights: 0 those of the start, 1 those of this run.", low=0, high=1
    )
    chroma_gain: float = setting(1.0, "Colour: factor on the a*b* that the exported network predicts.", low=0)
    discriminator: str = setting("", "Its name in train/networks.py.")
    gan: str = setting(
        "lsgan", "Adversarial loss: least squares or binary cross entropy.", choices=("lsgan", "vanilla")
    )
    l1_weight: float = setting(100.0, "Adversarial phases: weight of the regression loss.", low=0)
    perceptual_weight: float = setting(
        0.0,
        "Adversarial phases: weight of the distance between features of predicted and true colours; projected only.",
        low=0,
    )
    colorfulness_weight: float = setting(
        0.0, "Adversarial phases: weight of the lack of colourfulness, below `colorfulness` of the truth's.", low=0
    )
    colorfulness: float = setting(
        1.0, "Adversarial phases: colourfulness to reach, as a share of the truth's; a mean over the batch.", low=0
    )
    regression: str = setting(
        "weighted",
        "Colour: smooth L1 with more weight on coloured pixels, or plain L1.",
        choices=("weighted", "l1"),
    )
    augment: str = setting(
        "crop",
        "Colour: random crops, mirrored and degraded; or the whole photograph squashed and mirrored, as in the report.",
        choices=("crop", "squash"),
    )
    seed: int = setting(1, "Of everything random.", low=0, high=2**31 - 1)
    lr: float = setting(2e-3, "Peak learning rate of new layers.", low=0)
    backbone_lr: float = setting(4e-4, "Peak learning rate of the hybrid's pretrained layers.", low=0)
    frozen: int = setting(
        0, "How many of the hybrid's seven pretrained stages stay fixed, from the first, norms included.", low=0, high=7
    )
    frozen_blocks: int = setting(
        0, "How many blocks of the plain ViT beside it stay fixed, from the first, with all that precedes them.", low=0
    )
    discriminator_lr: float = setting(2e-4, "Learning rate of the discriminator.", low=0)
    betas: tuple[float, float] = setting(
        (0.5, 0.999), "Of Adam, in adversarial phases; (0.9, 0.999) elsewhere.", low=0, below=1
    )
    weight_decay: float = setting(0.01, "Of the generator.", low=0)
    schedule: str = setting("cosine", "Of the learning rates over the whole run.", choices=("cosine", "constant"))
    warmup: float = setting(0.05, "Share of the steps in which the cosine schedule first rises.", low=0, below=1)
    clip: float = setting(1.0, "Largest norm of a network's gradients; 0: no limit.", low=0)
    ema: float = setting(0.998, "Decay of the averaged weights, a step; 0: no averaging.", low=0, below=1)
    beta: float = setting(
        0.1, "Colour, weighted: where smooth L1 changes from square to straight, in the network's a*b*.", low=0
    )
    chroma_weight: float = setting(2.0, "Colour, weighted: extra weight of coloured pixels.", low=0)
    degradation_prob: float = setting(
        0.25, "Crops: probability of each defect of old prints and poor scans.", low=0, high=1
    )
    min_crop_scale: float = setting(
        0.0,
        "Smallest share of a photograph's area in a crop; 0: 0.45 for colour, 0.35 for masks.",
        low=0,
        high=1,
    )
    damage_prob: float = setting(
        0.0,
        "Colour: probability of each kind of damage by storage, printing and scanning: stains, halftone, borders, ...",
        low=0,
        high=1,
    )
    old_camera_prob: float = setting(
        0.0, "Colour: probability of lightness as a plate or film recorded it that was not panchromatic.", low=0, high=1
    )
    with_hints: bool = setting(
        False, "Colour: give some true colours as hints in half of the crops; only the hybrid takes them."
    )
    faces: str = setting(
        "", 'Colour, faces: a file of JSON lines, {"file", "faces": [[x0, y0, x1, y1, score], ...]}, in pixels.'
    )
    face_crop_prob: float = setting(
        0.0, "Colour: probability of a crop around a face, where there are faces.", low=0, high=1
    )
    validation_sources: tuple[str, ...] = setting(
        (), 'Sources kept for validation, by what stands before the first "_" of file names: "bsds" for bsds_12.webp.'
    )
    copy_paste_prob: float = setting(
        0.35, "Mask, classes: probability of an object pasted from another photograph.", low=0, high=1
    )
    foreground_run: str = setting("", "Classes: a mask network, named as `start` is, exported together with this one.")
    cached_views: int = setting(
        1, "Classes: views of each photograph in the feature cache: the whole, then crops.", low=1
    )
    balance: float = setting(
        0.0, "Mask, classes: classes that a smaller share of the pictures shows are shown more often.", low=0
    )
    precision: str = setting("bf16-mixed", "Of the arithmetic, as Lightning Fabric names it.", choices=_PRECISIONS)
    devices: int = setting(1, "Processes, each with a device of its own.", low=1)
    workers: int = setting(1, "Of each process, to read photographs.", low=0)
    save_every: int = setting(100, "Steps between checkpoints.", low=1)
    log_every: int = setting(20, "Steps between entries in the logs.", low=1)
    sample_every: int = setting(500, "Steps between sample grids; 0: none.", low=0)
    phases: tuple[Phase, ...] = ()


def load(path: Path, changes: Mapping[str, str] | None = None) -> Recipe:
    """Read a recipe; `changes` are `--set key=value` pairs, values in TOML.

    Raises InputError if the file is not TOML, OptionError for a key or value that cannot be used.
    """
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {error}") from error
    values = _renamed(values, str(path)) | _renamed(
        {key: _parse_value(text) for key, text in (changes or {}).items()}, "--set"
    )
    tables = convert(values.get("phases", []), list[dict[str, Any]], f"{path}: phases", OptionError)
    locations = [f"{path}: phases[{index}]" for index in range(len(tables))]
    phases = tuple(
        _construct(Phase, _renamed(table, location), location)
        for table, location in zip(tables, locations, strict=True)
    )
    return checked(_construct(Recipe, values | {"phases": phases}, str(path)), str(path))


def checked(recipe: Recipe, location: str = "recipe") -> Recipe:
    """The recipe, if its settings are valid. Raises OptionError, which names the invalid one and what it could be."""
    for index, phase in enumerate(recipe.phases):
        _checked_values(phase, f"{location}: phases[{index}]")
    _checked_values(recipe, location)
    if invalid := [p.size for p in recipe.phases if p.size % STRIDE]:
        raise OptionError(f"{location}: size {invalid[0]} is not a multiple of {STRIDE}")
    if invalid := [p.batch for p in recipe.phases if p.batch % recipe.devices]:
        raise OptionError(f"{location}: a batch of {invalid[0]} cannot be shared among {recipe.devices} devices")
    if recipe.interpolation < 1 and not recipe.start:
        raise OptionError(
            f"{location}: interpolation is {recipe.interpolation}; "
            "it can be below 1 only with a start to interpolate from"
        )
    if not recipe.discriminator and any(p.adversarial for p in recipe.phases):
        raise OptionError(f"{location}: an adversarial phase needs a discriminator")
    if recipe.perceptual_weight and not recipe.discriminator.startswith("projected"):
        raise OptionError(f"{location}: perceptual_weight needs the features of a projected discriminator")
    if recipe.task == "classes":
        _check_classes(recipe, location)
    return recipe


def _renamed(values: Mapping[str, Any], location: str) -> dict[str, Any]:
    """The values with former keys replaced by the present ones. Raises OptionError for a key under both names."""
    if duplicates := [old for old, new in ALIASES.items() if old in values and new in values]:
        raise OptionError(f"{location}: {duplicates[0]} is the old name of {ALIASES[duplicates[0]]}; give one of them")
    return {ALIASES.get(key, key): value for key, value in values.items()}


def _construct(cls: type[_T], values: Mapping[str, Any], location: str) -> _T:
    """A Recipe or a Phase from values, each converted to its field's type. Raises OptionError."""
    types = get_type_hints(cls)
    declared = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
    check_names(values, types, location, OptionError)
    for name, field in declared.items():
        if field.default is MISSING and name not in values:
            raise OptionError(f"{location}: {name} is missing; it has to be {describe(types[name])}")
    return cls(**{name: _typed(declared[name], value, types[name], location) for name, value in values.items()})


def _checked_values(part: Recipe | Phase, location: str) -> None:
    types = get_type_hints(type(part))
    for declared in fields(part):
        _typed(declared, getattr(part, declared.name), types[declared.name], location)
    for declared in fields(part):
        allowed, value = declared.metadata.get("choices"), getattr(part, declared.name)
        if allowed and value not in allowed:
            raise OptionError(f"{location}: {declared.name} is {value!r}; it can be {' or '.join(map(repr, allowed))}")


def _typed(declared: Field[Any], value: Any, kind: Any, location: str) -> Any:
    if declared.name == "phases":
        return value
    return convert(value, kind, f"{location}: {declared.name}", OptionError, Range.of(declared))


def _check_classes(recipe: Recipe, location: str) -> None:
    if not 3 <= recipe.frozen <= 7:
        raise OptionError(f"{location}: frozen is {recipe.frozen}; the task classes needs 3 to 7 frozen stages")
    if len({p.size for p in recipe.phases}) != 1:
        raise OptionError(f"{location}: all phases of the task classes need the same size")


def _parse_value(text: str) -> Any:
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text
