"""Where photographs come from: folders and tar shards, in a fixed order, split by a hash of what they show."""

from __future__ import annotations

import hashlib
import os
import re
import tarfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from handtint.errors import InputError

PICTURES = (".webp", ".jpg", ".jpeg", ".png", ".tif", ".tiff")
HELD_OUT = 12  # one photograph in so many is kept for validation


@dataclass(frozen=True, slots=True)
class Item:
    """One file: a path of its own, or a stretch of a tar shard."""

    name: str  # path inside the folder or shard, with "/"
    path: str
    offset: int = 0
    length: int = -1

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
        """The file's name without folder and ending."""
        return os.path.splitext(os.path.basename(self.name))[0]


def open_sources(paths: Iterable[str | Path]) -> list[Item]:
    """Every picture in the given folders and tar shards, sorted by name."""
    items: list[Item] = []
    for path in map(str, paths):
        if os.path.isdir(path):
            items += _folder(path)
        elif tarfile.is_tarfile(path) if os.path.isfile(path) else False:
            items += _shard(path)
        else:
            raise InputError(f"{path}: neither a folder nor a tar shard")
    return sorted((i for i in items if i.name.lower().endswith(PICTURES)), key=lambda i: (i.name, i.path))


def _folder(path: str) -> list[Item]:
    root = Path(path)
    return [Item(p.relative_to(root).as_posix(), str(p)) for p in root.rglob("*") if p.is_file()]


def _shard(path: str) -> list[Item]:
    with tarfile.open(path, "r:") as tar:
        return [Item(m.name.removeprefix("./"), path, m.offset_data, m.size) for m in tar if m.isfile()]


_ALIASES = {"vocanimal": "voc", "human": "humanseg", "cal": "caltech101"}
_NUMBERED = ("voc", "ecssd", "humanseg", "ccp", "camvid")  # the digits of the name are the id


def identity(stem: str) -> str:
    """What a photograph is, whichever set it stands in: "vocanimal_2007-000175" and "voc_2007_000175" are one.

    Frames of one film (DAVIS, CamVid) share an identity, so that a film is never split.
    """
    family, _, rest = stem.partition("_")
    family = _ALIASES.get(family, family)
    if family == "davis":
        return f"davis:{rest.rpartition('_')[0]}"
    if family == "camvid":
        return "camvid:" + re.sub(r"^(train|test|val)-", "", rest).replace("-", "_").partition("_")[0]
    if family == "caltech101":
        return "caltech101:" + re.sub(r"s?[-_](image[-_])?(?=\d+$)", "-", rest)
    if family in _NUMBERED:
        return f"{family}:" + "-".join(str(int(d)) for d in re.findall(r"\d+", rest))
    return f"{family}:{rest}"


def held_out(item: Item) -> bool:
    """Whether a photograph belongs to validation: one in HELD_OUT, by a hash of its identity."""
    digest = hashlib.sha256(identity(item.stem).encode()).digest()
    return int.from_bytes(digest[:8], "big") % HELD_OUT == 0


def split(items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """(training, validation), by `held_out`; the same for every task."""
    return [i for i in items if not held_out(i)], [i for i in items if held_out(i)]
