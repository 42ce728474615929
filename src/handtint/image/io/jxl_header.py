"""The size of a JPEG XL picture, read from the file's header, because decoders report it only with the pixels.

Source: ISO/IEC 18181-1, Annex D.2 (SizeHeader); 18181-2 (boxes).
"""

from __future__ import annotations

from handtint.types import Content

_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
_LENGTHS = (9, 13, 18, 30)  # bits


def size(data: Content) -> tuple[int, int]:
    """(width, height) in pixels, before any rotation. Raises ValueError if there is no header."""
    bits = int.from_bytes(data[_codestream(data) + 2 :][:16], "little")  # the lowest bit comes first
    position = 0

    def take(count: int) -> int:
        nonlocal position
        value = bits >> position & (1 << count) - 1
        position += count
        return value

    def side(by_eight: int) -> int:
        return 8 * (take(5) + 1) if by_eight else take(_LENGTHS[take(2)]) + 1

    by_eight = take(1)
    height = side(by_eight)
    ratio = take(3)
    if ratio:
        numerator, denominator = _RATIOS[ratio]
        return height * numerator // denominator, height
    return side(by_eight), height


def _codestream(data: Content) -> int:
    """The offset of the codestream: the file's start, or in the first of the boxes that hold it."""
    if data[:2] == b"\xff\x0a":
        return 0
    offset = 0
    while offset + 16 <= len(data):
        length, kind = int.from_bytes(data[offset : offset + 4], "big"), data[offset + 4 : offset + 8]
        header_size = 16 if length == 1 else 8
        if kind in (b"jxlc", b"jxlp"):
            start = offset + header_size + (4 if kind == b"jxlp" else 0)
            if data[start : start + 2] == b"\xff\x0a":
                return start
            break
        if length == 1:
            length = int.from_bytes(data[offset + 8 : offset + 16], "big")
        if length < header_size:
            break
        offset += length
    raise ValueError("no JPEG XL codestream")
