"""The file formats of photographs: their names, extensions, signatures and decoders."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """A file format.

    title: its usual name. extensions: of file names, lower case, the usual one first. signatures: (offset, bytes)
    pairs, of which every file has one. decoders: keys of `decoders.DECODERS`, tried in this order. extra: the extra of
    handtint with a library for files that the base install cannot decode, or "".
    """

    name: str
    title: str
    extensions: tuple[str, ...]
    signatures: tuple[tuple[int, bytes], ...]
    decoders: tuple[str, ...] = ("pillow",)
    extra: str = ""


def _starts(*signatures: bytes, at: int = 0) -> tuple[tuple[int, bytes], ...]:
    return tuple((at, signature) for signature in signatures)


_TIFF = _starts(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_HEIF = _starts(b"ftypavi", b"ftyphei", b"ftyphev", b"ftypmif1", b"ftypmsf1", at=4)
_JP2K = _starts(b"\0\0\0\x0cjP  \r\n", b"\xff\x4f\xff\x51")
_JXL = _starts(b"\xff\x0a", b"\0\0\0\x0cJXL \r\n")
_PNM = _starts(
    *(b"P" + kind + space for kind in (b"1", b"2", b"3", b"4", b"5", b"6") for space in (b" ", b"\n", b"\r"))
)
_PCX = _starts(*(bytes((10, version, 1, bits)) for version in (0, 2, 3, 4, 5) for bits in (1, 2, 4, 8)))

FORMATS = (
    Format("jpeg", "JPEG", (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), _starts(b"\xff\xd8\xff"), ("vips",)),
    Format("png", "PNG", (".png", ".apng"), _starts(b"\x89PNG\r\n\x1a\n"), ("vips",)),
    Format("tiff", "TIFF", (".tif", ".tiff"), _TIFF, ("vips", "tifffile", "pillow"), extra="tiff"),
    Format("webp", "WebP", (".webp",), _starts(b"WEBP", at=8), ("vips",)),
    Format("gif", "GIF", (".gif",), _starts(b"GIF8"), ("vips",)),
    Format("heif", "HEIF", (".avif", ".heic", ".heif", ".hif"), _HEIF, ("vips", "pillow-heif"), extra="heif"),
    Format("jp2k", "JPEG 2000", (".jp2", ".j2k", ".jpx", ".jpf", ".j2c", ".jpc"), _JP2K, ("vips", "pillow")),
    Format("jxl", "JPEG XL", (".jxl",), _JXL, ("vips", "pillow-jxl"), extra="jxl"),
    Format("bmp", "BMP", (".bmp", ".dib"), _starts(b"BM")),
    Format("pnm", "PNM", (".pnm", ".pgm", ".ppm", ".pbm"), _PNM),
    Format("psd", "Photoshop", (".psd",), _starts(b"8BPS")),
    Format("pcx", "PCX", (".pcx",), _PCX),
    Format("sgi", "SGI", (".sgi", ".rgb", ".rgba", ".bw"), _starts(b"\x01\xda\x00", b"\x01\xda\x01")),
    Format("sun", "Sun raster", (".ras", ".sun"), _starts(b"\x59\xa6\x6a\x95")),
    Format("qoi", "QOI", (".qoi",), _starts(b"qoif")),
    Format("tga", "TGA", (".tga", ".vda", ".icb", ".vst"), ()),  # has no signature: see _is_tga
)
BY_NAME = {known.name: known for known in FORMATS}
MEDIA_TYPES = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "tiff": "image/tiff",
    "webp": "image/webp",
}  # of written formats
EXTENSIONS = {
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".png": "png",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".webp": "webp",
}  # of written formats
EXTRAS = {"tiff": ("tifffile", "imagecodecs"), "heif": ("pillow_heif",), "jxl": ("pillow_jxl",)}  # with their modules
READABLE = frozenset(ending for known in FORMATS for ending in known.extensions)
_BITS = {1: (8,), 2: (16, 24, 32), 3: (8, 16)}  # per pixel, for each type of TGA: palette, colour, gray


def recognize(data: bytes) -> str:
    """The name of a file's format by its first bytes, "" for one that is not supported."""
    for candidate in FORMATS:
        if any(data.startswith(signature, at) for at, signature in candidate.signatures):
            return candidate.name
    return "tga" if _is_tga(data[:18]) else ""


def _is_tga(header: bytes) -> bool:
    """Whether 18 bytes can be the header of a TGA file: consistent type and palette, valid sizes and bits."""
    if len(header) < 18 or header[1] > 1 or header[2] & ~8 not in _BITS:
        return False
    kind, bits, flags = header[2] & ~8, header[16], header[17]
    palette = (kind == 1) == (header[1] == 1) and (header[1] == 1 or not any(header[3:8]))
    size = any(header[12:14]) and any(header[14:16])
    return palette and size and bits in _BITS[kind] and not flags & 0xC0
