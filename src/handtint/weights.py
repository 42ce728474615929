"""The Weights record: where a network's numbers are, what they are made from, and proof that they are whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

from handtint.errors import WeightsError

ASSETS = Path(__file__).parent / "assets"
MANIFEST = ASSETS / "manifest.json"


@dataclass(frozen=True, slots=True)
class Weights:
    """A file of weights and everything that should be known of it.

    file: its name among the package's assets. sha256: of its bytes. size: in bytes. source: where the file comes
    from ("package"). licence: on what terms. start: the weights that training began with. data, recipe, steps: what
    it was trained on, how and for how long. scores: figures by name, printed by the command `measured`.
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
    scores: Mapping[str, float] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Where the file should be."""
        return ASSETS / self.file

    @property
    def present(self) -> bool:
        """Whether the file is there, by name and size."""
        return self.path.is_file() and self.path.stat().st_size == self.size

    def verified(self) -> Path:
        """The file's path, once its bytes are proved to be the recorded ones. Raises WeightsError."""
        try:
            found = hashlib.sha256(self.path.read_bytes()).hexdigest()
        except OSError as error:
            raise WeightsError(f"{self.path}: {error.strerror}") from error
        if found != self.sha256:
            raise WeightsError(f"{self.path}: sha256 is {found[:12]}..., the manifest says {self.sha256[:12]}...")
        return self.path


@cache
def manifest() -> Mapping[str, Weights]:
    """The records of the weights in the package, by name. Raises WeightsError."""
    try:
        return {name: Weights(**record) for name, record in json.loads(MANIFEST.read_text()).items()}
    except (OSError, ValueError, TypeError) as error:
        raise WeightsError(f"{MANIFEST}: {error}") from error


def record(name: str, weights: Weights) -> None:
    """Put a record into the manifest, in the place of an older one of that name."""
    records = json.loads(MANIFEST.read_text()) if MANIFEST.exists() else {}
    records[name] = asdict(weights)
    MANIFEST.write_text(json.dumps(records, indent=2, sort_keys=True) + "\n")
    manifest.cache_clear()
