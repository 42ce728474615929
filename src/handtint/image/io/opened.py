"""A file opened by a decoder: its header has been read, its pixels have not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyvips

from handtint.image.io.pages import Page
from handtint.types import Content


class UnsupportedError(Exception):
    """A decoder does not support this kind of file, which may be intact. Message: what is missing, or ""."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to open: its bytes, the name of its format, and the page."""

    data: Content
    format: str
    page: Page


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture file whose header has been read.

    image: decodes the pixels, into an image with the file's metadata under libvips' names. Raises pyvips.Error,
    ValueError, UnsupportedError. frames: of an animation, or pictures of a HEIF file. note: what is lost, or "".
    """

    width: int
    height: int
    image: Callable[[], pyvips.Image]
    frames: int = 1
    note: str = ""
