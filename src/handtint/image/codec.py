"""Bytes <-> Photo: the formats, the limits, the files.

Only loaders of photographs are ever called, picked by the first bytes of the file: nothing that is drawn by a
program (SVG, PDF), fetched, or read as numbers.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyvips

from handtint.errors import DecodeError, LimitError, OutputError
from handtint.image import exif, files, metadata, profile, vips
from handtint.image.depth import eight_bits
from handtint.image.develop import check_kind, develop
from handtint.image.photo import Photo
from handtint.image.profile import to_profile

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Limits", "decode", "encode", "from_pillow", "read", "to_pillow", "to_profile", "write"]

FORMATS = ("jpeg", "png", "tiff", "webp")  # what can be written
ENDINGS = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".tif": "tiff", ".tiff": "tiff", ".webp": "webp"}

_SIGNATURES = (
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"II*\0", "tiff"),
    (0, b"MM\0*", "tiff"),
    (0, b"II+\0", "tiff"),
    (0, b"MM\0+", "tiff"),
    (8, b"WEBP", "webp"),
    (0, b"GIF8", "gif"),
    (4, b"ftypavi", "heif"),
    (4, b"ftyphei", "heif"),
    (4, b"ftypmif1", "heif"),
    (0, b"\0\0\0\x0cjP  \r\n", "jp2k"),
    (0, b"\xff\x4f\xff\x51", "jp2k"),
    (0, b"\xff\x0a", "jxl"),
    (0, b"\0\0\0\x0cJXL \r\n", "jxl"),
)
_REFUSED = ((b"<svg", "svg"), (b"%pdf-", "pdf"), (b"<html", "html"), (b"%!ps", "postscript"))
_LARGEST = {"jpeg": 65500, "webp": 16383, "png": 2**31 - 1, "tiff": 2**31 - 1}
_SIXTEEN = {"png", "tiff"}
_CLASSIC_TIFF = 3_500_000_000  # bytes of pixels above which a TIFF gets 64-bit offsets


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a picture may be: checked before its pixels are decoded."""

    pixels: int = 300_000_000
    bytes: int = 1 << 30


def decode(data: bytes, *, name: str = "", limits: Limits = Limits()) -> Photo:
    """The photo in a picture file's bytes; of several pages or frames the first.

    Raises DecodeError where there is none or it is damaged or cut short, LimitError where it is over the limits.
    """
    title = files.one_line(name) or "picture"
    if len(data) > limits.bytes:
        raise LimitError(f"{title}: larger than the limit of {limits.bytes} bytes")
    kind = _kind_of(data, title)
    try:
        image = _open(data, kind)
        _check_size(image, title, limits)
        check_kind(image, title)
        return develop(image, name=name, format=kind, metadata=metadata.collect(image, kind, data))
    except pyvips.Error as error:
        text = f"{title}: cannot be decoded as {kind}: damaged, cut short or of a kind that is not supported"
        raise DecodeError(text) from error


def read(path: str | Path, *, limits: Limits = Limits()) -> Photo:
    """The photo in a file. Raises InputError where the file cannot be read, and what decode raises."""
    return decode(files.read(path, limits.bytes), name=str(path), limits=limits)


def _kind_of(data: bytes, title: str) -> str:
    for at, signature, kind in _SIGNATURES:
        if data.startswith(signature, at):
            return kind
    if not data:
        raise DecodeError(f"{title}: no data")
    start = data[:1024].lower()
    refused = next((f" ({kind})" for mark, kind in _REFUSED if mark in start), "")
    raise DecodeError(f"{title}: not a photograph format{refused}")


def _open(data: bytes, format: str) -> pyvips.Image:
    """The header of a picture; its pixels are decoded when asked for, and damage that libvips sees is then an error."""
    if format == "tiff" and not exif.is_whole(data):  # libvips fills missing uncompressed strips in silence
        raise pyvips.Error("cut short")
    return pyvips.Operation.call(f"{format}load_buffer", data, access="sequential", fail_on="error")


