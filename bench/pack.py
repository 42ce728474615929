"""Photographs at one size in tar shards of limited size, to train on another machine.

python bench/pack.py DIR|SHARD... --side 256 --megabytes 50 --out FOLDER [--quality 82]

Names are kept without their folders, so that the split into training and validation stays what it is. What is held out
is packed, too: training leaves it out again. Then, where the shards are:

handtint train handtint-colour-gpu --data FOLDER/shard-000.tar --data FOLDER/shard-001.tar ... --out RUN
"""

from __future__ import annotations

import argparse
import io
import tarfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from handtint.data.ground_truth import rgb
from handtint.data.sources import Item, open_sources


def packed(item: Item, side: int, quality: int) -> tuple[str, bytes]:
    """The photograph's name and a WebP file of it whose shorter side is at most `side` pixels."""
    picture = Image.fromarray(rgb(item))
    factor = min(1.0, side / min(picture.size))
    small = picture.resize((round(picture.width * factor), round(picture.height * factor)), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, "WEBP", quality=quality, method=4)
    return f"{item.stem}.webp", file.getvalue()


def shards(files: Iterable[tuple[str, bytes]], limit: int) -> Iterator[list[tuple[str, bytes]]]:
    """The files in groups whose tar archives have at most `limit` bytes."""
    group: list[tuple[str, bytes]] = []
    size = tarfile.RECORDSIZE
    for name, data in files:
        need = 512 * (2 + len(data) // 512)
        if group and size + need > limit:
            yield group
            group, size = [], tarfile.RECORDSIZE
        group.append((name, data))
        size += need
    if group:
        yield group


def write(path: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """A tar archive of the files."""
    with tarfile.open(path, "w") as tar:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", metavar="DIR|SHARD")
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--quality", type=int, default=82)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    items = {item.stem: item for item in open_sources(options.sources)}.values()
    with ThreadPoolExecutor() as pool:
        files = pool.map(lambda item: packed(item, options.side, options.quality), items)
        for number, group in enumerate(shards(files, options.megabytes * 1_000_000)):
            path = options.out / f"shard-{number:03}.tar"
            write(path, group)
            print(f"{path}: {len(group)} photographs, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
