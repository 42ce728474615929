"""`handtint label`: masks to train on, for photographs of which classes, boxes, outlines or nothing is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
@click.option("--labels", type=click.Path(path_type=Path), metavar="CSV", help="The classes of whole photographs.")
@click.option("--boxes", type=click.Path(path_type=Path), metavar="JSON", help="Boxes around things.")
@click.option(
    "--instances",
    type=click.Path(path_type=Path),
    metavar="JSON",
    help="Outlines of things in COCO's format, with scores where a detector made them; no model is asked then.",
)
@click.option("--foreground", is_flag=True, help="Nothing is known: the model alone says what stands in front.")
@click.option("--faces", is_flag=True, help="Write where faces are, instead of masks: faces.jsonl, for recipes.")
@click.option("--second", metavar="NAME", help="With --foreground: another mask model, asked for its opinion.")
@click.option(
    "--model",
    default="handtint-mask",
    show_default=True,
    metavar="NAME",
    help="A mask model; for --labels and --boxes one with classes.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Where the pairs go.")
def command(
    sources: tuple[str, ...],
    labels: Path | None,
    boxes: Path | None,
    instances: Path | None,
    foreground: bool,
    faces: bool,
    second: str | None,
    model: str,
    out: Path,
) -> None:
    """Make masks for photographs of which only the classes, boxes or rough outlines are known, or nothing.

    The model says where something stands, the labels what it is; the rest stays open. DIR/images/X and DIR/masks/X.png
    are what `handtint train --data DIR` takes for a mask network; --foreground writes them below DIR/foreground, with
    a dataset.toml that says that their classes are not known. --faces writes DIR/faces.jsonl, which a recipe's `faces`
    names.
    """
    from handtint import files
    from handtint.cli.bar import bar
    from handtint.data import dataset
    from handtint.data.labels import photographs
    from handtint.data.sources import open_sources
    from handtint.data.weak_labels import weakly_labelled

    if sum((bool(labels or boxes), bool(instances), foreground, faces)) != 1:
        raise click.UsageError("say what is known: --labels and --boxes, or --instances; or --foreground, or --faces")
    if second and not foreground:
        raise click.UsageError("--second needs --foreground")
    items = open_sources(sources)
    if faces:
        _find_faces(photographs(items), out / "faces.jsonl")
        return
    if foreground:
        work = [(item, None) for item in photographs(items)]
        marked, out = _guessed(model, second), out / "foreground"
    else:
        given_labels, marked = _outlined(instances) if instances else _hinted(labels, boxes, model)
        work = weakly_labelled(items, given_labels)
    if not work:
        raise InputError("no photographs" if foreground else "the labels name none of the photographs")
    if twice := [stem for stem, count in Counter(item.stem for item, _ in work).items() if count > 1]:
        raise InputError(f"{twice[0]}: two photographs of that name would have one mask")
    if foreground:
        files.write(out / dataset.FILE, b'[[files]]\nclasses = "unknown"\n')
    made = sum(_label(marked, item, known, out) for item, known in bar(work, "labelling"))
    click.echo(f"{out}: masks for {made} of {len(work)} photographs; the others gave no usable mask")


def _find_faces(items: Sequence[Item], path: Path) -> None:
    """Write where the package's detector finds faces in photographs. Raises InputError, WeightsError, OutputError."""
    from handtint import files
    from handtint.cli.bar import bar
    from handtint.data.faces import line
    from handtint.data.ground_truth import rgb
    from handtint.pipeline import Tinter

    if not items:
        raise InputError("no photographs")
    networks = Tinter().networks
    found = [(item.name, networks.find_faces(rgb(item), None)) for item in bar(items, "looking for faces")]
    files.write(path, "".join(line(name, faces) for name, faces in found).encode())
    count = sum(len(faces) for _, faces in found)
    click.echo(f"{path}: {count} faces in {sum(bool(faces) for _, faces in found)} of {len(items)} photographs")


def _hinted(labels: Path | None, boxes: Path | None, model: str) -> tuple[Mapping[str, Any], Marker]:
    from handtint import zoo
    from handtint.data import pseudo
    from handtint.data.weak_labels import read_boxes, read_labels
    from handtint.pipeline import Tinter

    if not zoo.find(model, "mask").classes:
        raise click.UsageError(f"--model: {model} knows no classes")
    hints = (read_labels(labels) if labels else {}) | (read_boxes(boxes) if boxes else {})
    tinter = Tinter(mask_model=model)
    return hints, lambda photo, hint: pseudo.mask(tinter.segment(photo), hint, photo.size)


def _guessed(model: str, second: str | None) -> Marker:
    from handtint.data import pseudo
    from handtint.pipeline import Tinter

    tinter, other = Tinter(mask_model=model), Tinter(mask_model=second) if second else None
    return lambda photo, _nothing: pseudo.foreground(
        tinter.segment(photo), other.segment(photo) if other else None, photo.size
    )


def _outlined(path: Path) -> tuple[Mapping[str, Any], Marker]:
    try:
        from handtint.data import detections
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{error.name} is missing: --instances needs `pip install 'handtint[train]'`"
        ) from error
    return detections.read(path), lambda photo, things: detections.mask(things, photo.size)


def _label(marked: Marker, item: Item, known: Any, out: Path) -> bool:
    """Write a photograph's pair; whether there is one. Raises InputError."""
    from handtint import files
    from handtint.image.photo import Photo

    data = item.read()
    photo = Photo.read(data, name=item.name)
    try:
        mask = marked(photo, known)
    except ValueError as error:
        raise InputError(f"{item.name}: {error}") from error
    if mask is None:
        return False
    files.write(out / "images" / Path(item.name).name, data)
    Photo(mask).write(out / "masks" / f"{item.stem}.png")
    return True
