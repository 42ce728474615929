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
_UNSUPPORTED = re.compile("unknown|unsupported|not supported", re.IGNORECASE)
_BITS = 258  # TIFF's BitsPerSample
_UPRIGHT = 1  # EXIF orientation of upright pictures


def decoded(file: File) -> Opened:
    """A file decoded by Pillow itself; of a TIFF file, one page."""
    module, name = _CLASSES[file.format]
    with _translated_errors():
        picture: Image.Image = getattr(import_module(f"PIL.{module}ImagePlugin"), name)(io.BytesIO(file.data), "")
        if file.page.number:
            picture.seek(file.page.number)
    max_value = _max_value(file, picture)
    is_deep = max_value > 255 and picture.mode in ("RGB", "RGBA")

    def image() -> pyvips.Image:
        with _translated_errors():
            picture.load()
            if is_deep and file.format != "tiff":
                result = _with_metadata(vips.of(_decode_16_bit(file.data, max_value, len(picture.getbands()))), picture)
            else:
                result = pillow.to_vips(picture)
        icc = _jp2_profile(file.data) if file.format == "jp2k" else None
        return vips.with_icc(result, icc) if icc else result

    note = "colours of more than 8 bits are read at 8 bits" if is_deep and file.format == "tiff" else ""
    return Opened(picture.width, picture.height, image, note=note)


def heif(file: File) -> Opened:
    """The first picture of a HEIF file, decoded and turned upright by pillow-heif."""
    try:
        import pillow_heif
    except ImportError as error:
        raise UnsupportedError from error
    with _translated_errors():
        pictures = pillow_heif.open_heif(io.BytesIO(file.data), convert_hdr_to_8bit=False)
        width, height = pictures.size

    def image() -> pyvips.Image:
        with _translated_errors():
            values, primary = np.array(pictures), pictures[pictures.primary_index]
            holder = Image.new("L", (1, 1))
            holder.info = {key: primary.info[key] for key in ("exif", "xmp", "icc_profile") if primary.info.get(key)}
            return _with_metadata(vips.of(values), holder)

    return Opened(width, height, image, frames=len(pictures))


def jxl(file: File) -> Opened:
    """A JPEG XL file, decoded at 8 bits per channel and turned upright by Pillow's plugin."""
    try:
        from pillow_jxl.JpegXLImagePlugin import JXLImageFile
    except ImportError as error:
        raise UnsupportedError from error

    def image() -> pyvips.Image:
        with _translated_errors():
            picture: Image.Image = JXLImageFile(io.BytesIO(file.data), "")
            picture.load()
            picture.getexif()[pillow.ORIENTATION] = _UPRIGHT
            return pillow.to_vips(picture)

    return Opened(*jxl_header.size(file.data), image)


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Convert Pillow's errors: UnsupportedError for unsupported modes and variants, ValueError for all others."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about damaged EXIF and the like, which is left out
            yield
    except (NotImplementedError, KeyError, UnidentifiedImageError) as error:
        raise UnsupportedError from error
    except SyntaxError as error:
        if isinstance(error.__cause__, KeyError) or _UNSUPPORTED.search(str(error)):
            raise UnsupportedError from error
        raise ValueError(str(error)) from error
    except (OSError, EOFError, IndexError, TypeError, struct.error, RuntimeError) as error:
        raise ValueError(str(error)) from error


def _with_metadata(image: pyvips.Image, picture: Image.Image) -> pyvips.Image:
    """The image with the metadata of a Pillow image, except for the orientation: it is upright already."""
    if icc := picture.info.get("icc_profile"):
        image = vips.with_icc(image, icc)
    return pillow.with_metadata(image, picture)


def _decode_16_bit(data: Content, max_value: int, channels: int) -> Array:
    """Colours of more than 8 bits, (H, W, 3 or 4) uint16, of a file that Pillow has decoded without errors."""
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.ndim != 3 or values.shape[2] != channels or values.dtype != np.uint16:
        raise UnsupportedError("colours of more than 8 bits")
    values = values[..., [2, 1, 0, 3][:channels]]
    if max_value == 65535:
        return np.ascontiguousarray(values)
    return np.rint(values * (65535 / max_value)).clip(0, 65535).astype(np.uint16)


def _max_value(file: File, picture: Image.Image) -> int:
    """The highest value that a sample of the file can have."""
    if file.format == "pnm":
        header = _PNM_HEADER.match(file.data[:4096])
        return int(header[1]) if header else 255
    if file.format == "jp2k":  # in the SIZ marker of the codestream (ISO/IEC 15444-1, A.5.1)
        offset = file.data.find(b"\xff\x4f\xff\x51")
        depth = file.data[offset + 42] if 0 <= offset < len(file.data) - 42 else 7
        return (1 << (min(depth & 0x7F, 15) + 1)) - 1
    bits: tuple[int, ...] = getattr(picture, "tag_v2", {}).get(_BITS, (8,))
    return (1 << min(max(bits), 16)) - 1


def _jp2_profile(data: Content) -> bytes | None:
    """The ICC profile in a JP2 file's colour specification box (ISO/IEC 15444-1, I.5.3.3), or None."""
    offset = data[: max(data.find(b"jp2c"), 0)].find(b"colr")
    if offset < 4 or data[offset + 4] != 2:
        return None
    return bytes(data[offset + 7 : offset - 4 + int.from_bytes(data[offset - 4 : offset], "big")])
