"""`handtint tint --variants N`: plausible versions of photographs, and a contact sheet of each beside them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from handtint.errors import HandtintError, OptionError

if TYPE_CHECKING:
    from handtint.options import Options
    from handtint.pipeline import Tinter

SIDE = 480  # pixels: the longer side of a version on the sheet


def tint(words: dict[str, Any], count: int, options: Options) -> int:
    """Write NAME.variant-1.EXT and so on, and NAME.variants.jpg, for each photo; the exit status."""
    from handtint.pipeline import Tinter

    output = words["output"]
    folder = output if output and (output.endswith("/") or os.path.isdir(output)) else None
    if (output and not folder) or any(source == "-" or os.path.isdir(source) for source in words["sources"]):
        raise click.UsageError("--variants is for photographs by name, and -o for a folder")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
    tinter, failed = Tinter(options.model, mask_model=options.mask_model, threads=words.get("threads") or 0), 0
    for source in words["sources"]:
        try:
            _versions(tinter, source, os.path.dirname(source) if folder is None else folder, count, options)
        except OptionError:
            raise
        except HandtintError as error:
            failed += 1
            click.echo(f"handtint: {error if source in str(error) else f'{source}: {error}'}", err=True)
    return 1 if failed else 0


def _versions(tinter: Tinter, source: str, folder: str, count: int, options: Options) -> None:
    from handtint.batch.naming import ending_of
    from handtint.figures import panel
    from handtint.image.photo import Photo
    from handtint.session import Edit, Session
    from handtint.variants import VARIANTS

    stem = os.path.join(folder, os.path.splitext(os.path.basename(source))[0])
    session = Session(tinter, Photo.read(source))
    tiles = [("as predicted", session.preview(Edit(options=options), screen=SIDE).photo.pixels)]
    for number in range(1, count + 1):
        edit = Edit(options=replace(options, variant=number))
        result = session.result(edit)
        path = f"{stem}.variant-{number}{ending_of(source, options.format)}"
        result.photo.write(path, format=options.format or "", quality=options.quality)
        click.echo(f"{path}: {result.note}", err=True)
        name = VARIANTS[number - 1].name
        tiles.append((f"{number} {name}", session.preview(edit, screen=SIDE).photo.pixels))
    Photo(panel(tiles, height=SIDE)).write(f"{stem}.variants.jpg")
