"""Photographs in folders and tar shards, in a fixed order, and their split into training and validation by a hash."""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from handtint.data import dataset
from handtint.data.dataset import VOC_INDICES, Labelling, Rules
from handtint.errors import InputError, OptionError
from handtint.settings import hint

PICTURES = (".webp", ".jpg", ".jpeg", ".png", ".tif", ".tiff")
HELD_OUT = 12  # one photograph in this many is kept for validation


@dataclass(frozen=True, slots=True)
class Item:
    """One file: a path, or a section of a tar shard.

    name: its path inside the folder or shard, with "/". labelling, group: from the `dataset.toml` of its data set.
    """

    name: str
    path: str
    offset: int = 0
    length: int = -1
    labelling: Labelling = VOC_INDICES
    group: str = ""

    def read(self) -> bytes:
        """The file's bytes."""
        try:
            with open(self.path, "rb") as file:
                file.seek(self.offset)
                return file.read(self.length)
        except OSError as error:
            raise InputError(f"{self.path}: {error.strerror}") from error

    @property
    def stem(self) -> str:
        """The file's name without folder and extension."""
        return os.path.splitext(os.path.basename(self.name))[0]


def open_sources(paths: Iterable[str | Path]) -> list[Item]:
    """All pictures in folders and tar shards, sorted by name.

    A `dataset.toml` in a folder or shard describes the files below it; so does NAME.toml beside NAME.tar, which
    overrides one at the top of the shard. Raises InputError.
    """
    items: list[Item] = []
    for path in map(str, paths):
        if os.path.isdir(path):
            items += _with_rules(_folder(path), {})
        elif tarfile.is_tarfile(path) if os.path.isfile(path) else False:
            items += _with_rules(_shard(path), _sidecar(path))
        else:
            raise InputError(f"{path}: neither a folder nor a tar shard")
    return sorted((i for i in items if i.name.lower().endswith(PICTURES)), key=lambda i: (i.name, i.path))


def _folder(path: str) -> list[Item]:
    root = Path(path)
    return [Item(p.relative_to(root).as_posix(), str(p)) for p in root.rglob("*") if p.is_file()]


def _shard(path: str) -> list[Item]:
    with tarfile.open(path, "r:") as tar:
        return [Item(m.name.removeprefix("./"), path, m.offset_data, m.size) for m in tar if m.isfile()]


def _sidecar(shard: str) -> Mapping[str, Rules]:
    """The rules in the file beside a shard, if there is one."""
    path = Path(shard).with_suffix(".toml")
    if not path.is_file():
        return {}
    return {"": dataset.parse(Item(path.name, str(path)).read(), str(path))}


def _with_rules(items: Sequence[Item], sidecar: Mapping[str, Rules]) -> list[Item]:
    """The items of one source, with labelling and group from its `dataset.toml` files."""
    tables: dict[str, Rules] = {}
    for item in items:
        folder, _, name = item.name.rpartition("/")
        if name == dataset.FILE:
            location = item.path if item.length < 0 else f"{item.path}: {item.name}"
            tables[folder] = dataset.parse(item.read(), location)
    tables |= sidecar
    if not tables:
        return list(items)
    rules = ((item, dataset.nearest(tables, item.name)) for item in items)
    return [replace(item, labelling=labelling, group=group) for item, (labelling, group) in rules]


def identity(item: Item) -> str:
    """The name that decides about the split: the photograph's group, if its data set has one, else its own name.

    Copies of a photograph and frames of one film have the same group, so that a split never separates them.
    """
    family, _, rest = item.stem.partition("_")
    return item.group or f"{family}:{rest}"  # hashed by `held_out`: another form would change every split


def source_of(item: Item) -> str:
    """The source of a photograph: the beginning of its name ("bsds" of bsds_12.webp), else its folder or shard."""
    beginning, separator, _ = item.stem.partition("_")
    if separator and beginning:
        return beginning
    folder = os.path.dirname(item.name) or os.path.dirname(item.path)
    return os.path.basename(folder if item.length < 0 or "/" in item.name else item.path)


def held_out(item: Item, sources: Sequence[str] = ()) -> bool:
    """Whether a photograph is kept for validation: one in HELD_OUT, by a hash of its identity, and all of some sources.

    sources: names as `source_of` returns them. Figures on held-out sources are more honest, since a network does better
    on photographs from the sources that it was trained on.
    """
    if source_of(item) in sources:
        return True
    digest = hashlib.sha256(identity(item).encode()).digest()
    return int.from_bytes(digest[:8], "big") % HELD_OUT == 0


def check_sources(items: Iterable[Item], sources: Sequence[str]) -> None:
    """Raise OptionError for a source that none of the photographs is from."""
    present = {source_of(item) for item in items}
    for name in sources:
        if name not in present:
            raise OptionError(f"validation_sources: no photograph is from {name!r}; {hint(name, sorted(present))}")


def digest(items: Iterable[Item]) -> str:
    """The sha256 of the items: of their names, content, labelling and groups.

    Reads every file once. Raises InputError.
    """
    hasher = hashlib.sha256()
    for item in items:
        hasher.update(repr((item.name, item.labelling)).encode())
        hasher.update(hashlib.sha256(item.read()).digest())
    return hasher.hexdigest()


def split(items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """(training, validation), by `held_out`; the same for every task."""
    return [i for i in items if not held_out(i)], [i for i in items if held_out(i)]
