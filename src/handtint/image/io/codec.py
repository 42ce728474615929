"""Decoding and encoding of picture files, within limits of size.

Only loaders of photographs are used, chosen by the first bytes of a file: none for vector graphics (SVG, PDF), for
URLs, or for matrices of numbers.
"""

from __future__ import annotations

import errno
import importlib.util
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyvips

from handtint import files
from handtint.errors import DecodeError, LimitError, OutputError
from handtint.image.arrays import large, vips
from handtint.image.arrays.samples import eight_bits
from handtint.image.io import content, decoders, pages
from handtint.image.io.develop import check_kind, develop
from handtint.image.io.formats import BY_NAME, EXTENSIONS, EXTRAS, MEDIA_TYPES, recognize
from handtint.image.io.opened import File, Opened, UnsupportedError
from handtint.image.metadata import exif, fields, profile, tiff
from handtint.image.metadata.profile import to_profile
from handtint.image.raster import Raster
from handtint.types import Array, Content, Pixels

__all__ = ["Limits", "decode", "encode", "read", "recognize", "to_profile", "write"]


_REJECTED_SIGNATURES = ((b"<svg", "svg"), (b"%pdf-", "pdf"), (b"<html", "html"), (b"%!ps", "postscript"))
_MAX_SIDES = {"jpeg": 65500, "webp": 16383, "png": 2**31 - 1, "tiff": 2**31 - 1}
_WITH_16_BITS = {"png", "tiff"}
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)  # errors that libvips reports only as text
_OPTIMIZED_JPEG = 6_000_000  # values: up to that size, one more pass makes JPEG files 4 % smaller
_CLASSIC_TIFF = 3_500_000_000  # bytes of pixels above which a TIFF gets 64-bit offsets


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest picture that is accepted, all pages together; checked before any pixels are decoded.

    frames: the most frames of an animation or pictures of a HEIF file; only the first is decoded.
    """

    pixels: int = 300_000_000
    bytes: int = 1 << 31
    pages: int = 1000
    frames: int = 1 << 31


LIMITS = Limits()


def decode(data: Content, *, name: str = "", limits: Limits = LIMITS) -> Raster:
    """Decode a picture file's bytes: all pages of a TIFF, the first frame of an animation.

    Raises DecodeError if the bytes are not a picture, damaged or truncated, LimitError if they exceed the limits.
    """
    title = files.one_line(name) or "picture"
    if len(data) > limits.bytes:
        raise LimitError(f"{title}: larger than the limit of {limits.bytes} bytes")
    kind = _kind_of(data[:1024], title)
    missing: list[str] = []
    try:
        page_list = pages.find(data, limits.pages + 1) if kind == "tiff" else [pages.Page()]
        if len(page_list) > limits.pages:
            raise LimitError(f"{title}: over the limit of {limits.pages} pages")
        opened_pages = [_OpenedPage(data, kind, page, missing) for page in page_list]
        _check([opened_page.first for opened_page in opened_pages], title, limits)
        with large.releasing(data):
            photos = [opened_page.photo(name, title) for opened_page in opened_pages]
        return replace(photos[0], pages=tuple(photos[1:]))
    except UnsupportedError as error:
        reason = f"not supported here{_missing_support(kind, missing)}"
        raise DecodeError(f"{title}: cannot be decoded as {kind}: {reason}") from error
    except (pyvips.Error, OverflowError, ValueError, struct.error) as error:
        raise DecodeError(f"{title}: cannot be decoded as {kind}: damaged or cut short") from error


class _OpenedPage:
    """One page of a file, opened by each suitable decoder until one succeeds."""

    def __init__(self, data: Content, kind: str, page: pages.Page, missing: list[str]) -> None:
        """Open it with the first. Raises UnsupportedError if there is none, ValueError, pyvips.Error for damage."""
        if kind == "tiff" and not exif.has_all_strips(data, page.offset):  # not every decoder notices missing strips
            raise ValueError("cut short")
        self._file, self._missing = File(data, kind, page), missing
        self._candidates = decoders.openings(self._file, missing)
        self.first = self._next()

    def _next(self) -> Opened:
        opened = next(self._candidates, None)
        if opened is None:
            raise UnsupportedError
        return opened

    def photo(self, name: str, title: str) -> Raster:
        """The photo by the first decoder that supports its pixels. Raises as __init__, DecodeError."""
        opened = self.first
        while True:
            try:
                return self._develop(opened, name, title)
            except (UnsupportedError, pyvips.Error) as error:
                missing = decoders.missing_support(error)
                if missing is None:
                    raise
                self._missing.append(missing)
            opened = self._next()
            if (opened.width, opened.height) != (self.first.width, self.first.height):
                raise ValueError("another size")  # than the one that was checked against the limits

    def _develop(self, opened: Opened, name: str, title: str) -> Raster:
        image, file = opened.image(), self._file
        check_kind(image, title)
        metadata = fields.collect(image, file.format, file.data, file.page.offset)
        alpha = file.format == "tiff" and exif.has_alpha(file.data, file.page.offset)
        return develop(image, name=name, format=file.format, metadata=metadata, note=opened.note, alpha=alpha)


def _missing_support(kind: str, reasons: Sequence[str]) -> str:
    """The end of an error message: what the decoders lack, and the extra that would add it."""
    reason = next(filter(None, reasons), "")
    extra = BY_NAME[kind].extra
    needs_extra = extra and not all(map(importlib.util.find_spec, EXTRAS[extra]))
    return (f" ({reason})" if reason else "") + (f"; needs pip install 'handtint[{extra}]'" if needs_extra else "")


def read(path: str | Path, *, limits: Limits = LIMITS) -> Raster:
    """Read the photo in a file. Raises InputError if the file cannot be read, and what `decode` raises."""
    return decode(content.read(path, limits.bytes), name=str(path), limits=limits)


def _kind_of(start: bytes, title: str) -> str:
    if kind := recognize(start):
        return kind
    if not start:
        raise DecodeError(f"{title}: no data")
    refused = next((f" ({kind})" for signature, kind in _REJECTED_SIGNATURES if signature in start.lower()), "")
    raise DecodeError(f"{title}: not a photograph format{refused}")


def _check(opened: Sequence[Opened], title: str, limits: Limits) -> None:
    """Raise LimitError if the sizes in the headers exceed the limits."""
    if sum(page.width * page.height for page in opened) > limits.pixels:
        size = " and ".join(f"{page.width} x {page.height}" for page in opened[:3])
        more = f" and {len(opened) - 3} more pages" if len(opened) > 3 else ""
        raise LimitError(f"{title}: {size} pixels{more}, over the limit of {limits.pixels} pixels")
    for page in opened:
        if page.frames > limits.frames:
            raise LimitError(f"{title}: {page.frames} frames, over the limit of {limits.frames}")


def encode(photo: Raster, *, format: str = "", quality: int = 95) -> bytes:
    """Encode a photo as the bytes of a file: in the given format, else in the photo's own, else as PNG.

    quality: 1..100, for JPEG and WebP. JPEG stores no alpha (the photo is blended over white), and only PNG and TIFF
    store 16 bits. Raises OutputError.
    """
    own = photo.format if photo.format in MEDIA_TYPES else "png"
    return _encode_pages(photo, files.one_line(photo.name) or "picture", format or own, quality)


def _encode_pages(photo: Raster, title: str, format: str, quality: int) -> bytes:
    """The bytes of a file, of all pages. Raises OutputError."""
    kind = _kind(photo, title, format)
    try:
        parts = [_page(page, kind, _settings(photo, kind, quality)) for page in (photo, *photo.pages)]
        return tiff.join(parts) if photo.pages else parts[0]
    except (pyvips.Error, struct.error, ValueError) as error:
        raise OutputError(f"{title}: cannot be encoded as {kind}") from error


def _page(photo: Raster, kind: str, settings: dict[str, Any]) -> bytes:
    values, flags = _values(photo, kind), fields.keep_flags(photo.metadata, kind)
    with large.releasing(values):
        data: bytes = pyvips.Operation.call(f"{kind}save_buffer", _image(values, photo, kind), keep=flags, **settings)
    return fields.add_missing(data, photo.metadata, kind)


def _save(photo: Raster, file: BinaryIO, kind: str, settings: dict[str, Any]) -> None:
    """Encode into an open file. Raises OSError if the disk is full, pyvips.Error."""
    values, flags = _values(photo, kind), fields.keep_flags(photo.metadata, kind)
    target = pyvips.Target.new_to_descriptor(file.fileno())
    try:
        with large.releasing(values):
            pyvips.Operation.call(f"{kind}save_target", _image(values, photo, kind), target, keep=flags, **settings)
    except pyvips.Error as error:
        code = next((code for code in _DISK_ERRORS if os.strerror(code) in str(error)), None)
        if code is None:
            raise
        raise OSError(code, os.strerror(code)) from error
    fields.add_missing_to_file(file, photo.metadata, kind)


def _kind(photo: Raster, title: str, format: str) -> str:
    """The canonical name of a format. Raises OutputError if it is unknown, or cannot hold the photo."""
    kind = EXTENSIONS.get("." + format.lower(), format.lower())
    if kind not in MEDIA_TYPES:
        raise OutputError(f"{title}: unknown format {format!r}; use one of {', '.join(MEDIA_TYPES)}")
    if max(photo.size) > _MAX_SIDES[kind]:
        raise OutputError(f"{title}: {kind} holds at most {_MAX_SIDES[kind]} pixels a side; use png or tiff")
    if photo.pages and kind != "tiff":
        raise OutputError(f"{title}: {kind} holds one page, the photo has {len(photo.pages) + 1}; use tiff")
    return kind


def _values(photo: Raster, format: str) -> Array:
    """The pixel values to write, copied only if necessary."""
    pixels = _with_alpha(photo.pixels if photo.native is None else photo.native, photo.alpha)
    return large.contiguous(pixels if format in _WITH_16_BITS else eight_bits(pixels))


def _image(values: Array, photo: Raster, format: str) -> pyvips.Image:
    """The image to write, with its profile and metadata."""
    tag = photo.icc if photo.pixels.ndim == 3 and profile.kind(photo.icc) == "rgb" else None
    image = vips.with_icc(vips.of(values), tag) if tag else vips.of(values)
    return fields.attach(image, photo.metadata, format)


def _with_alpha(pixels: Pixels, alpha: Pixels | None) -> Pixels:
    if alpha is None:
        return pixels
    bands = 2 if pixels.ndim == 2 else 4
    out = large.empty((*alpha.shape, bands), pixels.dtype)
    return large.by_rows(lambda *rows: np.dstack(rows), (pixels, alpha), out)


def _settings(photo: Raster, format: str, quality: int) -> dict[str, Any]:
    quality = min(max(quality, 1), 100)
    if format == "jpeg":
        subsampling = "off" if quality >= 90 else "on"  # 4:4:4, for sharp edges of colours
        optimize = photo.pixels.size <= _OPTIMIZED_JPEG  # for larger photos this would take longer than blending
        return {"Q": quality, "subsample_mode": subsampling, "optimize_coding": optimize, "background": [255]}
    if format == "webp":
        return {"Q": quality, "effort": 2}
    if format == "png":
        return {"compression": 3}
    big = sum(page.pixels.nbytes for page in (photo, *photo.pages)) > _CLASSIC_TIFF
    return {"compression": "deflate", "level": 3, "predictor": "horizontal", "bigtiff": big}


def _is_large(photo: Raster) -> bool:
    return photo.pixels.nbytes >= large.LARGE


def write(photo: Raster, path: str | Path, *, format: str = "", quality: int = 95) -> None:
    """Write a photo to a file, completely or not at all, in the given format, else by the path's extension.

    Missing folders are created. An existing file is only replaced once the new one is complete. Raises OutputError.
    """
    name = files.one_line(str(path))
    extension = Path(path).suffix.lower()
    if not format and extension not in EXTENSIONS:
        raise OutputError(f"{name}: unknown ending {extension!r}; use one of {', '.join(EXTENSIONS)}")
    image_format = format or EXTENSIONS[extension]
    if photo.pages or not _is_large(photo):
        files.write(path, _encode_pages(photo, name, image_format, quality))
        return
    kind = _kind(photo, name, image_format)
    try:
        files.write_with(path, lambda file: _save(photo, file, kind, _settings(photo, kind, quality)))
    except (pyvips.Error, struct.error) as error:
        raise OutputError(f"{name}: cannot be encoded as {kind}") from error
