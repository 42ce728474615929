"""Photographs without colour, to be left out of training: a network that is shown them learns to predict gray."""

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
# In a*b* units, on the thumbnail: mean and 95th percentile of chroma, spread of the colours and of their second
# principal axis. A sepia print has chroma enough but one hue: its colours lie on a line.
LEAST_MEAN, LEAST_P95, LEAST_SPREAD, LEAST_SECOND = 3.5, 10.0, 3.0, 1.2


def colored(pixels: Array) -> bool:
    """Whether a picture, RGB (H, W, 3) uint8, is in colour: neither gray nor toned in one hue."""
    small = cv2.resize(np.ascontiguousarray(pixels), (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    ab = lab.split(small)[1].reshape(-1, 2).astype(np.float64)
    chroma = np.hypot(ab[:, 0], ab[:, 1])
    second, first = np.linalg.eigvalsh(np.cov(ab.T))
    return bool(
        chroma.mean() >= LEAST_MEAN
        and np.percentile(chroma, 95) >= LEAST_P95
        and np.sqrt(max(first + second, 0)) >= LEAST_SPREAD
        and np.sqrt(max(second, 0)) >= LEAST_SECOND
    )


def keep_colored(
    items: Sequence[Item], *, cache: Path | None = None, say: Callable[[str], None] = lambda _: None
) -> list[Item]:
    """The items that are in colour, in their order.

    The result is cached in the folder `cache`, for exactly these files with their sizes and dates. Raises InputError
    for a file that is no picture.
    """
    memory = (cache or _cache()) / f"gray-{_fingerprint(items)}.json"
    gray = _remembered(memory)
    if gray is None:
        say(f"looking for photographs without colour among {len(items)}, this once")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            answers = pool.map(lambda item: colored(rgb(item)), items)
            gray = [i for i, answer in enumerate(answers) if not answer]
        _remember(memory, gray)
    say(f"{len(gray)} of {len(items)} photographs have no colour and are left out")
    without = set(gray)
    return [item for i, item in enumerate(items) if i not in without]


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "handtint"


def _fingerprint(items: Sequence[Item]) -> str:
    digest = hashlib.sha256(repr((THUMBNAIL, LEAST_MEAN, LEAST_P95, LEAST_SPREAD, LEAST_SECOND)).encode())
    stamps: dict[str, tuple[int, int]] = {}
    for item in items:
        if item.path not in stamps:
            status = Path(item.path).stat()
            stamps[item.path] = status.st_size, status.st_mtime_ns
        digest.update(repr((item, stamps[item.path])).encode())
    return digest.hexdigest()[:24]


def _remembered(memory: Path) -> list[int] | None:
    try:
        return [int(i) for i in json.loads(memory.read_text())]
    except (OSError, ValueError, TypeError):
        return None


def _remember(memory: Path, gray: list[int]) -> None:
    """Write the result into the cache; if that fails, the next run computes it again."""
    with suppress(OutputError):
        files.write(memory, json.dumps(gray).encode())
