"""A file opened by a decoder: its header is read, its pixels can be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyvips

from handtint.image.io.pages import Page
from handtint.types import Content


class UnsupportedError(Exception):
    """A file of a kind that a decoder cannot decode, whole as it may be; the text says what it lacks, or nothing."""


@dataclass(frozen=True, slots=True)
class File:
    """What is to be opened: the bytes of a file, its format's name, and which page of it."""

    data: Content
    format: str
    page: Page


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture file whose header is read.

    image: decodes the pixels; what the file says beside them goes with them, as libvips names it. Raises
    pyvips.Error, ValueError, UnsupportedError. frames: of an animation, or pictures of a HEIF file. note: what is lost.
    """

    width: int
    height: int
    image: Callable[[], pyvips.Image]
    frames: int = 1
    note: str = ""
