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
EXTENSIONS = {"jpeg": ".jpg", "png": ".png", "tiff": ".tif", "webp": ".webp"}
WRITABLE = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp")


@dataclass(frozen=True, slots=True)
class SourcePhoto:
    """A photograph among the sources."""

    path: str
    name: str  # path relative to the folder of sources, and of results
    folder: str | None  # the source folder that contains it; None for a photo that is a source itself


def plan(
    sources: Sequence[str], destination: str | None, *, format: str | None = None, skipped: Counter[str] | None = None
) -> list[Job]:
    """The jobs for the sources given by the user: files, folders, "-". Raises OptionError, InputError.

    skipped: filled with the numbers of files in folders that are not photographs, by extension.
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
    allow_empty: bool = False,
    skipped: Counter[str] | None = None,
) -> Iterator[SourcePhoto]:
    """The photographs among the sources; a file that is a source itself may have any extension.

    skipped: filled with the numbers of other files in folders, by lower-case extension. Raises InputError for a folder
    without photographs, unless `allow_empty`.
    """
    for source in sources:
        if source == STREAM:
            yield SourcePhoto(STREAM, "stdin", None)
        elif storage.is_folder(source):
            others: Counter[str] = Counter()
            photos = []
            for path, relative in storage.walk(source, skip=destination):
                extension = os.path.splitext(relative)[1].lower()
                if extension in READABLE:
                    photos.append((path, relative))
                else:
                    others[extension] += 1
            if not photos and not allow_empty:
                raise InputError(f"{source}: no photographs in this folder{_skipped_note(others)}")
            if skipped is not None:
                skipped.update(others)
            yield from (SourcePhoto(path, relative, source) for path, relative in photos)
        else:
            yield SourcePhoto(source, os.path.basename(source), None)


def _skipped_note(skipped: Counter[str]) -> str:
    return f" (skipped: {format_counts(skipped)})" if skipped else ""


def format_counts(skipped: Counter[str]) -> str:
    """Counts by extension as text, the most frequent first: "3 .txt, 1 without an ending"."""
    return ", ".join(
        f"{count} {files.one_line(extension) or 'without an ending'}" for extension, count in skipped.most_common()
    )


def is_folder(sources: Sequence[str], destination: str | None) -> bool:
    """Whether the destination is a folder for results. Raises OptionError if it must be one and is not."""
    if destination is None or destination == STREAM:
        return False
    has_several = len(sources) > 1 or storage.is_folder(sources[0])
    if has_several and os.path.isfile(destination):
        raise OptionError(f"output: {destination} is a file, but several photos need a folder")
    if has_several and destination.lower().endswith(WRITABLE) and not storage.is_folder(destination):
        raise OptionError(f"output: {destination} is the name of one photo; for several, give a folder: -o FOLDER")
    looks_like_folder = destination.endswith(("/", os.sep)) or not os.path.splitext(destination)[1]
    return has_several or os.path.isdir(destination) or looks_like_folder


def name(photo: SourcePhoto, destination: str | None, format: str | None, used_names: set[str]) -> Job:
    """The job of a photo with its result in a folder, or next to the photo; its names are added to `used_names`."""
    target = _take_name(used_names, _candidate_names(_preferred_name(photo, destination, format), photo.name))
    return Job(photo.path, target, *_companions(used_names, target))


def extension_of(name: str, format: str | None) -> str:
    """The extension of a result: the format's, else that of the photo's name, else PNG's."""
    extension = os.path.splitext(name)[1]
    if format:
        return EXTENSIONS[format]
    return extension if extension.lower() in WRITABLE else EXTENSIONS["png"]


def _preferred_name(photo: SourcePhoto, destination: str | None, format: str | None) -> str:
    stem, extension = os.path.splitext(photo.name)[0], extension_of(photo.name, format)
    if destination is not None:
        return os.path.join(destination, stem + extension)
    if photo.folder is not None:
        return os.path.join(f"{os.path.abspath(photo.folder)}.handtint", stem + extension)
    return os.path.join(os.path.dirname(photo.path), f"{stem}.handtint{extension}")


def _candidate_names(preferred: str, name: str) -> Iterator[str]:
    """Possible names, in order: the usual one, one that contains the photo's own extension, then numbered ones."""
    stem, extension = os.path.splitext(preferred)
    yield preferred
    yield f"{stem}{os.path.splitext(name)[1]}{extension}"
    yield from (f"{stem}-{number}{extension}" for number in range(2, 1_000_000))


def _companions(used_names: set[str], target: str) -> tuple[str, str]:
    """(mask, panel) files that go with a result."""
    stem, extension = os.path.splitext(target)
    stem = stem.removesuffix(".handtint")

    def names(kind: str) -> Iterator[str]:
        yield f"{stem}.{kind}.png"
        yield f"{stem}{extension}.{kind}.png"
        yield from (f"{stem}-{number}.{kind}.png" for number in range(2, 1_000_000))

    return _take_name(used_names, names("mask")), _take_name(used_names, names("panel"))


def _take_name(used_names: set[str], names: Iterable[str]) -> str:
    """The first name that is not used yet; it is added to `used_names`."""
    available = next(name for name in names if identity(name) not in used_names)
    used_names.add(identity(available))
    return available
