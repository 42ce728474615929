"""Content negotiation: whether a client accepts pictures, in which formats, or JSON.

Source: RFC 9110, section 12.5.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from handtint.errors import ServiceError
from handtint.image.io.formats import MEDIA_TYPES

JSON = "application/json"
_QUALITY = re.compile(r"(?:^|;)\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*(?:;|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The kind of response to send. formats: equally acceptable formats of the picture, in the order of the header."""

    json: bool
    formats: tuple[str, ...]


def parse(header: str, format: str | None = None) -> Accepted:
    """The response for an Accept header, and for the option `format`, if it is given.

    A picture is preferred to JSON of the same quality. Raises ServiceError if nothing available is accepted.
    """
    ranges = _ranges(header)
    json = _quality(ranges, JSON)
    images = {name: _quality(ranges, media) for name, media in MEDIA_TYPES.items()}
    if format:
        images = {name: quality for name, quality in images.items() if name == format}
    best = max(images.values())
    if json > best:
        return Accepted(True, tuple(images) if format is None else (format,))
    if not best:
        available = ", ".join([*(MEDIA_TYPES[name] for name in images), JSON])
        raise ServiceError("not-acceptable", f"the available types are {available}")
    order = [range_ for range_, _ in ranges]
    named = [name for name in images if images[name] == best]
    named.sort(key=lambda name: order.index(MEDIA_TYPES[name]) if MEDIA_TYPES[name] in order else len(order))
    return Accepted(False, tuple(named))


def _ranges(header: str) -> list[tuple[str, float]]:
    """(media range, quality) in the header's order; malformed parts are skipped."""
    ranges = []
    for part in header.split(","):
        name, _, parameters = part.partition(";")
        quality = _QUALITY.search(parameters)
        if name.strip():
            ranges.append((name.strip().lower(), min(1.0, float(quality[1])) if quality else 1.0))
    return ranges or [("*/*", 1.0)]


def _quality(ranges: list[tuple[str, float]], media: str) -> float:
    """The quality of a media type, 0..1: that of the most specific range that contains it."""
    qualities = dict(ranges)
    for range_ in (media, f"{media.partition('/')[0]}/*", "*/*"):
        if range_ in qualities:
            return qualities[range_]
    return 0.0
