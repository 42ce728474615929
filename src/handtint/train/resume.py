"""Whether a resumed run is still the same: its recipe and its data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from handtint.data.sources import Item, digest
from handtint.errors import InputError
from handtint.train import checkpoint
from handtint.train.recipe import ALIASES, Recipe

# What may change in a run that goes on: how it is read, saved and reported, and what only its export looks at.
FREE = (
    "workers",
    "devices",
    "save_every",
    "log_every",
    "sample_every",
    "interpolation",
    "chroma_gain",
    "foreground_run",
)


def began_with(recipe: Recipe, data: str) -> dict[str, Any]:
    """What a checkpoint keeps so that `check` can compare: plain values. data: a digest of what is trained on."""
    return {"recipe": asdict(recipe), "data": data}


def data_digest(examples: Sequence[Any]) -> str:
    """A digest of all files that examples, photographs or (photograph, mask), are made of. Raises InputError."""
    return digest(chain.from_iterable([example] if isinstance(example, Item) else example for example in examples))


def check(path: Path, recipe: Recipe, data: str, *, changed: bool, say: Callable[[str], None]) -> None:
    """Raise InputError where the checkpoint at path, if there is one, is of another recipe or other data.

    With `changed`, `say` is told of it and the run goes on. Checkpoints of older versions do not say what they are of.
    """
    state = checkpoint.load(path) or {}
    differences = _differences(state.get("recipe", {}), asdict(recipe))
    if state.get("data", data) != data:
        differences.append("the photographs, masks or their dataset.toml are others")
    if not differences:
        return
    apart = "; ".join(differences)
    if not changed:
        raise InputError(
            f"{path.parent}: this run began with another recipe or other data: {apart}. Give it what it began with, or "
            "another folder, or say --changed to go on all the same"
        )
    say(f"goes on changed: {apart}")


def _differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """ "KEY was OLD, now is NEW" for each value that both recipes have and that decides how the run goes on."""
    before, now = _plain(before), _plain(now)
    both = [(name, before[name], now[name]) for name in now if name in before and name not in FREE]
    return [f"{name} was {old!r}, now is {new!r}" for name, old, new in both if old != new]


def _plain(value: Any) -> Any:
    """The value with lists for tuples, and the keys of older versions by their present names."""
    if isinstance(value, dict):
        return {ALIASES.get(key, key): _plain(v) for key, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else value
