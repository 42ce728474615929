"""Strangers' files through the command line: python bench/corpus.py fetch FOLDER, then run FOLDER [--minutes N].

fetch: the test images of Pillow, libpng, libjpeg-turbo, libtiff and libwebp from Debian's source packages (apt-get,
from wherever this system gets its packages), and scikit-image's from its Python package. run: these files, copies of
a small file of every format cut off at every hundredth, and copies with flipped bits, many to a process. Counted are
tracebacks, crashes, time-outs, wrong exit statuses, and results that are there without being whole.
"""

from __future__ import annotations

import argparse
import collections
import functools
import io
import itertools
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PACKAGES = ("pillow", "libpng1.6", "libjpeg-turbo", "tiff", "libwebp")
_NAMES = (
    "png tif tiff jpg jpeg jpe jfif mpo webp gif avif heic jp2 j2k jpx jxl bmp ppm pgm pbm pnm ico icns tga psd dds "
    "eps fli flc im sgi rgb ras pcx xbm xpm svg pdf wmf emf hdr fits"
)
PICTURES = frozenset(f".{name}" for name in _NAMES.split(" "))
TINT = "from handtint.cli import main; main()"
START, EACH = 60, 20  # CPU seconds a process may take, and for each of its files
WAIT = 20  # times as long by the clock: other work may leave little of the processor


