"""The record of a network's weights: their file, sha256, licence, training data and scores."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path

from handtint import files
from handtint.errors import WeightsError

ASSETS = Path(__file__).parent / "assets"
MANIFEST = ASSETS / "manifest.json"


@dataclass(frozen=True, slots=True)
class Weights:
    """The record of a file of weights.

    file: its name among the package's assets, or in the folder of its source. sha256: of its bytes; for a download by
    torchvision the beginning that torchvision verifies; "" if unknown. size: in bytes, 0 if unknown. source: of the
    file: "package", "file", "torchvision", "rembg" or "hub". start: the weights that training started from. data,
    recipe, steps: the training data, the recipe's file and the number of steps. scores: figures by name, printed by the
    command `measured`. side: of the pictures in training, if it is not the catalogue's; else 0.
    """

    file: str
    sha256: str
    size: int
    licence: str
    source: str
    start: str
    data: str
    recipe: str
    steps: int
    measured: str = ""
    side: int = 0
    scores: Mapping[str, float] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The path at which the file is expected."""
        if self.source == "torchvision":
            cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
            home = Path(os.environ.get("TORCH_HOME") or cache / "torch").expanduser()
            return home / "hub" / "checkpoints" / self.file
        return ASSETS / self.file  # an absolute path stays as it is

    @property
    def present(self) -> bool:
        """Whether the file exists, with the recorded size if there is one."""
        has_size = self.source in ("package", "file")
        return self.path.is_file() and (not has_size or self.path.stat().st_size == self.size)

    def verified(self) -> Path:
        """The path of the file, after its sha256 has been verified. Raises WeightsError."""
        try:
            sha256 = digest(self.path)
        except OSError as error:
            raise WeightsError(f"{self.path}: {error.strerror}") from error
        recorded = (
            sha256[: len(self.sha256)] if self.source == "torchvision" else sha256
        )  # torchvision records only the beginning
        if not self.sha256 or recorded != self.sha256:
            raise WeightsError(f"{self.path}: sha256 is {sha256[:12]}..., the manifest says {self.sha256[:12]}...")
        return self.path


def of_file(path: Path) -> Weights:
    """The record of a user's file, of which only the bytes are known. Raises WeightsError."""
    try:
        sha256, size = digest(path), path.stat().st_size
    except OSError as error:
        raise WeightsError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from error
    return Weights(str(path), sha256, size, "its own", "file", "", "", "", 0)


def digest(path: Path) -> str:
    """The sha256 of a file, read in chunks. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def manifest() -> Mapping[str, Weights]:
    """The records of the weights in the package, by name. Raises WeightsError."""
    return read(MANIFEST)


def read(path: Path) -> Mapping[str, Weights]:
    """The records in a manifest, by name. Raises WeightsError."""
    try:
        return {name: Weights(**record) for name, record in json.loads(path.read_text()).items()}
    except (OSError, ValueError, TypeError) as error:
        raise WeightsError(f"{path}: {error}") from error


def record(name: str, weights: Weights, folder: Path | None = None) -> None:
    """Write a record into the manifest of the package or of a folder; it replaces an older one of that name."""
    path = folder / MANIFEST.name if folder else MANIFEST
    records = json.loads(path.read_text()) if path.exists() else {}
    records[name] = asdict(weights)
    files.write(path, f"{json.dumps(records, indent=2, sort_keys=True)}\n".encode())
    manifest.cache_clear()


def store(name: str, weights: Weights, data: bytes, folder: Path) -> None:
    """Write a network's file and its record into a folder with a manifest; they replace older ones of that name.

    If this is interrupted, the manifest still names a file with the recorded hash: the new file is first written and
    recorded under a unique name, before the old file is replaced and recorded.
    """
    path = folder / weights.file
    unique = path.with_stem(f"{path.stem}-{weights.sha256[:12]}")
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(unique, data)
    record(name, replace(weights, file=unique.name), folder)
    files.write(path, data)
    record(name, weights, folder)
    unique.unlink()
