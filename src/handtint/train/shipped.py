"""The recipes in the package, by name; listing them needs no PyTorch."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from handtint.errors import OptionError

FOLDER = Path(__file__).parents[1] / "recipes"
SUFFIX = ".toml"


def names() -> Sequence[str]:
    """The names of the package's recipes, sorted."""
    return sorted(path.stem for path in FOLDER.glob(f"*{SUFFIX}"))


def summary(name: str) -> str:
    """What a recipe of the package trains: the first sentence of the comment at the top of its file."""
    comment = []
    for line in (FOLDER / f"{name}{SUFFIX}").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        comment.append(line.removeprefix("#").strip())
    return " ".join(comment).partition(". ")[0].rstrip(".") + "."


def find(recipe: str) -> Path:
    """The file of a recipe that is given by path or, for one of the package, by name.

    A file of that path wins. `recipes/NAME.toml`, where no such file exists, means the package's recipe NAME: recipes
    used to be in a folder of that name beside the package. A path is not checked. Raises OptionError, which suggests
    the nearest name, for an unknown name.
    """
    path = Path(recipe)
    is_old_path = path.parent == Path("recipes") and path.suffix == SUFFIX and path.stem in names()
    if path.is_file() or (not is_old_path and (path.suffix == SUFFIX or path.name != recipe)):
        return path
    if path.stem in names():
        return FOLDER / f"{path.stem}{SUFFIX}"
    matches = difflib.get_close_matches(recipe, names(), 1)
    hint = f"did you mean {matches[0]}? " if matches else ""
    raise OptionError(f"{recipe}: neither a file nor a recipe of the package; {hint}see `handtint train --list`")