def fetch(folder: Path) -> None:
    """Fill the folder with the test images of well-known libraries, named PACKAGE-NUMBER-NAME."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        apt = _apt(Path(place))
        subprocess.run([*apt, "-qq", "update"], check=True)
        for package in PACKAGES:
            subprocess.run([*apt, "-qq", "--download-only", "source", package], cwd=place, check=False)
        for archive in sorted(Path(place).glob("*.orig.tar.*")):
            if archive.suffix != ".asc":
                _unpack(archive, folder)
    import skimage

    for number, path in enumerate(sorted((Path(skimage.__file__).parent / "data").iterdir())):
        if path.suffix.lower() in PICTURES:
            shutil.copy(path, folder / f"skimage-{number:03}-{path.name}")
    counts = collections.Counter(path.name.partition("-")[0] for path in folder.iterdir())
    print(f"{counts.total()} files in {folder}:", ", ".join(f"{name} {count}" for name, count in counts.items()))


def _apt(place: Path) -> list[str]:
    """apt-get with the system's own sources of packages, for source packages, leaving the system's lists alone."""
    (place / "parts").mkdir()
    (place / "lists" / "partial").mkdir(parents=True)
    for path in Path("/etc/apt/sources.list.d").glob("*.sources"):
        text = re.sub(r"^Types:.*$", "Types: deb-src", path.read_text(), flags=re.MULTILINE)
        if "debian" in text:
            (place / "parts" / path.name).write_text(text)
    settings = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": place / "parts",
        "Dir::State::Lists": place / "lists",
        "APT::Sandbox::User": "root",
    }
    return ["apt-get", *(f"-o{key}={value}" for key, value in settings.items())]


def _unpack(archive: Path, folder: Path) -> None:
    package = archive.name.split("_")[0]
    with tarfile.open(archive) as tar:
        for number, member in enumerate(tar):
            name = Path(member.name).name
            file = tar.extractfile(member) if member.isfile() and Path(name).suffix.lower() in PICTURES else None
            if file:
                (folder / f"{package}-{number:05}-{name}").write_bytes(file.read())


def damaged(place: Path, flips: int) -> Iterator[Path]:
    """A small file of every format cut off at every hundredth, then with a few bits flipped, `flips` copies each."""
    chance = random.Random(7)
    originals = small_files()
    for (name, data), percent in itertools.product(originals.items(), range(1, 100)):
        path = place / f"cut-{percent:02}-{name}"
        path.write_bytes(data[: len(data) * percent // 100])
        yield path
    for number, (name, data) in itertools.product(range(flips), originals.items()):
        copy = bytearray(data)
        for _ in range(chance.choice((1, 1, 2, 8, 64))):
            at = chance.randrange(len(copy) if chance.random() < 0.5 else min(400, len(copy)))
            copy[at] ^= 1 << chance.randrange(8)
        path = place / f"flip-{number:04}-{name}"
        path.write_bytes(copy)
        yield path


def small_files() -> dict[str, bytes]:
    """A small picture file of every format and kind of storage, by name."""
    import numpy as np
    from PIL import Image

    y, x = np.mgrid[0:48, 0:64]
    pixels = np.dstack([np.sin(x / 9) * 127 + 128, y * 5, x * y % 255]).astype(np.uint8)
    rgb, exif = Image.fromarray(pixels), Image.Exif()
    exif[0x010E], exif[0x0112] = "a street", 6
    kinds: dict[str, tuple[Image.Image, dict[str, object]]] = {
        "a.jpg": (rgb, {"exif": exif}),
        "p.jpg": (rgb.convert("L"), {"progressive": True}),
        "c.jpg": (rgb.convert("CMYK"), {}),
        "a.png": (rgb, {"exif": exif}),
        "i.png": (Image.fromarray(pixels[..., 0].astype(np.uint16) * 257), {}),
        "x.png": (rgb.quantize(16), {"transparency": 3}),
        "a.tif": (rgb, {"exif": exif}),
        "l.tif": (rgb, {"compression": "tiff_lzw"}),
        "m.tif": (rgb, {"compression": "tiff_adobe_deflate", "save_all": True, "append_images": [rgb.convert("L")]}),
        "b.tif": (rgb, {"big_tiff": True}),
        "a.webp": (rgb, {"exif": exif}),
        "l.webp": (rgb, {"lossless": True}),
        "a.gif": (rgb, {}),
        "a.avif": (rgb, {}),
    }
    made = {}
    for name, (picture, options) in kinds.items():
        file = io.BytesIO()
        picture.save(file, {"jpg": "JPEG", "tif": "TIFF"}.get(name[2:], name[2:].upper()), **options)
        made[name] = file.getvalue()
    return made


@dataclass
class Tally:
    """What became of the files, and every fault of ours by kind."""

    done: int = 0
    refused: int = 0
    faults: dict[str, list[str]] = field(default_factory=lambda: collections.defaultdict(list))
    reasons: collections.Counter[str] = field(default_factory=collections.Counter)

    @property
    def wrong(self) -> int:
        """How many faults there were."""
        return sum(map(len, self.faults.values()))


def judge(paths: list[Path], out: Path, tally: Tally) -> None:
    """Tint some files in one process; where that ends badly, each in a process of its own."""
    limit = START + EACH * len(paths)
    call = [sys.executable, "-c", TINT, "tint", *map(str, paths), "-o", f"{out}/"]
    cpu = functools.partial(resource.setrlimit, resource.RLIMIT_CPU, (limit, limit))
    try:
        done = subprocess.run(call, capture_output=True, timeout=WAIT * limit, check=False, preexec_fn=cpu)
        fault = "time-out" if done.returncode == -signal.SIGXCPU else "crash" if done.returncode < 0 else ""
    except subprocess.TimeoutExpired:
        fault = "time-out"
    if fault and len(paths) > 1:
        for path in paths:
            judge([path], out, tally)
        return
    if fault:
        tally.faults[fault].append(paths[0].name)
        return
    messages = done.stderr.decode(errors="replace")
    if "Traceback" in messages:
        tally.faults["traceback"].append(messages[-400:])
    _compare(paths, out, done.returncode, messages, tally)


def _compare(paths: list[Path], out: Path, status: int, messages: str, tally: Tally) -> None:
    """Each file is done, with a whole result, or refused, in one line with its name; the exit status agrees."""
    from handtint.errors import HandtintError
    from handtint.image.photo import Photo

    failed = 0
    for path in paths:
        errors = [line for line in messages.splitlines() if line.startswith(f"handtint: {path}: ")]
        made = sorted(out.glob(f"{re.sub('[][*?]', '?', path.stem)}.*"))
        errors = [line for line in errors if not made]  # with a result, the line is a note
        if made:
            tally.done += 1
            try:
                Photo.read(made[0])
            except HandtintError as error:
                tally.faults["a result that is not whole"].append(f"{path.name}: {error}")
        elif len(errors) == 1 and "unexpected" not in errors[0].removeprefix(f"handtint: {path}: "):
            tally.refused += 1
            failed += 1
            tally.reasons[re.sub(r"\d+", "N", errors[0].rpartition(": ")[2])[:70]] += 1
        else:
            failed += 1
            tally.faults["a failure without its one line"].append(f"{path.name}: {errors}")
    if status != (1 if failed else 0) or any(out.rglob("*.part")):
        tally.faults["exit status or leftovers"].append(f"{status} with {failed} failed, {paths[0].name}...")


def run(files: list[Path], minutes: float, flips: int, size: int, skip: int) -> Tally:
    """Everything through the command line until the time is up, but the first `skip`."""
    tally, end = Tally(), time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory() as place:
        everything = itertools.islice(itertools.chain(files, damaged(Path(place), flips)), skip, None)
        while (some := list(itertools.islice(everything, size))) and time.monotonic() < end:
            out = Path(place) / "out"
            judge(some, out, tally)
            summary = f"{tally.done} tinted, {tally.refused} refused, {tally.wrong} faults"
            print(f"\r{summary}", end="", file=sys.stderr, flush=True)
            shutil.rmtree(out, ignore_errors=True)
            for path in some:
                if path.parent == Path(place):
                    path.unlink()
    return tally


def main() -> None:
    """Fetch or run; exit status 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("fetch", "run"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--flips", type=int, default=100, help="copies with flipped bits, of each of 14 files")
    parser.add_argument("--some", type=int, default=40, help="files a process")
    parser.add_argument("--every", type=int, default=1, help="only every so manieth file of the folder")
    parser.add_argument("--skip", type=int, default=0, help="begin after so many files")
    args = parser.parse_args()
    if args.action == "fetch":
        fetch(args.folder)
        return
    files = sorted(args.folder.iterdir())[:: args.every] if args.folder.is_dir() else []
    tally = run(files, args.minutes, args.flips, args.some, args.skip)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"\n{tally.done + tally.refused} files: {tally.done} tinted, {tally.refused} refused", end="; ")
    print(f"{used.ru_utime + used.ru_stime:.0f} CPU seconds, {used.ru_maxrss / 1024:.0f} MB at most")
    for reason, count in tally.reasons.most_common(25):
        print(f"  {count:5} {reason}")
    for fault, names in tally.faults.items():
        print(f"FAULT {fault}: {len(names)}", *names[:20], sep="\n  ")
    print(f"{tally.wrong} faults")
    sys.exit(bool(tally.faults) or os.EX_OK)


if __name__ == "__main__":
    main()
