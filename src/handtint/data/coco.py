"""The photographs of the report: fastai's sample of COCO, and a reproducible choice among them.

The report's own choice cannot be reproduced: its list of files was in the order that the file system returned. Here
the list is sorted before the seeded choice, and the chosen names are written next to the run.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from handtint import files
from handtint.data.sources import Item, open_sources
from handtint.errors import InputError, OutputError

URL = "https://s3.amazonaws.com/fast-ai-coco/coco_sample.tgz"  # fastai's URLs.COCO_SAMPLE, 3.2 GB
FOLDER = "train_sample"
TRAINING, VALIDATION = 8_000, 2_000


def open_sample(path: Path, *, download: bool = False) -> list[Item]:
    """All photographs of the sample, sorted by name.

    path: the unpacked folder, or the archive, which is unpacked beside itself the first time. download: whether to
    download a missing archive from URL; otherwise nothing is downloaded. Raises InputError.
    """
    if download and not path.exists():
        _download(path)
    if path.is_file():
        path = _unpack(path)
    folders = [p for p in (path / "coco_sample" / FOLDER, path / FOLDER, path) if p.is_dir()]
    if not folders:
        raise InputError(f"{path}: no COCO sample there; give its folder or archive, or ask for the download")
    return open_sources([folders[0]])


def choose(
    items: Sequence[Item], seed: int, *, training: int = TRAINING, validation: int = VALIDATION
) -> tuple[list[Item], list[Item]]:
    """(training, validation): that many photographs each, drawn at random from the sorted items with the seed.

    If there are too few photographs, both parts become smaller in proportion.
    """
    share = min(1.0, len(items) / (training + validation))
    order = np.random.default_rng(seed).permutation(len(items))
    first, both = int(training * share), int((training + validation) * share)
    return [items[i] for i in sorted(order[:first])], [items[i] for i in sorted(order[first:both])]


def _download(path: Path) -> None:
    try:
        with urllib.request.urlopen(URL, timeout=60) as response:  # nosec B310
            files.write_with(path, lambda file: shutil.copyfileobj(response, file))
    except (OSError, OutputError) as error:
        raise InputError(f"{URL}: {error}") from error


def _unpack(archive: Path) -> Path:
    """Unpack the archive into a folder beside it, unless that was done before, and return the folder."""
    folder = archive.with_name(archive.name.partition(".")[0])
    if folder.is_dir():
        return folder
    if not hasattr(tarfile, "data_filter"):  # before 3.11.4
        raise InputError(
            f"{archive}: this Python cannot unpack archives safely; unpack it yourself, or use a newer one"
        )
    partial_folder = folder.with_name(folder.name + ".part")
    shutil.rmtree(partial_folder, ignore_errors=True)
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(partial_folder, filter="data")
    except (OSError, tarfile.TarError) as error:
        raise InputError(f"{archive}: not an archive of the COCO sample: {error}") from error
    os.replace(partial_folder, folder)
    return folder
