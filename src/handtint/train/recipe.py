"""A training recipe: one TOML file, every value typed, any of them set from the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from handtint.errors import InputError, OptionError
from handtint.settings import Range, check_names, convert, describe

STRIDE = 32
_T = TypeVar("_T")
CHOICES = {
    "gan": ("lsgan", "vanilla"),
    "regression": ("weighted", "l1"),
    "augment": ("crop", "squash"),
    "schedule": ("cosine", "constant"),
    "precision": ("32-true", "bf16-mixed", "16-mixed", "bf16-true", "16-true", "64-true"),
}
# What keys of recipe files, and of --set, were called before; only files may use them.
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
_ANY, _SHARE, _COUNT = Range(0), Range(0, 1), Range(1)
RANGES = {
    "size": Range(STRIDE),
    "epochs": _COUNT,
    "batch": _COUNT,
    "interpolation": _SHARE,
    "chroma_gain": _ANY,
    "l1_weight": _ANY,
    "seed": Range(0, 2**31 - 1),
    "lr": _ANY,
    "backbone_lr": _ANY,
    "frozen": Range(0, 7),
    "frozen_blocks": _ANY,
    "discriminator_lr": _ANY,
    "betas": Range(0, 1, below=True),
    "weight_decay": _ANY,
    "warmup": Range(0, 1, below=True),
    "clip": _ANY,
    "ema": Range(0, 1, below=True),
    "beta": _ANY,
    "chroma_weight": _ANY,
    "degradation_prob": _SHARE,
    "damage_prob": _SHARE,
    "old_camera_prob": _SHARE,
    "face_crop_prob": _SHARE,
    "min_crop_scale": _SHARE,
    "copy_paste_prob": _SHARE,
    "cached_views": _COUNT,
    "balance": _ANY,
    "devices": _COUNT,
    "workers": _ANY,
    "save_every": _COUNT,
    "log_every": _COUNT,
    "sample_every": _ANY,
}


@dataclass(frozen=True, slots=True)
class Phase:
    """Some epochs at one size of picture."""

    size: int  # side of the square pictures, a multiple of 32
    epochs: int
    batch: int  # photographs a step, those of all processes together
    adversarial: bool = False  # against the discriminator; if not, the generator learns alone
    lr: float = 0.0  # peak learning rate of new layers; 0: the recipe's


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a training run, beside its data."""

    task: str  # "colour", "mask", "classes" or "faces"
    network: str = "lite0"  # by its name in train/networks.py
    pretrained: bool = True  # start from published weights, where there are some of this network
    published: str = ""  # the file or folder of those weights, or their name on the hub; "": the usual source
    start: str = ""  # what to begin with: the folder of a finished run, an exported .onnx, or a model of the package
    interpolation: float = 1.0  # with `start`, in the export: 0 its weights, 1 those this run ended with
    chroma_gain: float = 1.0  # colour: factor on the ab that the exported network predicts
    discriminator: str = ""  # by its name in train/networks.py
    gan: str = "lsgan"  # adversarial loss: "lsgan" (least squares) or "vanilla" (binary cross entropy)
    l1_weight: float = 100.0  # adversarial phases: weight of the regression beside the adversarial loss
    regression: str = "weighted"  # colour: "weighted" (smooth, coloured pixels first) or "l1"
    augment: str = "crop"  # colour: "crop" (and flip, and age) or "squash" (and flip), the report's
    seed: int = 1
    lr: float = 2e-3  # peak learning rate of new layers
    backbone_lr: float = 4e-4  # peak learning rate of the hybrid's pretrained layers
    frozen: int = 0  # so many of the hybrid's seven pretrained stages, the first, stay as they are, their norms too
    frozen_blocks: int = 0  # so many of the blocks of the plain ViT beside it, the first, and what comes before them
    discriminator_lr: float = 2e-4
    betas: tuple[float, float] = (0.5, 0.999)  # of Adam, in adversarial phases; (0.9, 0.999) elsewhere
    weight_decay: float = 0.01  # of the generator
    schedule: str = "cosine"  # of the rates over the whole run: "cosine" or "constant"
    warmup: float = 0.05  # share of the steps in which the rate rises, of "cosine"
    clip: float = 1.0  # largest norm of a network's gradients; 0: any
    ema: float = 0.998  # decay of the averaged weights, a step; 0: the average is the network itself
    beta: float = 0.1  # colour, weighted: where smooth L1 turns from square to straight, in network ab
    chroma_weight: float = 2.0  # colour, weighted: extra weight of coloured pixels
    degradation_prob: float = 0.25  # crops: probability of each fault of old prints and poor scans
    min_crop_scale: float = 0.0  # smallest share of a photograph's area in a crop; 0: 0.45 for colour, 0.35 for masks
    damage_prob: float = (
        0.0  # colour: chance of each fault of storage, printing and scanning: stains, halftone, borders, ...
    )
    old_camera_prob: float = 0.0  # colour: chance of lightness as a plate or film saw it that was not panchromatic
    with_hints: bool = False  # colour: half of the crops tell some colours in advance; the hybrid alone takes them
    faces: str = ""  # colour, faces: a file of JSON lines, {"file", "faces": [[x0, y0, x1, y1, score], ...]}, in pixels
    face_crop_prob: float = 0.0  # colour: chance of a crop about a face, where there are some
    validation_sources: tuple[
        str, ...
    ] = ()  # sources, as names begin with them ("bsds_12.webp"), to keep for validation
    copy_paste_prob: float = 0.35  # mask, classes: probability of an object pasted from another photograph
    foreground_run: str = ""  # classes: a mask network, named as `start` is, exported together with this one
    cached_views: int = 1  # classes: views of each photograph in the feature cache: the whole, then crops
    balance: float = 0.0  # mask, classes: classes that fewer of the pictures show are shown more often
    precision: str = "bf16-mixed"
    devices: int = 1  # processes, each with a device of its own
    workers: int = 1  # of each process, to read photographs
    save_every: int = 100  # steps between checkpoints
    log_every: int = 20  # steps between entries in the logs
    sample_every: int = 500  # steps between sample grids; 0: none
    phases: tuple[Phase, ...] = ()


