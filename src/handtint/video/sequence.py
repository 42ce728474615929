"""A film as an image sequence: numbered pictures, frames/%05d.png."""

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
from handtint.video.source import Frame
from handtint.video.stream_info import ColorTags, StreamInfo

ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")  # of pictures that can be written
_NUMBER = re.compile(r"%(?:0([1-9]))?d")


def is_pattern(path: str) -> bool:
    """Whether a path is a pattern of numbered pictures."""
    return bool(_NUMBER.search(os.path.basename(path)))


def path_of(pattern: str, number: int) -> str:
    """The path of the picture with that number."""
    folder, name = os.path.split(pattern)
    return os.path.join(folder, _NUMBER.sub(lambda match: f"{number:0{match[1] or 0}d}", name, count=1))


def find(pattern: str) -> dict[int, str]:
    """The existing pictures, number -> path, in ascending order. Raises InputError if there are none."""
    folder, name = os.path.split(pattern)
    before, after = (re.escape(part) for part in _NUMBER.split(name)[::2])
    regex = re.compile(f"{before}([0-9]+){after}")
    try:
        names = {path.name for path in Path(folder or ".").iterdir()}
    except OSError as error:
        raise InputError(f"{files.one_line(folder)}: {files.reason(error)}") from error
    numbers = sorted(int(match[1]) for match in map(regex.fullmatch, names) if match)
    pictures = {
        number: path_of(pattern, number) for number in numbers if os.path.basename(path_of(pattern, number)) in names
    }
    if not pictures:
        raise InputError(f"{files.one_line(pattern)}: there are no such pictures")
    return pictures


class ImageSequence:
    """Numbered pictures read as a film: a picture's time stamp is its number less the first one's."""

    def __init__(self, pattern: str, rate: Fraction) -> None:
        """Find the pictures, and read the first. rate: frames per second. Raises InputError."""
        self.path, self.name, self.notes = pattern, files.one_line(pattern), list[str]()
        self.metadata: dict[str, str] = {}
        self.start = 0
        self._files = find(pattern)
        self._first_frame = next(iter(self._files))
        self._note_gaps()
        photo = Photo.read(self._files[self._first_frame])
        color = ColorTags(matrix=1 if photo.size[0] >= 720 else 6)
        count = len(self._files)
        seconds = float(count / rate)
        self.info = StreamInfo(
            self.name, photo.size, rate, 1 / rate, photo.depth, color=color, frames=count, seconds=seconds
        )

    def __enter__(self) -> ImageSequence:
        """The sequence itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def _note_gaps(self) -> None:
        gaps = max(self._files) - self._first_frame + 1 - len(self._files)
        if gaps:
            self.notes.append(
                f"{self.name}: {gaps} numbers have no picture; the picture before each is shown for longer"
            )

    def last_duration(self, last: int) -> int:  # noqa: ARG002
        """How long the last picture is shown, in units of the time base."""
        return 1

    def frames(self, after: int | None = None) -> Iterator[Frame]:
        """The pictures by ascending number; only those after a time stamp, if one is given. Raises InputError."""
        for number, path in self._files.items():
            if after is None or number - self._first_frame > after:
                photo = Photo.read(path)
                if photo.size != self.info.size:
                    raise InputError(
                        f"{files.one_line(path)}: is {_size(photo.size)}, the first is {_size(self.info.size)}"
                    )
                yield Frame(replace(photo, pages=()), number - self._first_frame)


class ImageWriter:
    """Writes tinted frames as numbered pictures."""

    def __init__(self, pattern: str, first: int, options_format: str | None, quality: int) -> None:
        """first: number of the first picture. quality: of lossy formats. Raises OptionError."""
        self._pattern, self._next, self._quality = pattern, first, quality
        self._format = options_format or ""
        ending = os.path.splitext(pattern)[1]
        if not self._format and ending.lower() not in ENDINGS:
            raise OptionError(f"output: {pattern}: pictures are written as {', '.join(ENDINGS)}")

    def add(self, photo: Photo) -> None:
        """Write the next picture. Raises OutputError."""
        photo.write(path_of(self._pattern, self._next), format=self._format, quality=self._quality)
        self._next += 1


def rgb(photo: Photo) -> Photo:
    """The photo with pixels (H, W, 3): gray ones are repeated."""
    pixels = photo.pixels
    return replace(photo, pixels=np.repeat(pixels[..., None], 3, axis=2)) if pixels.ndim == 2 else photo


def _size(size: tuple[int, int]) -> str:
    return f"{size[1]} x {size[0]}"
