"""Decoders of formats: libvips first, then other libraries for formats that the installed libvips does not support.

`formats.FORMATS` names the decoders of each format in the order in which they are tried. A decoder that does not
support a kind of file raises UnsupportedError, and the next is tried. If one finds a file damaged, no other is tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pyvips

from handtint.image.io import pillow_files, tiff_files
from handtint.image.io.formats import BY_NAME
from handtint.image.io.opened import File, Opened, UnsupportedError

# Messages of libvips and its libraries for missing support, as opposed to damaged files
_MISSING = re.compile(
    r"support is not configured|decoding is not implemented|not been built in|loading plugin|samples out of range"
    r"|bad labq format|[Uu]nsupported (?:feature|codec|image type)"
)
_COMPRESSION = re.compile(r"(\w+) compression support|[Cc]ompression (scheme \d+)|built in: (\w+)")


def openings(file: File, missing: list[str]) -> Iterator[Opened]:
    """Open a file with each decoder that supports it, the best first; what the others lack is appended to `missing`.

    Raises pyvips.Error, ValueError if the file is damaged.
    """
    for name in BY_NAME[file.format].decoders:
        try:
            yield DECODERS[name](file)
        except UnsupportedError as error:
            missing.append(str(error))


def missing_support(error: Exception) -> str | None:
    """What a decoder lacks for a file, "" if unknown; None if the file itself is damaged."""
    if isinstance(error, UnsupportedError):
        return str(error)
    if not isinstance(error, pyvips.Error) or not _MISSING.search(str(error)):
        return None
    match = _COMPRESSION.search(str(error))
    return f"compression {next(filter(None, match.groups()))}" if match else ""


def _vips(file: File) -> Opened:
    """Open a file with libvips, which decodes pixels lazily."""
    loader = f"{file.format}load_source"
    if not pyvips.type_find("VipsOperation", loader):
        raise UnsupportedError
    page_option = {"page": file.page.number} if file.page.number else {}
    source = pyvips.Source.new_from_memory(file.data)
    try:
        image = pyvips.Operation.call(loader, source, access="sequential", fail_on="error", **page_option)
    except pyvips.Error as error:
        if (reason := missing_support(error)) is not None:
            raise UnsupportedError(reason) from error
        raise
    animated = file.format != "tiff" and image.get_typeof("n-pages")
    return Opened(image.width, image.height, lambda: image, int(image.get("n-pages")) if animated else 1)


DECODERS: dict[str, Callable[[File], Opened]] = {
    "vips": _vips,
    "pillow": pillow_files.decoded,
    "pillow-heif": pillow_files.heif,
    "pillow-jxl": pillow_files.jxl,
    "tifffile": tiff_files.decoded,
}