def load(path: Path, changes: Mapping[str, str] | None = None) -> Recipe:
    """Read a recipe; `changes` are `--set key=value` pairs, values in TOML.

    Raises InputError for what is no TOML file, OptionError for a key or value that cannot be used.
    """
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {error}") from error
    values = _renamed(values, str(path)) | _renamed(
        {key: _value(text) for key, text in (changes or {}).items()}, "--set"
    )
    tables = convert(values.get("phases", []), list[dict[str, Any]], f"{path}: phases", OptionError)
    places = [f"{path}: phases[{number}]" for number in range(len(tables))]
    phases = tuple(_made(Phase, _renamed(table, place), place) for table, place in zip(tables, places, strict=True))
    return checked(_made(Recipe, values | {"phases": phases}, str(path)), str(path))


def checked(recipe: Recipe, where: str = "recipe") -> Recipe:
    """The recipe, if it can be followed. Raises OptionError naming the setting that cannot, and what it could be."""
    for number, phase in enumerate(recipe.phases):
        _checked_values(phase, f"{where}: phases[{number}]")
    _checked_values(recipe, where)
    for name, allowed in CHOICES.items():
        if (value := getattr(recipe, name)) not in allowed:
            raise OptionError(f"{where}: {name} is {value!r}; it can be {' or '.join(map(repr, allowed))}")
    if odd := [p.size for p in recipe.phases if p.size % STRIDE]:
        raise OptionError(f"{where}: size {odd[0]} is no multiple of {STRIDE}")
    if odd := [p.batch for p in recipe.phases if p.batch % recipe.devices]:
        raise OptionError(f"{where}: a batch of {odd[0]} cannot be shared among {recipe.devices} devices")
    if recipe.interpolation < 1 and not recipe.start:
        raise OptionError(
            f"{where}: interpolation is {recipe.interpolation}; it can be below 1 only with a start to interpolate from"
        )
    if not recipe.discriminator and any(p.adversarial for p in recipe.phases):
        raise OptionError(f"{where}: an adversarial phase needs a discriminator")
    if recipe.task == "classes":
        _remembers(recipe, where)
    return recipe


def _renamed(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The values with old keys by their present names. Raises OptionError for one that stands under both."""
    if twice := [old for old, new in ALIASES.items() if old in values and new in values]:
        raise OptionError(f"{where}: {twice[0]} is the old name of {ALIASES[twice[0]]}; give one of them")
    return {ALIASES.get(key, key): value for key, value in values.items()}


def _made(kind: type[_T], values: Mapping[str, Any], where: str) -> _T:
    """A recipe or a phase of the values, each with its own type. Raises OptionError."""
    kinds = _kinds(kind)
    check_names(values, kinds, where, OptionError)
    for setting in fields(kind):  # type: ignore[arg-type]
        if setting.default is MISSING and setting.name not in values:
            raise OptionError(f"{where}: {setting.name} is missing; it has to be {describe(kinds[setting.name])}")
    return kind(**{key: _typed(key, value, kinds, where) for key, value in values.items()})


def _checked_values(part: Recipe | Phase, where: str) -> None:
    kinds = _kinds(type(part))
    for name in kinds:
        _typed(name, getattr(part, name), kinds, where)


def _typed(name: str, value: Any, kinds: Mapping[str, Any], where: str) -> Any:
    if kinds[name] == tuple[Phase, ...]:
        return value
    return convert(value, kinds[name], f"{where}: {name}", OptionError, RANGES.get(name))


def _kinds(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _remembers(recipe: Recipe, where: str) -> None:
    if not 3 <= recipe.frozen <= 7:
        raise OptionError(f"{where}: frozen is {recipe.frozen}; classes are learned on from 3 to 7 frozen stages")
    if len({p.size for p in recipe.phases}) != 1:
        raise OptionError(f"{where}: classes are learned in phases of one size")


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text
