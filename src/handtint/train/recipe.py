"""A training recipe: one TOML file, every value typed, any of them set from the command line."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from handtint.errors import InputError, OptionError


@dataclass(frozen=True, slots=True)
class Phase:
    """Some passes over the training set at one size."""

    size: int  # side of the square crops, a multiple of 32
    passes: int
    batch: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a training run, beside its data."""

    task: str  # "colour" or "mask"
    network: str = "lite0"  # size of the backbone: "lite0" or "tiny"
    pretrained: bool = True  # start the backbone from the published ImageNet weights
    seed: int = 1
    rate: float = 2e-3  # peak learning rate of new layers
    backbone_rate: float = 4e-4  # peak learning rate of pretrained layers
    weight_decay: float = 0.01
    warmup: float = 0.05  # share of the steps in which the rate rises
    ema: float = 0.998  # decay of the averaged weights, a step
    beta: float = 0.1  # colour: where smooth L1 turns from square to straight, in network ab
    chroma_weight: float = 2.0  # colour: extra weight of coloured pixels
    paste: float = 0.35  # mask: chance of a pasted object
    precision: str = "bf16-mixed"
    workers: int = 1
    save_every: int = 100  # steps between checkpoints
    phases: tuple[Phase, ...] = ()


def load(path: Path, changes: dict[str, str] | None = None) -> Recipe:
    """Read a recipe; `changes` are `--set key=value` pairs, values in TOML."""
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: {error}") from error
    for key, text in (changes or {}).items():
        values[key] = _value(text)
    known = {f.name for f in fields(Recipe)}
    if unknown := sorted(set(values) - known):
        raise OptionError(f"{path}: unknown setting {unknown[0]!r}; known are {', '.join(sorted(known))}")
    recipe = Recipe(**values)
    return replace(recipe, phases=tuple(Phase(**p) for p in values.get("phases", ())))


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text
