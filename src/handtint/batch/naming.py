"""The names of results: unique, and never that of an existing photograph."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from handtint import files
from handtint.batch import storage
from handtint.batch.storage import identity
from handtint.errors import InputError, OptionError
from handtint.image.io.formats import READABLE
from handtint.workers.messages import Job

STREAM = "-"
ENDINGS = {"jpeg": ".jpg", "png": ".png", "tiff": ".tif", "webp": ".webp"}
WRITABLE = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp")


@dataclass(frozen=True, slots=True)
class SourcePhoto:
    """A photograph among the sources."""

    path: str
    name: str  # below the folder the results go to
    folder: str | None  # the named folder it was found in, None for a photo named itself


def plan(
    sources: Sequence[str], destination: str | None, *, format: str | None = None, skipped: Counter[str] | None = None
) -> list[Job]:
    """The jobs for the sources given by the user: files, folders, "-". Raises OptionError, InputError.

    skipped: is filled with the number of files in folders that are not photographs, by ending.
    """
    photos = list(find(sources, destination, skipped=skipped))
    into_folder = is_folder(sources, destination)
    used_names = {identity(photo.path) for photo in photos if photo.path != STREAM}
    jobs = []
    for photo in photos:
        if destination == STREAM or (destination is None and photo.path == STREAM):
            jobs.append(Job(photo.path, STREAM))
        elif destination is None or into_folder:
            jobs.append(name(photo, destination, format, used_names))
        else:
            if identity(destination) in used_names:
                raise OptionError(f"output: {destination} would overwrite the photo itself")
            used_names.add(identity(destination))
            jobs.append(Job(photo.path, destination, *_companions(used_names, destination)))
    if len(jobs) > 1 and any(job.target == STREAM for job in jobs):
        raise OptionError("output: only one photo can be written to standard output; give -o FOLDER")
    return jobs


def find(
    sources: Sequence[str],
    destination: str | None,
    *,
    patient: bool = False,
    skipped: Counter[str] | None = None,
) -> Iterator[SourcePhoto]:
    """The photographs among the sources; a file that is named itself is taken with any ending.

    skipped: is filled with the number of files in folders with endings of no picture format, by lower-case ending.
    Raises InputError for a folder without photographs, unless `patient`.
    """
    for source in sources:
        if source == STREAM:
            yield SourcePhoto(STREAM, "stdin", None)
        elif storage.is_folder(source):
            others: Counter[str] = Counter()
            photos = []
            for path, below in storage.walk(source, skip=destination):
                ending = os.path.splitext(below)[1].lower()
                if ending in READABLE:
                    photos.append((path, below))
                else:
                    others[ending] += 1
            if not photos and not patient:
                raise InputError(f"{source}: no photographs in this folder{_instead(others)}")
            if skipped is not None:
                skipped.update(others)
            yield from (SourcePhoto(path, below, source) for path, below in photos)
        else:
            yield SourcePhoto(source, os.path.basename(source), None)


def _instead(others: Counter[str]) -> str:
    return f" (skipped: {listed(others)})" if others else ""


def listed(skipped: Counter[str]) -> str:
    """Counts by ending as text, the most frequent first: "3 .txt, 1 without an ending"."""
    return ", ".join(
        f"{count} {files.one_line(ending) or 'without an ending'}" for ending, count in skipped.most_common()
    )


def is_folder(sources: Sequence[str], destination: str | None) -> bool:
    """Whether the destination is a folder for results. Raises OptionError if it has to be one and is not."""
    if destination is None or destination == STREAM:
        return False
    many = len(sources) > 1 or storage.is_folder(sources[0])
    if many and os.path.isfile(destination):
        raise OptionError(f"output: {destination} is a file, but several photos need a folder")
    if many and destination.lower().endswith(WRITABLE) and not storage.is_folder(destination):
        raise OptionError(f"output: {destination} is the name of one photo; for several, give a folder: -o FOLDER")
    named_like_one = destination.endswith(("/", os.sep)) or not os.path.splitext(destination)[1]
    return many or os.path.isdir(destination) or named_like_one


def name(photo: SourcePhoto, destination: str | None, format: str | None, used_names: set[str]) -> Job:
    """The job of a photo with its result in a folder, or next to the photo; its names are added to those taken."""
    target = _claim(used_names, _spellings(_preferred_name(photo, destination, format), photo.name))
    return Job(photo.path, target, *_companions(used_names, target))


def ending_of(name: str, format: str | None) -> str:
    """The ending of a result's name: the format's, else that of the photo's name, else PNG's."""
    ending = os.path.splitext(name)[1]
    if format:
        return ENDINGS[format]
    return ending if ending.lower() in WRITABLE else ENDINGS["png"]


def _preferred_name(photo: SourcePhoto, destination: str | None, format: str | None) -> str:
    stem, ending = os.path.splitext(photo.name)[0], ending_of(photo.name, format)
    if destination is not None:
        return os.path.join(destination, stem + ending)
    if photo.folder is not None:
        return os.path.join(f"{os.path.abspath(photo.folder)}.handtint", stem + ending)
    return os.path.join(os.path.dirname(photo.path), f"{stem}.handtint{ending}")


def _spellings(preferred: str, name: str) -> Iterator[str]:
    """Possible names, in order: the usual one, one with the photo's own ending in it, then numbered ones."""
    stem, ending = os.path.splitext(preferred)
    yield preferred
    yield f"{stem}{os.path.splitext(name)[1]}{ending}"
    yield from (f"{stem}-{number}{ending}" for number in range(2, 1_000_000))


def _companions(used_names: set[str], target: str) -> tuple[str, str]:
    """(mask, panel) files that go with a result."""
    stem, ending = os.path.splitext(target)
    stem = stem.removesuffix(".handtint")

    def names(kind: str) -> Iterator[str]:
        yield f"{stem}.{kind}.png"
        yield f"{stem}{ending}.{kind}.png"
        yield from (f"{stem}-{number}.{kind}.png" for number in range(2, 1_000_000))

    return _claim(used_names, names("mask")), _claim(used_names, names("panel"))


def _claim(used_names: set[str], names: Iterable[str]) -> str:
    """The first name that is not taken; it is added to those taken."""
    free = next(name for name in names if identity(name) not in used_names)
    used_names.add(identity(free))
    return free
