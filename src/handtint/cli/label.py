"""`handtint label`: masks to train on, for photographs of which only classes or boxes are known."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from handtint.errors import InputError

if TYPE_CHECKING:
    from handtint.data.hints import Hint
    from handtint.data.sources import Item
    from handtint.pipeline import Tinter


@click.command(name="label")
@click.argument("sources", nargs=-1, required=True, metavar="DIR|SHARD...")
@click.option("--labels", type=click.Path(path_type=Path), metavar="CSV", help="The classes of whole photographs.")
@click.option("--boxes", type=click.Path(path_type=Path), metavar="JSON", help="Boxes around things.")
@click.option("--model", default="handtint-mask", show_default=True, metavar="NAME", help="A mask model with classes.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Where the pairs go.")
def command(sources: tuple[str, ...], labels: Path | None, boxes: Path | None, model: str, out: Path) -> None:
    """Make masks for photographs of which only the classes or boxes are known.

    The model says where something stands, the labels what it is; the rest stays open. DIR/images/X and DIR/masks/X.png
    are what `handtint train --data DIR` takes for a mask network.
    """
    from handtint import zoo
    from handtint.cli.bar import bar
    from handtint.data.hints import hinted, read_boxes, read_labels
    from handtint.data.sources import open_sources
    from handtint.pipeline import Tinter

    if not labels and not boxes:
        raise click.UsageError("say what is known: --labels or --boxes")
    if not zoo.find(model, "mask").classes:
        raise click.UsageError(f"--model: {model} knows no classes")
    hints = (read_labels(labels) if labels else {}) | (read_boxes(boxes) if boxes else {})
    work = hinted(open_sources(sources), hints)
    if not work:
        raise InputError("none of the photographs is told of in the labels")
    if twice := [stem for stem, count in Counter(item.stem for item, _ in work).items() if count > 1]:
        raise InputError(f"{twice[0]}: two photographs of that name would have one mask")
    tinter = Tinter(mask_model=model)
    made = sum(_label(tinter, item, hint, out) for item, hint in bar(work, "labelling"))
    click.echo(f"{out}: masks for {made} of {len(work)} photographs; of the others too little could be told")


def _label(tinter: Tinter, item: Item, hint: Hint, out: Path) -> bool:
    """Write a photograph's pair; whether there is one."""
    from handtint.data import pseudo
    from handtint.image import codec, files
    from handtint.image.photo import Photo

    data = item.read()
    photo = codec.decode(data, name=item.name)
    mask = pseudo.mask(tinter.segment(photo), hint, photo.size)
    if mask is None:
        return False
    files.write(out / "images" / Path(item.name).name, data)
    Photo(mask).write(out / "masks" / f"{item.stem}.png")
    return True
