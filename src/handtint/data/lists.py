"""Lists of photographs, one name a line, by which a choice or a split can be published and repeated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from handtint import files
from handtint.data.sources import Item
from handtint.errors import InputError


def write(path: Path, items: Sequence[Item]) -> None:
    """Write a list of the items' names, completely or not at all. Raises OutputError."""
    files.write(path, "".join(f"{item.name}\n" for item in items).encode())


def read(path: Path) -> list[str]:
    """The names in a list. Raises InputError."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a list of photographs: {error}") from error


def select(items: Sequence[Item], path: Path) -> list[Item]:
    """The items that a list names, in the order of the items. Raises InputError if one of them is missing."""
    names = set(read(path))
    selected = [item for item in items if item.name in names]
    if missing := sorted(names - {item.name for item in selected}):
        raise InputError(f"{path}: {len(missing)} of its photographs are missing, for example {missing[0]}")
    return selected


def write_or_check(path: Path, items: Sequence[Item]) -> None:
    """Write a run's list, or compare it with the one that the run started with. Raises InputError if they differ."""
    if not path.exists():
        write(path, items)
    elif read(path) != [item.name for item in items]:
        raise InputError(
            f"{path}: this run was started with other photographs; use the same ones, or choose another --out"
        )
