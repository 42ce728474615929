"""A film to be tinted: from which file, into which, and with which settings."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from handtint import __version__, files, recipe
from handtint.errors import InputError, OptionError
from handtint.options import Options
from handtint.video import sequence

ENDINGS = (
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".gif",
    ".mpg", ".mpeg", ".ts", ".m2ts", ".mts", ".vob", ".wmv", ".flv", ".ogv", ".3gp", ".dv",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmJob:
    """A film to be tinted, and its settings. Raises OptionError for values that contradict each other.

    source, output: paths of films, or patterns of numbered pictures, frames/%05d.png. codec, crf: of the result; None
    for the container's default. start, end: in seconds, the range to tint; preview: at most so many seconds of it; None
    for all. rate: frames per second of numbered pictures. drop: kinds of tracks to leave out. threads: of the networks,
    0 for one per core. carry: False tints each frame independently.
    """

    source: str
    output: str
    options: Options
    mask: bytes = b""
    codec: str | None = None
    crf: int | None = None
    start: float = 0.0
    end: float | None = None
    preview: float | None = None
    rate: Fraction = Fraction(25)
    drop: Sequence[str] = ()
    threads: int = 0
    carry: bool = True

    def __post_init__(self) -> None:
        if self.until is not None and self.until <= self.start:
            raise OptionError(f"to: {self.until:g} s is not after {self.start:g} s")
        if self.options.levels == "auto":
            raise OptionError("levels: auto is for photographs only: it would stretch each frame differently")
        for hint in self.options.hints:
            if hint.page > 1:
                raise OptionError(f"hint: {hint}: a film has no pages; give a time, as in @52%,60%@12.5s")
        if self.rate <= 0:
            raise OptionError(f"fps: {self.rate} is not above 0")
        if self.codec and sequence.is_pattern(self.output):
            raise OptionError("codec: numbered pictures have no codec; leave out --codec")
        if os.path.realpath(self.source) == os.path.realpath(self.output):
            raise OptionError(f"output: {self.output} is the film itself")

    @property
    def until(self) -> float | None:
        """The end of the range to tint, in seconds; None for the film's end."""
        ends = [
            end for end in (self.end, None if self.preview is None else self.start + self.preview) if end is not None
        ]
        return min(ends, default=None)

    @property
    def folder(self) -> str:
        """The folder of the journal and the parts, removed when the film is done."""
        folder, name = os.path.split(self.output)
        return os.path.join(folder, f"{name.replace('%', '')}.handtint")

    def key(self) -> str:
        """sha256 of everything that the result depends on. Raises InputError."""
        record: dict[str, Any] = {
            "handtint": __version__,
            "source": self._identity(),
            "edit": recipe.of(self.options, mask=self.mask).hash,
            "output": os.path.basename(self.output),
            "picture": [self.codec, self.crf, self.start, self.until, str(self.rate), self.carry],
        }
        return hashlib.sha256(json.dumps(record).encode()).hexdigest()

    def _identity(self) -> list[Any]:
        paths = sequence.find(self.source).values() if sequence.is_pattern(self.source) else [self.source]
        records = []
        for path in paths:
            try:
                status = Path(path).stat()
            except OSError as error:
                raise InputError(f"{files.one_line(path)}: {files.reason(error)}") from error
            records.append((os.path.basename(path), status.st_size, status.st_mtime_ns))
        return records


def is_film(path: str) -> bool:
    """Whether a path is a film's, by its name; a GIF only if it is animated."""
    if sequence.is_pattern(path):
        return not Path(path).exists()
    ending = os.path.splitext(path)[1].lower()
    return ending in ENDINGS and (ending != ".gif" or _is_animated(path))


def _is_animated(path: str) -> bool:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            return getattr(picture, "n_frames", 1) > 1
    except (OSError, UnidentifiedImageError, ValueError):
        return False
