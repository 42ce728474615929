"""Files that Pillow decodes: BMP, PNM, TGA, PCX, Photoshop, JPEG 2000 and others; with a plugin HEIF and JPEG XL.

Only Pillow's class for the file's own format is used. It reads the header first, so that pictures over the limits are
refused before they are decoded. Colours of more than 8 bits, for which Pillow has no mode, are decoded by OpenCV.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import cv2
import numpy as np
import pyvips
from PIL import Image, UnidentifiedImageError

from handtint.image.arrays import vips
from handtint.image.io import jxl_header, pillow
from handtint.image.io.opened import File, Opened, UnsupportedError
from handtint.types import Array, Content

_CLASSES = {
    "bmp": ("Bmp", "BmpImageFile"),
    "pnm": ("Ppm", "PpmImageFile"),
    "psd": ("Psd", "PsdImageFile"),
    "pcx": ("Pcx", "PcxImageFile"),
    "sgi": ("Sgi", "SgiImageFile"),
    "sun": ("Sun", "SunImageFile"),
    "qoi": ("Qoi", "QoiImageFile"),
    "tga": ("Tga", "TgaImageFile"),
    "jp2k": ("Jpeg2K", "Jpeg2KImageFile"),
    "tiff": ("Tiff", "TiffImageFile"),
}
_PNM_HEADER = re.compile(rb"P[36]\s+(?:#[^\n]*\n\s*)*\d+\s+(?:#[^\n]*\n\s*)*\d+\s+(?:#[^\n]*\n\s*)*(\d+)\s")
_LACKING = re.compile("unknown|unsupported|not supported", re.IGNORECASE)
_BITS = 258  # TIFF's BitsPerSample
_UPRIGHT = 1  # EXIF's orientation of what needs no turning


def decoded(file: File) -> Opened:
    """A file decoded by Pillow itself; of a TIFF file, one page."""
    module, name = _CLASSES[file.format]
    with _reading():
        picture: Image.Image = getattr(import_module(f"PIL.{module}ImagePlugin"), name)(io.BytesIO(file.data), "")
        if file.page.number:
            picture.seek(file.page.number)
    highest = _highest(file, picture)
    deep = highest > 255 and picture.mode in ("RGB", "RGBA")

    def image() -> pyvips.Image:
        with _reading():
            picture.load()
            if deep and file.format != "tiff":
                result = _attached(vips.of(_deep(file.data, highest, len(picture.getbands()))), picture)
            else:
                result = pillow.image_of(picture)
        icc = _jp2_profile(file.data) if file.format == "jp2k" else None
        return vips.with_icc(result, icc) if icc else result

    note = "colours of more than 8 bits are read at 8 bits" if deep and file.format == "tiff" else ""
    return Opened(picture.width, picture.height, image, note=note)


def heif(file: File) -> Opened:
    """The first picture of a HEIF file, decoded and turned upright by pillow-heif."""
    try:
        import pillow_heif
    except ImportError as error:
        raise UnsupportedError from error
    with _reading():
        pictures = pillow_heif.open_heif(io.BytesIO(file.data), convert_hdr_to_8bit=False)
        width, height = pictures.size

    def image() -> pyvips.Image:
        with _reading():
            values, own = np.array(pictures), pictures[pictures.primary_index]
            described = Image.new("L", (1, 1))
            described.info = {key: own.info[key] for key in ("exif", "xmp", "icc_profile") if own.info.get(key)}
            return _attached(vips.of(values), described)

    return Opened(width, height, image, frames=len(pictures))


def jxl(file: File) -> Opened:
    """A JPEG XL file, decoded at 8 bits per channel and turned upright by Pillow's plugin."""
    try:
        from pillow_jxl.JpegXLImagePlugin import JXLImageFile
    except ImportError as error:
        raise UnsupportedError from error

    def image() -> pyvips.Image:
        with _reading():
            picture: Image.Image = JXLImageFile(io.BytesIO(file.data), "")
            picture.load()
            picture.getexif()[pillow.ORIENTATION] = _UPRIGHT
            return pillow.image_of(picture)

    return Opened(*jxl_header.size(file.data), image)


@contextmanager
def _reading() -> Iterator[None]:
    """Convert Pillow's errors: UnsupportedError for what it has no mode for, ValueError for all others."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged EXIF and the like, which is left out
            yield
    except (NotImplementedError, KeyError, UnidentifiedImageError) as error:
        raise UnsupportedError from error
    except SyntaxError as error:
        if isinstance(error.__cause__, KeyError) or _LACKING.search(str(error)):
            raise UnsupportedError from error
        raise ValueError(str(error)) from error
    except (OSError, EOFError, IndexError, TypeError, struct.error, RuntimeError) as error:
        raise ValueError(str(error)) from error


def _attached(image: pyvips.Image, picture: Image.Image) -> pyvips.Image:
    """The image with the metadata of a Pillow image, except for the orientation: it is upright already."""
    if icc := picture.info.get("icc_profile"):
        image = vips.with_icc(image, icc)
    return pillow.described(image, picture)


def _deep(data: Content, highest: int, channels: int) -> Array:
    """Colours of more than 8 bits, (H, W, 3 or 4) uint16, of a file that Pillow found intact."""
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.ndim != 3 or values.shape[2] != channels or values.dtype != np.uint16:
        raise UnsupportedError("colours of more than 8 bits")
    values = values[..., [2, 1, 0, 3][:channels]]
    if highest == 65535:
        return np.ascontiguousarray(values)
    return np.rint(values * (65535 / highest)).clip(0, 65535).astype(np.uint16)


def _highest(file: File, picture: Image.Image) -> int:
    """The highest value that a sample of the file can have."""
    if file.format == "pnm":
        head = _PNM_HEADER.match(file.data[:4096])
        return int(head[1]) if head else 255
    if file.format == "jp2k":  # in the SIZ marker of the codestream (ISO/IEC 15444-1, A.5.1)
        at = file.data.find(b"\xff\x4f\xff\x51")
        depth = file.data[at + 42] if 0 <= at < len(file.data) - 42 else 7
        return (1 << (min(depth & 0x7F, 15) + 1)) - 1
    bits: tuple[int, ...] = getattr(picture, "tag_v2", {}).get(_BITS, (8,))
    return (1 << min(max(bits), 16)) - 1


def _jp2_profile(data: Content) -> bytes | None:
    """The ICC profile in a JP2 file's colour specification box (ISO/IEC 15444-1, I.5.3.3), or None."""
    at = data[: max(data.find(b"jp2c"), 0)].find(b"colr")
    if at < 4 or data[at + 4] != 2:
        return None
    return bytes(data[at + 7 : at - 4 + int.from_bytes(data[at - 4 : at], "big")])
