"""`handtint label`: masks to train on, for photographs of which classes, boxes, outlines or nothing is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from handtint.cli.files import FILE
from handtint.errors import InputError

if TYPE_CHECKING:
    from handtint.data.sources import Item
    from handtint.image.photo import Photo
    from handtint.types import Array

    Marker = Callable[[Photo, Any], Array | None]  # a photograph and its label -> its mask, if there is one


@click.command(name="label")
@click.argument("sources", nargs=-1, required=True, type=FILE, metavar="DIR|SHARD...")
@click.option(
    "--labels", type=click.Path(path_type=Path), metavar="CSV", help="Labels: the classes of whole photographs."
)
@click.option("--boxes", type=click.Path(path_type=Path), metavar="JSON", help="Labels: boxes around objects.")
@click.option(
    "--instances",
    type=click.Path(path_type=Path),
    metavar="JSON",
    help="Labels: outlines of objects in COCO's format, with scores if a detector made them. No model is needed then.",
)
@click.option(
    "--garments",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Labels: the files of Clothing Co-Parsing, for masks of the parts of people (recipe handtint-parts).",
)
@click.option("--foreground", is_flag=True, help="No labels: the model finds the foreground.")
@click.option("--faces", is_flag=True, help="Detect faces instead of making masks, and write faces.jsonl.")
@click.option("--second", metavar="NAME", help="With --foreground: a second mask model; the mean of both decides.")
@click.option(
    "--model",
    default="handtint-mask",
    show_default=True,
    metavar="NAME",
    help="The mask model; --labels and --boxes need one that knows classes.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="The folder to write to.")
def command(sources: tuple[str, ...], out: Path, **settings: Any) -> None:
    """Make masks to train on from classes, boxes or rough outlines, or without labels.

    The model finds where an object is, the labels tell what it is; pixels about which neither is certain become
    unknown. The photographs and masks are written to DIR/images and DIR/masks, for `handtint train --data DIR`.
    --foreground writes them to DIR/foreground, with a dataset.toml that declares their classes unknown. --faces writes
    DIR/faces.jsonl, for the key `faces` of a recipe.
    """
    from handtint.data.labels import photographs
    from handtint.data.sources import open_sources

    choices = _Labels(**settings)
    choices.check()
    items = open_sources(sources)
    if choices.faces:
        _find_faces(photographs(items), out / "faces.jsonl")
    else:
        _write_masks(choices, items, out / "foreground" if choices.foreground else out)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Labels:
    """The options of the command: the labels that exist, and the models that add to them."""

    labels: Path | None
    boxes: Path | None
    instances: Path | None
    garments: Path | None
    foreground: bool
    faces: bool
    second: str | None
    model: str

    def check(self) -> None:
        """Raise UsageError unless exactly one kind of labels is given."""
        known = (self.labels or self.boxes, self.instances, self.garments, self.foreground, self.faces)
        if sum(map(bool, known)) != 1:
            kinds = "--labels and/or --boxes, --instances, --garments, --foreground or --faces"
            raise click.UsageError(f"give one kind of labels: {kinds}")
        if self.second and not self.foreground:
            raise click.UsageError("--second needs --foreground")


def _write_masks(choices: _Labels, items: Sequence[Item], out: Path) -> None:
    """Write the photographs that get a mask, and their masks. Raises InputError, OutputError."""
    from handtint import files
    from handtint.cli.bar import bar
    from handtint.data import dataset

    work, marker = _work(choices, items)
    if not work:
        raise InputError(
            "no photographs in the given sources" if choices.foreground else "none of the photographs is in the labels"
        )
    if twice := [stem for stem, count in Counter(item.stem for item, _ in work).items() if count > 1]:
        raise InputError(f"{twice[0]}: two photographs have this name, and would get the same mask; rename one")
    if choices.foreground:
        files.write(out / dataset.FILE, b'[[files]]\nclasses = "unknown"\n')
    count = sum(_label(marker, item, label, out) for item, label in bar(work, "labelling"))
    click.echo(f"{out}: masks for {count} of {len(work)} photographs; no usable mask could be made for the others")


def _work(choices: _Labels, items: Sequence[Item]) -> tuple[list[tuple[Item, Any]], Marker]:
    """(photographs with their labels, a function that makes a mask from both)."""
    from handtint.data.labels import photographs
    from handtint.data.weak_labels import weakly_labelled

    if choices.foreground:
        return [(item, None) for item in photographs(items)], _by_models(choices.model, choices.second)
    if choices.instances:
        labels, marker = _by_outlines(choices.instances)
    elif choices.garments:
        labels, marker = _by_garments(choices.garments)
    else:
        labels, marker = _by_labels(choices.labels, choices.boxes, choices.model)
    return weakly_labelled(items, labels), marker


def _find_faces(items: Sequence[Item], path: Path) -> None:
    """Detect faces, and write the file of their boxes. Raises InputError, WeightsError, OutputError."""
    from handtint import files
    from handtint.cli.bar import bar
    from handtint.data.faces import line
    from handtint.data.ground_truth import rgb
    from handtint.pipeline import Tinter

    if not items:
        raise InputError("no photographs in the given sources")
    networks = Tinter().networks
    faces = [(item.name, networks.find_faces(rgb(item), None)) for item in bar(items, "looking for faces")]
    files.write(path, "".join(line(name, found) for name, found in faces).encode())
    count = sum(len(found) for _, found in faces)
    click.echo(f"{path}: {count} faces in {sum(bool(found) for _, found in faces)} of {len(items)} photographs")


def _by_labels(labels: Path | None, boxes: Path | None, model: str) -> tuple[Mapping[str, Any], Marker]:
    """(weak labels by photograph, a function that makes masks from them). Raises InputError, UsageError."""
    from handtint import zoo
    from handtint.data import pseudo
    from handtint.data.weak_labels import read_boxes, read_labels
    from handtint.pipeline import Tinter

    if not zoo.find(model, "mask").classes:
        raise click.UsageError(f"--model: {model} knows no classes")
    weak = (read_labels(labels) if labels else {}) | (read_boxes(boxes) if boxes else {})
    tinter = Tinter(mask_model=model)
    return weak, lambda photo, label: pseudo.mask(tinter.segment(photo), label, photo.size)


def _by_models(model: str, second: str | None) -> Marker:
    """A function that makes a foreground mask by one model, or by the agreement of two."""
    from handtint.data import pseudo
    from handtint.pipeline import Tinter

    tinter, other = Tinter(mask_model=model), Tinter(mask_model=second) if second else None
    return lambda photo, _label: pseudo.foreground(
        tinter.segment(photo), other.segment(photo) if other else None, photo.size
    )


def _by_outlines(path: Path) -> tuple[Mapping[str, Any], Marker]:
    """(outlines by photograph, a function that makes masks from them). Raises InputError, ClickException."""
    try:
        from handtint.data import detections
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{error.name} is missing: --instances needs `pip install 'handtint[train]'`"
        ) from error
    return detections.read(path), lambda photo, things: detections.mask(things, photo.size)


def _by_garments(folder: Path) -> tuple[Mapping[str, Any], Marker]:
    """(label files by photograph, what makes masks of them). Raises InputError, ClickException."""
    try:
        from handtint.data import garments
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error.name} is missing: --garments needs `pip install scipy`") from error
    return garments.find(folder), lambda photo, path: garments.mask(path, photo.size)


def _label(marker: Marker, item: Item, label: Any, out: Path) -> bool:
    """Write a photograph and its mask, and return whether it has one. Raises InputError."""
    from handtint import files
    from handtint.image.photo import Photo

    data = item.read()
    photo = Photo.read(data, name=item.name)
    try:
        mask = marker(photo, label)
    except ValueError as error:
        raise InputError(f"{item.name}: {error}") from error
    if mask is None:
        return False
    files.write(out / "images" / Path(item.name).name, data)
    Photo(mask).write(out / "masks" / f"{item.stem}.png")
    return True
