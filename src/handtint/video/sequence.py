"""A film as numbered pictures: frames/%05d.png."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from handtint import files
from handtint.errors import InputError, OptionError
from handtint.image.photo import Photo
from handtint.video.facts import Colour, Facts
from handtint.video.source import Frame

ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")  # of pictures that can be written
_NUMBER = re.compile(r"%(?:0([1-9]))?d")


def is_pattern(path: str) -> bool:
    """Whether a path stands for numbered pictures."""
    return bool(_NUMBER.search(os.path.basename(path)))


def named(pattern: str, number: int) -> str:
    """The path of one of them."""
    folder, name = os.path.split(pattern)
    return os.path.join(folder, _NUMBER.sub(lambda match: f"{number:0{match[1] or 0}d}", name, count=1))


def find(pattern: str) -> dict[int, str]:
    """The pictures that there are, by number, in order. Raises InputError."""
    folder, name = os.path.split(pattern)
    before, after = (re.escape(part) for part in _NUMBER.split(name)[::2])
    mold = re.compile(f"{before}([0-9]+){after}")
    try:
        there = {path.name for path in Path(folder or ".").iterdir()}
    except OSError as error:
        raise InputError(f"{files.one_line(folder)}: {files.reason(error)}") from error
    numbers = sorted(int(match[1]) for match in map(mold.fullmatch, there) if match)
    pictures = {
        number: named(pattern, number) for number in numbers if os.path.basename(named(pattern, number)) in there
    }
    if not pictures:
        raise InputError(f"{files.one_line(pattern)}: there are no such pictures")
    return pictures


class Pictures:
    """Numbered pictures read as a film: a picture's time stamp is its number less the first one's."""

    def __init__(self, pattern: str, rate: Fraction) -> None:
        """Find them. Raises InputError."""
        self.path, self.name, self.notes = pattern, files.one_line(pattern), list[str]()
        self.metadata: dict[str, str] = {}
        self.start = 0
        self._files = find(pattern)
        self._first = next(iter(self._files))
        self._missing()
        photo = Photo.read(self._files[self._first])
        colour = Colour(matrix=1 if photo.size[0] >= 720 else 6)
        count = len(self._files)
        seconds = float(count / rate)
        self.facts = Facts(
            self.name, photo.size, rate, 1 / rate, photo.depth, colour=colour, frames=count, seconds=seconds
        )

    def __enter__(self) -> Pictures:
        """The pictures themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def _missing(self) -> None:
        gaps = max(self._files) - self._first + 1 - len(self._files)
        if gaps:
            self.notes.append(f"{self.name}: {gaps} numbers have no picture; the one before is shown for so long")

    def tail(self, last: int) -> int:  # noqa: ARG002
        """How long the last one is shown, in units of base."""
        return 1

    def frames(self, after: int | None = None) -> Iterator[Frame]:
        """The pictures in the order of their numbers, those after a time stamp. Raises InputError."""
        for number, path in self._files.items():
            if after is None or number - self._first > after:
                photo = Photo.read(path)
                if photo.size != self.facts.size:
                    raise InputError(
                        f"{files.one_line(path)}: is {_size(photo.size)}, the first is {_size(self.facts.size)}"
                    )
                yield Frame(replace(photo, pages=()), number - self._first)


class Writer:
    """Tinted frames as numbered pictures."""

    def __init__(self, pattern: str, first: int, options_format: str | None, quality: int) -> None:
        """Get ready. first: the number of the frame whose time stamp is the first. Raises OptionError."""
        self._pattern, self._next, self._quality = pattern, first, quality
        self._format = options_format or ""
        ending = os.path.splitext(pattern)[1]
        if not self._format and ending.lower() not in ENDINGS:
            raise OptionError(f"output: {pattern}: pictures are written as {', '.join(ENDINGS)}")

    def add(self, photo: Photo) -> None:
        """Write the next one. Raises OutputError."""
        photo.write(named(self._pattern, self._next), format=self._format, quality=self._quality)
        self._next += 1


def rgb(photo: Photo) -> Photo:
    """The photo with pixels (H, W, 3) of its depth."""
    pixels = photo.pixels
    return replace(photo, pixels=np.repeat(pixels[..., None], 3, axis=2)) if pixels.ndim == 2 else photo


def _size(size: tuple[int, int]) -> str:
    return f"{size[1]} x {size[0]}"
