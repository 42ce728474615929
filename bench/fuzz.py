"""Coverage-guided fuzzing of the decoder: python bench/fuzz.py CORPUS -max_total_time=600.

Needs atheris (`pip install atheris`, beside the base package; Linux, and a Python that atheris supports). CORPUS is a
folder that the fuzzer fills; it begins with small files of every format. The words after it are libFuzzer's. Whatever
decodes is also encoded and given a statement, and its metadata released without the place; anything raised that is
not one of handtint's errors is a finding.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["handtint", "defusedxml"]):
    from handtint.errors import HandtintError
    from handtint.image.io import codec
    from handtint.image.metadata import privacy, provenance
    from handtint.image.photo import Photo
    from handtint.options import Options

LIMITS = codec.Limits(pixels=500_000, bytes=1 << 20, pages=20)
FORMATS = ("jpeg", "png", "tiff", "webp")
SOME = Options()


def one(data: bytes) -> None:
    """Decode, and do with the photo what is done with every photo."""
    try:
        photo = Photo.read(data, limits=LIMITS)
        released = privacy.apply_policy(photo.metadata, "safe")
        provenance.with_statement(released, {"model": "0" * 64}, SOME)
        provenance.with_statement(photo.metadata, {"model": "0" * 64}, SOME)
        kind = "tiff" if photo.pages else FORMATS[data[-1] % 4]
        again = Photo.read(codec.encode(photo, format=kind), limits=codec.Limits())
    except HandtintError as error:
        if "\n" in str(error) or "cannot be encoded" in str(error):
            raise RuntimeError("an error of more than one line, or a photo that cannot be written") from error
        return
    if (again.size, len(again.pages)) != (photo.size, len(photo.pages)):
        raise RuntimeError("a photo that changed its size")


def seed(folder: Path) -> None:
    """Small files of every format."""
    from corpus import small_files

    folder.mkdir(parents=True, exist_ok=True)
    for name, data in small_files().items():
        (folder / name).write_bytes(data)


def main() -> None:
    """Fuzz until told to stop, or something is found."""
    seed(Path(sys.argv[1]))
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
