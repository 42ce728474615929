"""Which photograph becomes which file; no two fall on one, none on a photograph."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from handtint.errors import InputError, OptionError

STREAM = "-"
ENDINGS = {"jpeg": ".jpg", "png": ".png", "tiff": ".tif", "webp": ".webp"}
WRITABLE = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp")
READABLE = (*WRITABLE, ".avif", ".gif", ".jp2", ".jxl", ".pbm", ".pgm", ".pnm", ".ppm")


@dataclass(frozen=True, slots=True)
class Job:
    """One photograph to do: where it is, where the result goes, and the files beside the result."""

    source: str  # a path, or "-" for standard input
    target: str  # a path, or "-" for standard output
    mask: str = ""
    panel: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    path: str
    name: str  # below the folder the results go to
    folder: str | None  # the named folder it was found in, None for a photo named itself


def plan(sources: Sequence[str], destination: str | None, *, format: str | None = None) -> list[Job]:
    """The jobs for the sources as the person named them: files, folders, "-". Raises OptionError, InputError."""
    photos = list(_photos(sources, destination))
    into_folder = _is_folder(sources, destination)
    taken = {os.path.realpath(photo.path) for photo in photos if photo.path != STREAM}
    jobs = []
    for photo in photos:
        if destination == STREAM or (destination is None and photo.path == STREAM):
            jobs.append(Job(photo.path, STREAM))
        elif destination is None or into_folder:
            target = _claim(taken, _spellings(_wanted(photo, destination, format), photo.name))
            jobs.append(Job(photo.path, target, *_beside(taken, target)))
        else:
            if os.path.realpath(destination) in taken:
                raise OptionError(f"output: {destination} would overwrite the photo itself")
            taken.add(os.path.realpath(destination))
            jobs.append(Job(photo.path, destination, *_beside(taken, destination)))
    if len(jobs) > 1 and any(job.target == STREAM for job in jobs):
        raise OptionError("output: standard output takes one photo only")
    return jobs


def _photos(sources: Sequence[str], destination: str | None) -> Iterator[_Found]:
    """Every photograph meant; one that is named itself is taken whatever it is called."""
    for source in sources:
        if source == STREAM:
            yield _Found(STREAM, "stdin", None)
        elif os.path.isdir(source):
            found = list(_walk(source, destination))
            if not found:
                raise InputError(f"{source}: no photographs in this folder")
            yield from found
        else:
            yield _Found(source, os.path.basename(source), None)


def _walk(folder: str, destination: str | None) -> Iterator[_Found]:
    skip = os.path.realpath(destination) if destination else None
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(
            f for f in folders if not f.startswith(".") and os.path.realpath(os.path.join(here, f)) != skip
        )
        for file in sorted(files):
            if file.lower().endswith(READABLE) and not file.startswith("."):
                path = os.path.join(here, file)
                yield _Found(path, os.path.relpath(path, folder), folder)


def _is_folder(sources: Sequence[str], destination: str | None) -> bool:
    """Whether the destination is a folder to put results in. Raises OptionError where it must be and cannot."""
    if destination is None or destination == STREAM:
        return False
    many = len(sources) > 1 or os.path.isdir(sources[0])
    if many and os.path.isfile(destination):
        raise OptionError(f"output: {destination} is a file, and several photos need a folder")
    named_like_one = destination.endswith(("/", os.sep)) or not os.path.splitext(destination)[1]
    return many or os.path.isdir(destination) or named_like_one


def _wanted(photo: _Found, destination: str | None, format: str | None) -> str:
    stem, ending = os.path.splitext(photo.name)
    if format:
        ending = ENDINGS[format]
    elif ending.lower() not in WRITABLE:
        ending = ENDINGS["png"]
    if destination is not None:
        return os.path.join(destination, stem + ending)
    if photo.folder is not None:
        return os.path.join(f"{os.path.abspath(photo.folder)}.handtint", stem + ending)
    return os.path.join(os.path.dirname(photo.path), f"{stem}.handtint{ending}")


def _spellings(wanted: str, name: str) -> Iterator[str]:
    """The wanted name; then with the photo's own ending inside it; then numbered."""
    stem, ending = os.path.splitext(wanted)
    yield wanted
    yield f"{stem}{os.path.splitext(name)[1]}{ending}"
    yield from (f"{stem}-{number}{ending}" for number in range(2, 1_000_000))


def _beside(taken: set[str], target: str) -> tuple[str, str]:
    """(mask, panel) files that go with a result."""
    stem, ending = os.path.splitext(target)
    stem = stem.removesuffix(".handtint")

    def names(kind: str) -> Iterator[str]:
        yield f"{stem}.{kind}.png"
        yield f"{stem}{ending}.{kind}.png"
        yield from (f"{stem}-{number}.{kind}.png" for number in range(2, 1_000_000))

    return _claim(taken, names("mask")), _claim(taken, names("panel"))


def _claim(taken: set[str], names: Iterable[str]) -> str:
    """The first name that is nobody else's, which it then is."""
    name = next(name for name in names if os.path.realpath(name) not in taken)
    taken.add(os.path.realpath(name))
    return name
