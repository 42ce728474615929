"""`handtint tint --variants N`: plausible versions of photographs, and a contact sheet of each beside them."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from handtint.errors import HandtintError, OptionError

if TYPE_CHECKING:
    from handtint.options import Options
    from handtint.session import Edit, Session

SIDE = 480  # pixels: the longer side of a version on the sheet
OF_RUNS = ("watch", "retry_failed", "journal", "jobs", "address")  # settings that say nothing of versions


def tint(words: dict[str, Any], count: int, options: Options, mask: bytes = b"") -> int:
    """Write NAME.variant-1.EXT and so on, and NAME.variants.jpg, for each photo; the exit status.

    mask: a mask's file in the place of `keep`, or none. Masks and panels are written where the words ask for them.
    """
    from handtint.batch.naming import extension_of
    from handtint.image.photo import Photo
    from handtint.pipeline import Tinter
    from handtint.session import Edit, Session

    run_flags = [name for name in OF_RUNS if words.get(name)] + ["engine"] * (words.get("engine") == "ray")
    if run_flags:
        raise click.UsageError(f"--{run_flags[0].replace('_', '-')} cannot be used with --variants")
    output = words["output"]
    folder = output if output and (output.endswith("/") or os.path.isdir(output)) else None
    if (output and not folder) or any(source == "-" or os.path.isdir(source) for source in words["sources"]):
        raise click.UsageError(
            "--variants needs photographs as files (not a folder, not -), and -o needs a folder: -o FOLDER/"
        )
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
    files = {"mask": bool(words.get("save_mask")), "panel": bool(words.get("save_panel"))}
    chosen = Photo.read(mask) if mask else None
    tinter, failed = Tinter(options.model, mask_model=options.mask_model, threads=words.get("threads") or 0), 0
    for source in words["sources"]:
        try:
            stem = os.path.join(os.path.dirname(source) if folder is None else folder, _stem(source))
            session = Session(tinter, Photo.read(source))
            edit = Edit(options=options, mask=chosen)
            _versions(session, stem, _Plan(count, extension_of(source, options.format), **files), edit)
        except OptionError:
            raise
        except HandtintError as error:
            failed += 1
            click.echo(f"handtint: {error if source in str(error) else f'{source}: {error}'}", err=True)
    return 1 if failed else 0


@dataclass(frozen=True, slots=True)
class _Plan:
    """The number of versions of a photo, the ending of their files, and which other files are written."""

    count: int
    ending: str
    mask: bool
    panel: bool


def _versions(session: Session, stem: str, plan: _Plan, edit: Edit) -> None:
    from handtint.figures import panel
    from handtint.image.photo import Photo
    from handtint.variants import VARIANTS

    options = edit.options
    tiles = [("as predicted", session.preview(edit, screen=SIDE).photo.pixels)]
    for number, variant in enumerate(VARIANTS[: plan.count], 1):
        version = replace(edit, options=replace(options, variant=number))
        result = session.result(version)
        path = f"{stem}.variant-{number}{plan.ending}"
        result.photo.write(path, format=options.format or "", quality=options.quality)
        click.echo(f"{path}: {result.note}", err=True)
        if plan.mask and number == 1:  # all versions have the same
            Photo(result.alpha).write(f"{stem}.mask.png")
        if plan.panel:
            Photo(panel(result.tiles())).write(f"{stem}.variant-{number}.panel.png")
        tiles.append((f"{number} {variant.name}", session.preview(version, screen=SIDE).photo.pixels))
    Photo(panel(tiles, height=SIDE)).write(f"{stem}.variants.jpg")


def _stem(source: str) -> str:
    return os.path.splitext(os.path.basename(source))[0]
