"""`handtint inspect`: the objects in photographs, and how to name them with `--keep`."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import click

from handtint.cli.files import FILE
from handtint.errors import HandtintError

if TYPE_CHECKING:
    from handtint.image.masks.detections import Detection
    from handtint.image.photo import Photo
    from handtint.pipeline import Tinter
    from handtint.types import Segmentation

COLUMNS = ("--keep", "class", "number", "from the left", "box", "share", "confidence")
WIDTH = 1000  # characters: a narrow terminal breaks lines, but no cell is cut, so that boxes can be copied


@click.command(name="inspect")
@click.argument("sources", nargs=-1, required=True, type=FILE, metavar="PHOTO...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list with an entry for each photo.")
@click.option(
    "--overlay",
    type=FILE,
    metavar="FILE",
    help="Write the photo with the named objects drawn over it, and a legend.",
)
@click.option(
    "--labels",
    type=FILE,
    metavar="FILE.png",
    help="Write a picture with the VOC class index of every pixel, at the photo's size.",
)
@click.option("--palette", is_flag=True, help="Also list likely colours of each object, as a start for hints.")
@click.option("--gain", default="auto", show_default=True, metavar="auto|off|FLOAT", help="As in `handtint tint`.")
@click.option(
    "--mask-model", default="handtint-mask", show_default=True, metavar="NAME|FILE", help="As in `handtint tint`."
)
def command(
    sources: tuple[str, ...],
    as_json: bool,
    overlay: str | None,
    labels: str | None,
    palette: bool,
    gain: str,
    mask_model: str,
) -> None:
    """List the objects in photographs: how to name each for --keep, its place, size and confidence.

    PHOTO is a file, or - for standard input. Number 1 is the largest object of its class. A box is given as left, top,
    right and bottom in pixels.

    Exit status: 0 if all photos are done, 1 if some failed (each is reported), 2 for wrong usage.
    """
    if len(sources) > 1 and (overlay or labels):
        raise click.UsageError("--overlay and --labels can be used with one photo only")
    from handtint.options import gain_factor
    from handtint.pipeline import Tinter

    gain_factor(gain)
    tinter = Tinter(mask_model=mask_model)
    records: list[dict[str, Any]] = []
    for source in sources:
        try:
            photo, segmentation, things = _analyse(tinter, source, gain)
            _draw(photo, segmentation, things, overlay, labels)
            palettes = _palettes(tinter, photo, things, gain) if palette else None
        except HandtintError as error:
            _print_error(f"{error}" if source in f"{error}" else f"{source}: {error}")
            continue
        records.append(_record(source, photo, things, palettes))
        if not as_json:
            _print_table(source, photo, things, palettes)
    if as_json:
        click.echo(json.dumps(records, indent=2))
    if len(records) < len(sources):
        sys.exit(1)


def _record(source: str, photo: Photo, objects: list[Detection], palettes: list[list[str]] | None) -> dict[str, Any]:
    """The entry of a photo in the JSON list."""
    height, width = photo.size
    records = [detection.record for detection in objects]
    if palettes is not None:
        records = [record | {"palette": palette} for record, palette in zip(records, palettes, strict=True)]
    return {"photo": source, "width": width, "height": height, "found": records}


def _analyse(tinter: Tinter, source: str, gain: str) -> tuple[Photo, Segmentation, list[Detection]]:
    """(the photo, its segmentation, the detected objects). source: a path, or - for standard input."""
    from handtint.image.io import codec, content
    from handtint.image.masks import detections
    from handtint.image.photo import Photo

    photo = Photo.read(content.stream(sys.stdin, codec.Limits().bytes) if source == "-" else source)
    segmentation = tinter.segment(photo, gain=gain)
    return photo, segmentation, detections.detect(segmentation, photo.pixels)


def _palettes(tinter: Tinter, photo: Photo, objects: list[Detection], gain: str) -> list[list[str]]:
    """The likeliest colours of each object, as #rrggbb."""
    import numpy as np

    from handtint.image.arrays import resize
    from handtint.image.color import lab
    from handtint.image.color.swatches import swatches
    from handtint.stages import Stages

    if not objects:
        return []
    colors = Stages(photo, tinter.networks).colors(gain, "auto")
    size = objects[0].alpha.shape
    L = lab.lightness(resize.shrink(photo.pixels, (size[0], size[1])))
    ab = np.dstack(colors.planes(L / np.float32(100), 0, size[0]))
    return [[f"#{bytes(rgb).hex()}" for rgb in swatches(L, ab, detection.alpha)] for detection in objects]


def _draw(
    photo: Photo, segmentation: Segmentation, objects: list[Detection], overlay: str | None, labels: str | None
) -> None:
    """Write the requested pictures. Raises OutputError, and OptionError for labels from a network without classes."""
    if labels:
        from handtint import files
        from handtint.image.masks import masks

        files.write(labels, _palette_png(masks.label(segmentation, photo.size)))
    if overlay:
        from handtint.image.masks.overlay import draw
        from handtint.image.photo import Photo as Picture

        Picture(draw(photo.pixels, objects)).write(overlay)


def _palette_png(labels: Any) -> bytes:
    """An 8-bit PNG whose stored values are the labels, shown in VOC's usual colours."""
    from PIL import Image

    from handtint.image.color.palette import voc_colors

    picture = Image.fromarray(labels)
    picture.putpalette(voc_colors().ravel().tolist())
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _print_table(source: str, photo: Photo, objects: list[Detection], palettes: list[list[str]] | None) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, soft_wrap=True, width=WIDTH)
    height, width = photo.size
    if not objects:
        console.print(f"{source}: {width} x {height}, nothing found", markup=False)
        return
    table = Table(*COLUMNS, *(["likeliest colours"] if palettes is not None else []), box=None, padding=(0, 2, 0, 0))
    cells = [[]] * len(objects) if palettes is None else [[" ".join(palette)] for palette in palettes]
    for detection, colors in zip(objects, cells, strict=True):
        number, position = (str(n) if n else "" for n in (detection.number, detection.position))
        box = ",".join(map(str, detection.box))
        table.add_row(
            detection.term,
            detection.name,
            number,
            position,
            box,
            f"{detection.share:.1%}",
            f"{detection.confidence:.0%}",
            *colors,
        )
    console.print(f"{source}: {width} x {height}", markup=False)
    console.print(table)


def _print_error(text: str) -> None:
    click.echo(f"handtint: {' '.join(text.split())}", err=True)