def _check_size(image: pyvips.Image, title: str, limits: Limits) -> None:
    if image.width * image.height > limits.pixels:
        size = f"{image.width} x {image.height} pixels"
        raise LimitError(f"{title}: {size}, over the limit of {limits.pixels} pixels")


def encode(photo: Photo, *, format: str = "", quality: int = 95) -> bytes:
    """The bytes of a file: of the format given, else of the photo's own, else PNG.

    quality: 1..100, of JPEG and WebP. What a format cannot hold is given up: JPEG's alpha over white, 16 bits
    outside PNG and TIFF. Raises OutputError.
    """
    own = photo.format if photo.format in FORMATS else "png"
    return _encoded(photo, files.one_line(photo.name) or "picture", format or own, quality)


def _encoded(photo: Photo, title: str, format: str, quality: int) -> bytes:
    kind = ENDINGS.get("." + format.lower(), format.lower())
    if kind not in FORMATS:
        raise OutputError(f"{title}: unknown format {format!r}; use one of {', '.join(FORMATS)}")
    if max(photo.size) > _LARGEST[kind]:
        raise OutputError(f"{title}: {kind} holds at most {_LARGEST[kind]} pixels a side; use png or tiff")
    image = metadata.attach(_image(photo, kind), photo.metadata, kind)
    try:
        data: bytes = pyvips.Operation.call(f"{kind}save_buffer", image, **_settings(photo, kind, quality))
        return metadata.finish(data, photo.metadata, kind)
    except (pyvips.Error, struct.error, ValueError) as error:
        raise OutputError(f"{title}: cannot be encoded as {kind}") from error


def _image(photo: Photo, format: str) -> pyvips.Image:
    """The values to write, in the encoding of the profile that goes with them; not copied where that can be spared."""
    pixels = photo.pixels if photo.native is None else photo.native
    array = pixels if photo.alpha is None else np.dstack([pixels, photo.alpha])
    if format not in _SIXTEEN:
        array = eight_bits(array)
    tag = photo.icc if pixels.ndim == 3 and profile.kind(photo.icc) == "rgb" else None
    return vips.tagged(vips.of(array), tag) if tag else vips.of(array)


def _settings(photo: Photo, format: str, quality: int) -> dict[str, Any]:
    quality = min(max(quality, 1), 100)
    keep = {"keep": metadata.kept(photo.metadata, format)}
    if format == "jpeg":
        full = "off" if quality >= 90 else "on"  # 4:4:4: tints have edges of their own
        return {"Q": quality, "subsample_mode": full, "optimize_coding": True, "background": [255], **keep}
    if format == "webp":
        return {"Q": quality, "effort": 2, **keep}
    if format == "png":
        return {"compression": 3, **keep}
    big = photo.pixels.nbytes > _CLASSIC_TIFF
    return {"compression": "deflate", "level": 3, "predictor": "horizontal", "bigtiff": big, **keep}


def write(photo: Photo, path: str | Path, *, format: str = "", quality: int = 95) -> None:
    """Write a photo to a file, whole or not at all, in the format given or else by the path's ending.

    Its folders are made. A file already there stays as it was until the new one is complete. Raises OutputError.
    """
    name = files.one_line(str(path))
    ending = Path(path).suffix.lower()
    if not format and ending not in ENDINGS:
        raise OutputError(f"{name}: unknown ending {ending!r}; use one of {', '.join(ENDINGS)}")
    files.write(path, _encoded(photo, name, format or ENDINGS[ending], quality))


def from_pillow(picture: Image) -> Photo:
    """A photo of a Pillow image of any mode but those of 32 bits. Raises InputError."""
    from handtint.image import pillow

    return pillow.from_pillow(picture)


def to_pillow(photo: Photo) -> Image:
    """A Pillow image, 8 bits a channel, in the photo's own encoding with its profile."""
    from handtint.image import pillow

    return pillow.to_pillow(photo)
