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

# Settings that may change when a run is resumed: of reading, saving and reporting, and those that only its export uses.
CHANGEABLE = (
    "workers",
    "devices",
    "save_every",
    "log_every",
    "sample_every",
    "interpolation",
    "chroma_gain",
    "foreground_run",
)


def checkpoint_identity(recipe: Recipe, data: str) -> dict[str, Any]:
    """What a checkpoint stores for `check` to compare: plain values. data: a digest of the training data."""
    return {"recipe": asdict(recipe), "data": data}


def data_digest(examples: Sequence[Any]) -> str:
    """A digest of all files of the examples, which are photographs or (photograph, mask). Raises InputError."""
    return digest(chain.from_iterable([example] if isinstance(example, Item) else example for example in examples))


def check(path: Path, recipe: Recipe, data: str, *, changed: bool, say: Callable[[str], None]) -> None:
    """Raise InputError if there is a checkpoint at path whose recipe or data differ.

    With `changed`, `say` is called with the differences instead. Checkpoints of older versions record neither.
    """
    state = checkpoint.load(path) or {}
    differences = _differences(state.get("recipe", {}), asdict(recipe))
    if state.get("data", data) != data:
        differences.append("the photographs, masks or their dataset.toml are others")
    if not differences:
        return
    text = "; ".join(differences)
    if not changed:
        raise InputError(
            f"{path.parent}: this run was started with another recipe or other data: {text}. Use the same ones, "
            "choose another --out, or give --changed to continue all the same"
        )
    say(f"continuing with changes: {text}")


def _differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """ "KEY was OLD, now is NEW" for each key that both recipes have and that may not change."""
    old, new = _normalized(old), _normalized(new)
    common = [(name, old[name], new[name]) for name in new if name in old and name not in CHANGEABLE]
    return [f"{name} was {was!r}, now is {now!r}" for name, was, now in common if was != now]


def _normalized(value: Any) -> Any:
    """The value with lists instead of tuples, and old names of keys replaced by the present ones."""
    if isinstance(value, dict):
        return {ALIASES.get(key, key): _normalized(v) for key, v in value.items()}
    return [_normalized(v) for v in value] if isinstance(value, list | tuple) else value
