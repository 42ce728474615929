"""Photographs without colour, to be left out of training: a network that is trained on them learns to predict gray."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from handtint import files
from handtint.data.ground_truth import rgb
from handtint.data.sources import Item
from handtint.errors import OutputError
from handtint.image.color import lab
from handtint.types import Array

THUMBNAIL = 64
# In a*b* units, on the thumbnail: mean and 95th percentile of chroma, standard deviation of the colours, in total and
# along their second principal axis. A sepia print has enough chroma, but one hue: its colours lie on a line.
MIN_MEAN, MIN_P95, MIN_SPREAD, MIN_SECOND = 3.5, 10.0, 3.0, 1.2


def is_colored(pixels: Array) -> bool:
    """Whether a picture, RGB (H, W, 3) uint8, is in colour: neither gray nor toned in one hue."""
    small = cv2.resize(np.ascontiguousarray(pixels), (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    ab = lab.split(small)[1].reshape(-1, 2).astype(np.float64)
    chroma = np.hypot(ab[:, 0], ab[:, 1])
    second, first = np.linalg.eigvalsh(np.cov(ab.T))
    return bool(
        chroma.mean() >= MIN_MEAN
        and np.percentile(chroma, 95) >= MIN_P95
        and np.sqrt(max(first + second, 0)) >= MIN_SPREAD
        and np.sqrt(max(second, 0)) >= MIN_SECOND
    )


def keep_colored(
    items: Sequence[Item], *, cache: Path | None = None, say: Callable[[str], None] = lambda _: None
) -> list[Item]:
    """The items that are in colour, in their order.

    The result is cached in the folder `cache`, for exactly these files with their sizes and dates. Raises InputError
    for a file that is no picture.
    """
    cache_file = (cache or _cache_folder()) / f"gray-{_fingerprint(items)}.json"
    gray = _read_cache(cache_file)
    if gray is None:
        say(f"looking for photographs without colour among {len(items)} (only once for these)")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            flags = pool.map(lambda item: is_colored(rgb(item)), items)
            gray = [i for i, in_color in enumerate(flags) if not in_color]
        _write_cache(cache_file, gray)
    say(f"{len(gray)} of {len(items)} photographs have no colour and are left out")
    gray_indices = set(gray)
    return [item for i, item in enumerate(items) if i not in gray_indices]


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "handtint"


def _fingerprint(items: Sequence[Item]) -> str:
    digest = hashlib.sha256(repr((THUMBNAIL, MIN_MEAN, MIN_P95, MIN_SPREAD, MIN_SECOND)).encode())
    stamps: dict[str, tuple[int, int]] = {}
    for item in items:
        if item.path not in stamps:
            status = Path(item.path).stat()
            stamps[item.path] = status.st_size, status.st_mtime_ns
        digest.update(repr((item, stamps[item.path])).encode())
    return digest.hexdigest()[:24]


def _read_cache(cache_file: Path) -> list[int] | None:
    try:
        return [int(i) for i in json.loads(cache_file.read_text())]
    except (OSError, ValueError, TypeError):
        return None


def _write_cache(cache_file: Path, gray: list[int]) -> None:
    """Write the result into the cache; if that fails, the next run computes it again."""
    with suppress(OutputError):
        files.write(cache_file, json.dumps(gray).encode())
