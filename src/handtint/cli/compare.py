"""`handtint compare`: several models on one's own photographs, side by side."""

from __future__ import annotations

from pathlib import Path

import click

from handtint.cli.bar import bar
from handtint.cli.settings import model_flag


@click.command(name="compare")
@click.argument("photos", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PHOTO...")
@model_flag("--model", "models", "handtint", "colour")
@model_flag("--mask-model", "mask_models", "handtint-mask", "mask")
@click.option("--keep", default="subject", show_default=True, metavar="WHAT", help="As in `handtint tint`.")
@click.option("--gain", default="auto", show_default=True, help="As in `handtint tint`.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("compare.jpg"),
    show_default=True,
    metavar="FILE",
    help="The contact sheet; the table is written next to it as Markdown.",
)
def command(
    photos: tuple[Path, ...], models: tuple[str, ...], mask_models: tuple[str, ...], keep: str, gain: str, out: Path
) -> None:
    """Tint photographs with several models, and make a contact sheet and a table of the results.

    Every colour model is combined with every mask model.

    Of a photo in colour, a gray copy is tinted; `error` is then the mean distance to the true a*b*.
    """
    from handtint import comparison
    from handtint.image.photo import Photo
    from handtint.options import Options

    read = (Photo.read(path) for path in bar(photos, "comparing"))
    options = Options(keep=keep, gain=gain, background="gray")
    entries, sheet = comparison.compare(read, models, mask_models, options)
    table = comparison.markdown(entries)
    Photo(sheet).write(out)
    out.with_suffix(".md").write_text(table)
    click.echo(table, nl=False)
